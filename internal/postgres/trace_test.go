package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/postgres"
)

func TestStatsCountStatements(t *testing.T) {
	t.Parallel()
	db := open(t)
	exec(t, db.Write, "CREATE TABLE t (id int, name text)")
	tests := map[string]struct {
		want int
		do   func(ctx context.Context, c *pgx.Conn) error
	}{
		"nothing": {0, func(context.Context, *pgx.Conn) error { return nil }},
		"exec":    {1, func(ctx context.Context, c *pgx.Conn) error { _, err := c.Exec(ctx, "SELECT 1"); return err }},
		"query": {1, func(ctx context.Context, c *pgx.Conn) error {
			rows, err := c.Query(ctx, "SELECT generate_series(1, 10)")
			if err == nil {
				rows.Close()
			}
			return err
		}},
		"failing": {1, func(ctx context.Context, c *pgx.Conn) error {
			if _, err := c.Exec(ctx, "SELECT 1/0"); err == nil {
				return errors.New("no error")
			}
			return nil
		}},
		"transaction": {3, func(ctx context.Context, c *pgx.Conn) error {
			return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error { _, err := tx.Exec(ctx, "SELECT 1"); return err })
		}},
		"batch": {3, func(ctx context.Context, c *pgx.Conn) error {
			var b pgx.Batch
			for range 3 {
				b.Queue("SELECT $1::int", 1)
			}
			return c.SendBatch(ctx, &b).Close()
		}},
		"copy": {1, func(ctx context.Context, c *pgx.Conn) error {
			_, err := c.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}, {2}}))
			return err
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := db.Write.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
			ctx, got := postgres.WithStats(t.Context())
			if err := test.do(ctx, conn.Conn()); err != nil {
				t.Fatal(err)
			}
			if got.Statements() != test.want {
				t.Errorf("%d statements, want %d", got.Statements(), test.want)
			}
			if (got.Duration() > 0) != (test.want > 0) {
				t.Errorf("%d statements took %s", test.want, got.Duration())
			}
		})
	}
}

func TestStatsAreForOneOperation(t *testing.T) {
	t.Parallel()
	db := open(t)
	outer, all := postgres.WithStats(t.Context())
	inner, part := postgres.WithStats(outer)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if _, err := db.Read.Exec(inner, "SELECT pg_sleep(0.001)"); err != nil {
				t.Error(err)
			}
		})
	}
	exec(t, db.Read, "SELECT 1")
	if _, err := db.Read.Exec(outer, "SELECT 1"); err != nil {
		t.Error(err)
	}
	db.Record(outer, postgres.Statement{SQL: "SELECT 2", Duration: time.Hour})
	wait.Wait()
	if part.Statements() != 50 || part.Duration() < 50*time.Millisecond {
		t.Errorf("inner: %d statements in %s", part.Statements(), part.Duration())
	}
	if all.Statements() != 2 || all.Duration() < time.Hour {
		t.Errorf("outer: %d statements in %s", all.Statements(), all.Duration())
	}
	var none *postgres.Stats
	if none.Statements() != 0 || none.Duration() != 0 {
		t.Error("nil counts something")
	}
}

type echoLine struct {
	Msg        string
	SQL        string
	Args       []string
	Rows       int
	DurationMS *float64 `json:"duration_ms"`
	Code       string
	Error      string
}

func TestEcho(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	db := open(t, func(o *postgres.Options) { o.Echo = slog.New(slog.NewJSONHandler(&out, nil)) })
	if out.Len() != 0 {
		t.Errorf("opening echoes: %s", &out)
	}
	exec(t, db.Write, "CREATE TABLE t (id int, name text)")
	exec(t, db.Write, "INSERT INTO t\n\t VALUES ($1, $2),\n ($3, NULL)", 1, strings.Repeat("é", 300), (*int)(nil))
	if _, err := db.Write.Exec(t.Context(), "INSERT INTO t VALUES ($1::int / 0)", 7); err == nil {
		t.Fatal("no error")
	}
	if _, err := scanOne(t.Context(), postgres.NewDriver(db.Read), "SELECT 'x' /* "+strings.Repeat("long ", 2000)+"*/", new(any)); err != nil {
		t.Fatal(err)
	}
	var b pgx.Batch
	b.Queue("SELECT $1::bytea", []byte{0, 255})
	if err := db.Write.SendBatch(t.Context(), &b).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Write.CopyFrom(t.Context(), pgx.Identifier{"t"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}, {2}})); err != nil {
		t.Fatal(err)
	}
	db.Record(t.Context(), postgres.Statement{SQL: "SELECT 2", Args: []any{[]byte("raw")}, Rows: 5, Duration: 1500 * time.Microsecond})

	var lines []echoLine
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var line echoLine
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Msg != "sql" || line.DurationMS == nil || *line.DurationMS < 0 {
			t.Errorf("line %+v", line)
		}
		lines = append(lines, line)
	}
	if len(lines) != 7 {
		t.Fatalf("%d lines: %+v", len(lines), lines)
	}
	checkEcho(t, lines)
}

func checkEcho(t *testing.T, lines []echoLine) {
	t.Helper()
	insert := lines[1]
	if insert.SQL != "INSERT INTO t VALUES ($1, $2), ($3, NULL)" || insert.Rows != 2 ||
		strings.Join(insert.Args, "|") != "1|"+strings.Repeat("é", 100)+"…|NULL" {
		t.Errorf("insert: %+v", insert)
	}
	if failed := lines[2]; failed.Code != "22012" || !strings.Contains(failed.Error, "division by zero") || failed.Args[0] != "7" {
		t.Errorf("failed: %+v", failed)
	}
	if long := lines[3]; len(long.SQL) > 4010 || !strings.HasSuffix(long.SQL, "…") || len(long.Args) != 0 || long.Rows != 1 {
		t.Errorf("long: %d bytes, %d rows, arguments %q", len(long.SQL), long.Rows, long.Args)
	}
	if batch := lines[4]; batch.SQL != "SELECT $1::bytea" || batch.Args[0] != `\x00ff` {
		t.Errorf("batch: %+v", batch)
	}
	if copied := lines[5]; copied.SQL != `COPY "t" (id) FROM STDIN` || copied.Rows != 2 {
		t.Errorf("copy: %+v", copied)
	}
	if recorded := lines[6]; recorded.SQL != "SELECT 2" || recorded.Args[0] != "raw" || recorded.Rows != 5 || *recorded.DurationMS != 1.5 {
		t.Errorf("recorded: %+v", recorded)
	}
}
