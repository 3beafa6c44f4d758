package database_test

import (
	"os"
	"testing"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
)

func (c *cli) set(version string) []string {
	return []string{"migrate", "set", version, "--url", c.url, "--dir", "file://ent/migrate/migrations", "--revisions-schema", "public"}
}

// What one stamps, the other takes for applied.
func TestAtlasSetAndOurStamp(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	n := c.initial()
	migratetest.Up(t, c.url, c.dir, n)
	migratetest.WriteDir(t, c.dir, late1, "CREATE TABLE late_one ();", late2, "CREATE TABLE late_two ();")
	c.want("29990101000000", c.set("29990101000000")...)
	if st := migratetest.Status(t, c.url, c.dir); len(st.Applied) != n+1 || len(st.Pending) != 1 {
		t.Errorf("after atlas has set late1: %+v", st)
	}
	stamp := func(version string) {
		t.Helper()
		if _, err := database.Stamp(t.Context(), c.url, os.DirFS(c.dir), version, database.StampOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
	}
	stamp("29990102000000")
	c.want("Migration Status: OK", c.status()...)
	c.want("No migration files to execute", c.apply()...)
	stamp("29990101000000")
	c.want("CREATE TABLE late_two", c.apply()...)
	c.ours(n + 2)
}

// A file that stopped in the middle, declared done by either.
func TestAtlasSetAndOurStampOfPart(t *testing.T) {
	t.Parallel()
	for _, weBegin := range []bool{true, false} {
		c := newCLI(t)
		n := c.initial()
		migratetest.Up(t, c.url, c.dir, n)
		migratetest.WriteDir(t, c.dir, late1, "-- atlas:txmode none\n\nCREATE TABLE late ();\nSELECT 1 / 0;")
		if _, err := c.stop(weBegin); err == nil {
			t.Fatal("the broken file was applied")
		}
		if _, err := database.Stamp(t.Context(), c.url, os.DirFS(c.dir), "29990101000000", database.StampOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
		c.want("Migration Status: OK", c.status()...)
		c.ours(n + 1)
	}
}

func TestAtlasAfterOurDown(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	n := c.initial()
	c.want("", c.apply()...)
	if files, err := database.Down(t.Context(), c.url, os.DirFS(c.dir), database.DownOptions{To: folder.Base}); err != nil || len(files) != n {
		t.Fatalf("taken back: %v, %v", files, err)
	}
	c.want("PENDING", c.status()...)
	c.want("", c.apply()...)
	c.want("Migration Status: OK", c.status()...)
	c.ours(n)
}

// While a migration is taken back in part, it counts as applied for atlas, which then
// has nothing to do.
func TestAtlasDuringOurDown(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	n := c.initial()
	migratetest.WriteDir(t, c.dir, late1, "CREATE TABLE late (id int);\nCREATE INDEX late_id ON late (id);")
	writeDown(t, c.dir, late1, "-- atlas:txmode none\n\nDROP INDEX CONCURRENTLY late_id;\nSELECT 1 / 0;\nDROP TABLE late;")
	c.want("", c.apply()...)
	downError(t, c.url, c.dir, database.DownOptions{AllowLoss: true}, nil, "division by zero")
	c.want("Migration Status: OK", c.status()...)
	c.want("No migration files to execute", c.apply()...)
	writeDown(t, c.dir, late1, "-- atlas:txmode none\n\nDROP INDEX CONCURRENTLY late_id;\nDROP TABLE late;")
	down(t, c.url, c.dir, database.DownOptions{}, late1)
	c.want("CREATE INDEX", c.apply()...)
	c.ours(n + 1)
}

// Atlas leaves an index invalid when building it fails; its own retry fails too.
func TestWeMendAtlasIndex(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	n := c.initial()
	migratetest.WriteDir(t, c.dir, late1, "CREATE TABLE a (name text);\nINSERT INTO a VALUES ('x'), ('X');", late2, indexFile)
	if out, err := c.try(c.apply()...); err == nil {
		t.Fatalf("a unique index on equal values was built:\n%s", out)
	}
	conn := migratetest.Connect(t, c.url)
	migratetest.Exec(t, conn, `DELETE FROM a WHERE name = 'X'`)
	migratetest.Up(t, c.url, c.dir, 1)
	if !migratetest.Value[bool](t, conn, selectValid) {
		t.Error("the index is still invalid")
	}
	c.want("Migration Status: OK", c.status()...)
	c.ours(n + 2)
}

// A new database begins with a checkpoint, for us and for atlas' own executor. The old
// command line, which does not know checkpoints, goes on after it.
func TestAtlasAndCheckpoint(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	name, _, err := plan.Checkpoint(t.Context(), c.dir, plan.CheckpointOptions{Scratch: scratch(t)})
	if err != nil {
		t.Fatal(err)
	}
	local, err := atlas.NewLocalDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	pending := func(url string) []string {
		cfg := migratetest.Connect(t, url).Config()
		db := stdlib.OpenDB(*cfg)
		t.Cleanup(func() { _ = db.Close() })
		drv, err := postgres.Open(db)
		if err != nil {
			t.Fatal(err)
		}
		ex, err := atlas.NewExecutor(drv, local, atlas.NopRevisionReadWriter{})
		if err != nil {
			t.Fatal(err)
		}
		files, err := ex.Pending(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name())
		}
		return names
	}
	if diff := cmp.Diff([]string{name}, pending(empty(t))); diff != "" {
		t.Errorf("pending for atlas (-want +got):\n%s", diff)
	}
	migratetest.Up(t, c.url, c.dir, 1)
	migratetest.WriteDir(t, c.dir, late1, "CREATE TABLE late ();")
	c.want("CREATE TABLE late", c.apply()...)
	c.ours(2)
}
