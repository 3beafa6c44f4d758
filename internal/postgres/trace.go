package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Statement is a statement that was run.
type Statement struct {
	SQL      string
	Args     []any
	Rows     int64 // read or changed
	Duration time.Duration
	Err      error
}

// tracer counts statements in the Stats of their context and echoes them. It takes
// part in pgx's Query, Exec, SendBatch and CopyFrom.
type tracer struct {
	echo *slog.Logger
	live liveness
}

var (
	_ pgx.QueryTracer    = (*tracer)(nil)
	_ pgx.BatchTracer    = (*tracer)(nil)
	_ pgx.CopyFromTracer = (*tracer)(nil)
)

// span is a statement or a batch under way.
type span struct {
	start time.Time
	sql   string
	args  []any
}

type spanKey struct{}

// begin notes the start, unless nobody wants to know: then it costs nothing.
func (t *tracer) begin(ctx context.Context, sql string, args []any) context.Context {
	if t.echo == nil && statsOf(ctx) == nil {
		return ctx
	}
	return context.WithValue(ctx, spanKey{}, &span{start: time.Now(), sql: sql, args: args})
}

func (t *tracer) end(ctx context.Context, tag pgconn.CommandTag, err error) {
	t.live.saw(err)
	if s, ok := ctx.Value(spanKey{}).(*span); ok {
		t.record(ctx, Statement{SQL: s.sql, Args: s.args, Rows: tag.RowsAffected(), Duration: time.Since(s.start), Err: err})
	}
}

func (t *tracer) record(ctx context.Context, s Statement) {
	t.live.saw(s.Err)
	if !isSetting(s.SQL) {
		statsOf(ctx).add(1, s.Duration)
	}
	t.log(ctx, s)
}

// TraceQueryStart implements pgx.QueryTracer.
func (t *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return t.begin(ctx, data.SQL, data.Args)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t *tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	t.end(ctx, data.CommandTag, data.Err)
}

// TraceBatchStart implements pgx.BatchTracer.
func (t *tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return t.begin(ctx, "", nil)
}

// TraceBatchQuery implements pgx.BatchTracer.
func (t *tracer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	t.live.saw(data.Err)
	if _, ok := ctx.Value(spanKey{}).(*span); !ok {
		return
	}
	// The time is the batch's: see TraceBatchEnd.
	if !isSetting(data.SQL) {
		statsOf(ctx).add(1, 0)
	}
	t.log(ctx, Statement{
		SQL: data.SQL, Args: data.Args, Rows: data.CommandTag.RowsAffected(), Err: data.Err,
		Duration: time.Since(data.ReadStartTime),
	})
}

// TraceBatchEnd implements pgx.BatchTracer.
func (t *tracer) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchEndData) {
	if s, ok := ctx.Value(spanKey{}).(*span); ok {
		statsOf(ctx).add(0, time.Since(s.start))
	}
}

// TraceCopyFromStart implements pgx.CopyFromTracer.
func (t *tracer) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	sql := fmt.Sprintf("COPY %s (%s) FROM STDIN", data.TableName.Sanitize(), strings.Join(data.ColumnNames, ", "))
	return t.begin(ctx, sql, nil)
}

// TraceCopyFromEnd implements pgx.CopyFromTracer.
func (t *tracer) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromEndData) {
	t.end(ctx, data.CommandTag, data.Err)
}

// Longest texts in the echo, in characters: a large statement of the planner fits,
// the text of a long post does not.
const (
	maxEchoSQL = 4000
	maxEchoArg = 100
)

func (t *tracer) log(ctx context.Context, s Statement) {
	if t.echo == nil {
		return
	}
	attrs := []slog.Attr{
		slog.String("sql", shorten(strings.Join(strings.Fields(s.SQL), " "), maxEchoSQL)),
		slog.Any("args", echoArgs(s.Args)),
		slog.Int64("rows", s.Rows),
		slog.Float64("duration_ms", float64(s.Duration.Microseconds())/1000),
	}
	if s.Err != nil {
		attrs = append(attrs, slog.String("code", Code(s.Err)), slog.String("error", s.Err.Error()))
	}
	t.echo.LogAttrs(ctx, slog.LevelInfo, "sql", attrs...)
}

func echoArgs(args []any) []string {
	texts := make([]string, 0, len(args))
	for _, arg := range args {
		switch arg.(type) {
		case pgx.QueryResultFormats, pgx.QueryResultFormatsByOID, pgx.QueryExecMode:
			continue // an option for pgx, not an argument
		}
		texts = append(texts, shorten(echoArg(arg), maxEchoArg))
	}
	return texts
}

func echoArg(arg any) string {
	switch v := reflect.ValueOf(arg); {
	case !v.IsValid(), v.Kind() == reflect.Pointer && v.IsNil():
		return "NULL"
	case v.Kind() == reflect.Pointer:
		return echoArg(v.Elem().Interface())
	}
	if b, ok := arg.([]byte); ok {
		if utf8.Valid(b) {
			return string(b)
		}
		return fmt.Sprintf(`\x%x`, b[:min(len(b), maxEchoArg)])
	}
	return fmt.Sprint(arg)
}

// shorten cuts a text to its first most characters.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	count := 0
	for i := range s {
		if count == most {
			return s[:i] + "…"
		}
		count++
	}
	return s
}

// isSetting reports whether a statement only tells Postgres for whom the next ones are.
// It travels with another statement, and is not counted.
func isSetting(sql string) bool { return sql == SetActor || sql == SetViewer }
