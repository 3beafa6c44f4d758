package schemadiff_test

import (
	"database/sql"
	"strings"
	"sync"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
)

// pool keeps databases that are emptied and used again: making one takes ten times as
// long. Those of a failed test stay as they are, for a look.
type pool struct {
	t    *testing.T
	mu   sync.Mutex
	free []database
}

func newPool(t *testing.T) *pool { return &pool{t: t} }

// open gives an empty database and runs a script in it.
func (p *pool) open(t *testing.T, ddl string) database {
	t.Helper()
	d, ok := p.take()
	if ok {
		d.run(t, emptyDatabase)
	} else {
		d = connect(p.t)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the database stays: %s", d.url)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, d)
	})
	d.run(t, ddl)
	return d
}

func (p *pool) take() (d database, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == 0 {
		return d, false
	}
	d, p.free = p.free[len(p.free)-1], p.free[:len(p.free)-1]
	return d, true
}

// connect makes a database that goes with the test.
func connect(t *testing.T) database {
	t.Helper()
	url := devpg.Empty(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = conn.Close(), db.Close() })
	return database{url, conn}
}

// emptyDatabase drops all that a test may have made.
const emptyDatabase = `ROLLBACK; RESET ALL;
DO $empty$
DECLARE
  one text;
BEGIN
  FOR one IN SELECT format('EVENT TRIGGER %I', evtname) FROM pg_event_trigger
    UNION ALL SELECT format('EXTENSION %I CASCADE', extname) FROM pg_extension WHERE extname <> 'plpgsql'
    UNION ALL SELECT format('SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    UNION ALL SELECT format('FOREIGN DATA WRAPPER %I CASCADE', fdwname) FROM pg_foreign_data_wrapper
  LOOP
    EXECUTE 'DROP ' || one;
  END LOOP;
END $empty$;
CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'standard public schema';`

func (d database) run(t *testing.T, script string) {
	t.Helper()
	if strings.TrimSpace(script) == "" {
		return
	}
	if _, err := d.conn.ExecContext(t.Context(), script); err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
}
