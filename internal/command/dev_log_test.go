package command

import (
	"log/slog"
	"strings"
	"testing"
)

// In development the line of an operation says what, how long and how it ended; other lines are
// whole.
func TestBriefLines(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := slog.New(brief{slog.NewTextHandler(&out, nil), &out}).With("request_id", "1")
	log.Info(operationLine, "operation", "Comments", "type", "query", "duration_ms", 12.34, "sql", 2, "code", "OK", "viewer", "anonymous")
	log.Info(operationLine, "operation", "anonymous", "type", "mutation", "duration_ms", 1.26, "code", "FORBIDDEN")
	log.Warn("request", "status", 500)
	text := out.String()
	if !strings.HasPrefix(text, "  query Comments, 12 ms, OK\n  mutation anonymous, 1.3 ms, FORBIDDEN\ntime=") || !strings.Contains(text, "msg=request request_id=1 status=500") {
		t.Errorf("got\n%s", text)
	}
}
