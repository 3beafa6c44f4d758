package server_test

import (
	"io/fs"
	"os"
	"testing"

	atlas "ariga.io/atlas/sql/migrate"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/migrate/database"
)

// release is the program's directory with one more migration.
func release(t *testing.T, before fs.FS, name, sql string) fs.FS {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, before); err != nil {
		t.Fatal(err)
	}
	local, err := atlas.NewLocalDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := local.WriteFile(name, []byte(sql)); err != nil {
		t.Fatal(err)
	}
	sum, err := local.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	if err := atlas.WriteSumFile(local, sum); err != nil {
		t.Fatal(err)
	}
	return os.DirFS(dir)
}

// Servers of two releases work side by side while a deployment goes on: that of the one
// before stays ready through a migration that is compatible with it, and through no other.
func TestTwoReleasesSideBySide(t *testing.T) {
	t.Parallel()
	const ready, newerThan = `{"database":"ok","schema":"ok","status":"ok"}`, `{"database":"ok","schema":"the database is newer than this program","status":"unavailable"}`
	const pending = `{"database":"ok","schema":"migrations are pending","status":"unavailable"}`
	expanded := release(t, entmigrate.Migrations, "29990101000000_add_note.compatible.sql", "ALTER TABLE public.posts ADD COLUMN note text;\nALTER TABLE public.tags ADD COLUMN note text NOT NULL DEFAULT 'x';\nCREATE INDEX tags_note ON public.tags (note);\n")
	contracted := release(t, expanded, "29990102000000_drop_note.sql", "ALTER TABLE public.posts DROP COLUMN note;\n")

	old := apitest.New(t)
	next := apitest.New(t, func(o *apitest.Options) { o.Database, o.Server.Migrations = old.DatabaseURL, expanded })
	last := apitest.New(t, func(o *apitest.Options) { o.Database, o.Server.Migrations = old.DatabaseURL, contracted })
	up := func(dir fs.FS) {
		t.Helper()
		if _, err := database.Up(t.Context(), old.DatabaseURL, dir, database.UpOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	tag, ok := old.Query(t, `mutation { createTag(input: {name: "kept"}) { tag { id } } }`, nil).At(t, "createTag.tag.id").(string)
	if !ok {
		t.Fatal("no tag")
	}
	work := func(api *apitest.API) {
		t.Helper()
		for _, op := range []string{`mutation { createTag(input: {name: "x"}) { tag { id name } } updateTag(id: "` + tag + `", input: {name: "y"}) { tag { name } } deleteTag(id: "tag_01h455vb4pex5vsknk084sn02q") { deletedID } }`,
			`{ posts { nodes { title body } totalCount } tags { nodes { name } } }`} {
			for _, e := range api.Query(t, op, nil).Errors {
				if e.Code() != "NOT_FOUND" { // of what undoes the first field
					t.Errorf("%s: %s", op, e.Message)
				}
			}
		}
	}
	checkReady(t, old, 200, ready)
	work(old) // its statements are prepared from now on
	checkReady(t, next, 503, pending)
	up(expanded)
	for _, api := range []*apitest.API{old, next} {
		checkReady(t, api, 200, ready)
		work(api)
	}
	checkReady(t, last, 503, pending)
	up(contracted)
	checkReady(t, old, 503, newerThan)
	checkReady(t, next, 503, newerThan)
	checkReady(t, last, 200, ready)
}

// The history alone makes no database ready.
func TestReadyNeedsTables(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	if _, err := api.DB.Write.Exec(t.Context(), `ALTER TABLE public.tags RENAME COLUMN name TO title`); err != nil {
		t.Fatal(err)
	}
	checkReady(t, api, 503, `{"database":"ok","schema":"the database lacks tables or columns that its history says it has","status":"unavailable"}`)
}
