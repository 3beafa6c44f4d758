package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// brief writes the line of an operation as people read it beside what they save: what, how long,
// how it ended. All else, and what others than people read, is written as always.
type brief struct {
	slog.Handler
	w io.Writer
}

// operationLine is the message of those lines.
const operationLine = "operation"

// Handle implements slog.Handler.
func (b brief) Handle(ctx context.Context, r slog.Record) error {
	if r.Message != operationLine || r.Level != slog.LevelInfo {
		return b.Handler.Handle(ctx, r)
	}
	values := map[string]slog.Value{}
	r.Attrs(func(a slog.Attr) bool {
		values[a.Key] = a.Value
		return true
	})
	name := values["operation"].String()
	if fields := rootFields(ctx); name == "anonymous" && fields != "" {
		name = fields
	}
	took := time.Duration(values["duration_ms"].Float64() * float64(time.Millisecond))
	_, err := fmt.Fprintf(b.w, "  %s %s, %s, %s\n", values["type"], name, rounded(took), values["code"])
	return err
}

// WithAttrs implements slog.Handler.
func (b brief) WithAttrs(attrs []slog.Attr) slog.Handler {
	return brief{b.Handler.WithAttrs(attrs), b.w}
}

// WithGroup implements slog.Handler.
func (b brief) WithGroup(name string) slog.Handler { return brief{b.Handler.WithGroup(name), b.w} }

// rootFields names what an operation without a name asks for.
func rootFields(ctx context.Context) string {
	if !graphql.HasOperationContext(ctx) {
		return ""
	}
	operation := graphql.GetOperationContext(ctx).Operation
	if operation == nil {
		return ""
	}
	const most = 3
	var names []string
	for _, s := range operation.SelectionSet {
		if f, ok := s.(*ast.Field); ok && len(names) < most {
			names = append(names, f.Name)
		}
	}
	if more := len(operation.SelectionSet) - len(names); more > 0 && len(names) > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// rounded is a duration for people.
func rounded(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
