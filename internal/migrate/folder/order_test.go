package folder

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// TestErrorsNameTheFirst asks often for errors of which there are several to tell: they come
// from maps, whose order is another one each time.
func TestErrorsNameTheFirst(t *testing.T) {
	t.Parallel()
	orphan := func(id, parent string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("revision = '" + id + "'\ndown_revision = '" + parent + "'\n")}
	}
	alembic := fstest.MapFS{
		"versions/d.py": orphan("d", "gone4"), "versions/c.py": orphan("c", "gone3"),
		"versions/b.py": orphan("b", "gone2"), "versions/a.py": orphan("a", "gone1"),
	}
	dir := t.TempDir()
	if err := Rehash(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"20260103000000_c.sql", "20260101000000_a.sql", "20260102000000_b.sql"} {
		if err := WriteDown(dir, name, []byte("SELECT 1;")); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range map[string]func() error{
		"import a.py": func() error { _, err := Import(alembic, t.TempDir(), ImportOptions{}); return err },
		"read down file " + sqlfile.Down + "/20260101000000_a.sql": func() error { return Validate(os.DirFS(dir)) },
	} {
		for range 30 {
			if err := f(); err == nil || !strings.HasPrefix(err.Error(), name+":") {
				t.Fatalf("got %v, want %s", err, name)
			}
		}
	}
}
