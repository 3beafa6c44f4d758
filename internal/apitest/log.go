package apitest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"sync"
	"testing"
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

// child takes one step into a decoded JSON value.
func child(t testing.TB, v any, step string, data []byte) any {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if got, ok := v[step]; ok {
			return got
		}
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
			return v[i]
		}
	}
	t.Fatalf("no %q in the data: %s", step, data)
	return nil
}
