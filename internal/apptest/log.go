package apptest

import (
	"bytes"
	"encoding/json"
	"sync"
)

// Log keeps the lines that a server logs as JSON.
type Log struct {
	mu    sync.Mutex
	lines []map[string]any
}

// Write takes one line; slog writes each with one call.
func (l *Log) Write(p []byte) (int, error) {
	var line map[string]any
	if err := json.Unmarshal(bytes.TrimSpace(p), &line); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return len(p), nil
}

// Lines returns the lines with this message, all with "".
func (l *Log) Lines(message string) []map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []map[string]any
	for _, line := range l.lines {
		if message == "" || line["msg"] == message {
			found = append(found, line)
		}
	}
	return found
}

// Operation returns the last operation's line of a request, nil without one.
func (l *Log) Operation(requestID string) map[string]any {
	var last map[string]any
	for _, line := range l.Lines("operation") {
		if line["request_id"] == requestID {
			last = line
		}
	}
	return last
}
