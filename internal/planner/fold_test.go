package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"entgo.io/ent"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

const foldSchema = `type Query { things(first: Int, after: String, last: Int, before: String, offset: Int, orderBy: [ThingOrder!], where: ThingWhereInput): ThingConnection! }
type ThingConnection { totalCount: Int! }
type Thing { id: ID! }
enum ThingOrderField { ID }
input ThingOrder { field: ThingOrderField! }
input ThingWhereInput { textContainsFold: String textEqualFold: String }`

// letters are those that some locale or library folds in a way of its own, among others.
var letters = []rune("aAzZiIıİíÌjJkKKÄäßẞΣσςÅÅåЖжǆǅǄſsS\u0307\u0300 %_\\")

// lowered is what Unicode says of each letter, and takes both small sigmas for one.
func lowered(text string) string { return strings.ReplaceAll(strings.ToLower(text), "ς", "σ") }

// TestFolding finds texts without regard to case in databases of several locales, by reading all
// rows and by an index of trigrams, and compares with what Unicode says of the letters.
func TestFolding(t *testing.T) {
	t.Parallel()
	var policy ent.Policy = rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
	g, err := entity.New([]entity.Entity{{
		Name: "Thing", Field: "thing", Plural: "things", Prefix: "thing", Table: "things", Policy: &policy,
		Fields: []entity.Field{entity.IDField(thingMutation.ID, "id", entity.UUIDKey), entity.StringField[string]("text", "text", 0, nil)},
	}}, nil, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		locale      string
		own, beyond bool // as in postgres.Folding: nothing else is asked, and it knows other letters
	}{
		"unicode": {"", true, true},
		"c":       {"LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'", false, false},
		"english": {"LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LC_COLLATE 'C' LC_CTYPE 'C'", false, true},
		"root":    {"LOCALE_PROVIDER icu ICU_LOCALE 'und'", false, true},
		"turkish": {"LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'", false, true},
		"baltic":  {"LOCALE_PROVIDER icu ICU_LOCALE 'lt' LC_COLLATE 'C' LC_CTYPE 'C'", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, conn := databaseOf(t, tc.locale)
			db, err := postgres.Open(t.Context(), postgres.Options{URL: address, MaxConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			found := db.Folding
			db.Close()
			if !found.Letters || found.Beyond != tc.beyond || tc.own != (found.Collation == "") {
				t.Fatalf("the database is known as %+v", found)
			}
			w := folding{conn: conn, graph: g, rand: rand.New(rand.NewPCG(13, 4))}
			w.fill(t)
			w.compare(t, found)
			if !tc.own { // as where the system has no such locale
				w.compare(t, postgres.Folding{Collation: `pg_catalog."und-x-icu"`, Whole: true, Letters: true, Beyond: tc.beyond})
			}
		})
	}
}

// databaseOf makes a database with a locale.
func databaseOf(t *testing.T, locale string) (address string, conn *pgx.Conn) {
	t.Helper()
	u, err := url.Parse(devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	admin, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.WithoutCancel(t.Context())) })
	u.Path += "_l"
	name := pgx.Identifier{strings.TrimPrefix(u.Path, "/")}.Sanitize()
	exec := func(conn *pgx.Conn, sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(admin, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' "+locale)
	if conn, err = pgx.Connect(t.Context(), u.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_ = conn.Close(ctx)
		if _, err := admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return u.String(), conn
}

// folding is a table of texts in a database.
type folding struct {
	conn  *pgx.Conn
	graph *entity.Graph
	rand  *rand.Rand
	texts []string
}

func (w *folding) text(n int) string {
	out := make([]rune, n)
	for i := range out {
		out[i] = letters[w.rand.IntN(len(letters))]
	}
	return string(out)
}

func (w *folding) fill(t *testing.T) {
	t.Helper()
	w.texts = []string{"", "ΣΊΣΥΦΟΣ", "σίσυφος", "ΟΔΟΣ odos", "οδοσ", "ÄÖÜ äöü", "İstanbul", "istanbul", "ISTANBUL", "Straße", "STRASSE", "STRAẞE"}
	for range 600 {
		w.texts = append(w.texts, w.text(w.rand.IntN(9)))
	}
	w.exec(t, `CREATE EXTENSION pg_trgm`)
	w.exec(t, `CREATE TABLE things (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), text text NOT NULL)`)
	w.exec(t, `INSERT INTO things (text) SELECT unnest($1::text[])`, w.texts)
	w.exec(t, `CREATE INDEX things_text ON things USING gin (text gin_trgm_ops)`)
	w.exec(t, `VACUUM ANALYZE things`)
}

func (w *folding) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// compare asks for many texts and parts of them.
func (w *folding) compare(t *testing.T, f postgres.Folding) {
	t.Helper()
	p, err := planner.New(w.graph, planner.Options{Folding: f})
	if err != nil {
		t.Fatal(err)
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: foldSchema})
	unsent := func(op, text string) planner.Observed {
		statements, err := p.Unsent(t, schema, fmt.Sprintf(`query($text: String) { things(where: {text%s: $text}) { totalCount } }`, op), map[string]any{"text": text}, viewer.Viewer{System: true})
		if err != nil {
			t.Fatal(err)
		}
		return statements[0]
	}
	for i := range 240 {
		if i%120 == 0 {
			w.exec(t, fmt.Sprintf("SET enable_seqscan = %t", i == 0))
		}
		text, op, holds := w.text(1+w.rand.IntN(4)), "ContainsFold", strings.Contains
		if i%8 < 4 {
			text = w.texts[w.rand.IntN(50)]
		}
		if i%2 == 0 {
			op, holds = "EqualFold", func(a, b string) bool { return a == b }
		}
		want, got := 0, 0
		for _, stored := range w.texts {
			if holds(lowered(stored), lowered(text)) {
				want++
			}
		}
		statement := unsent(op, text)
		if err := w.conn.QueryRow(t.Context(), statement.SQL, statement.Args()...).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%+v: %s %q finds %d texts, want %d: %s", f, op, text, got, want, statement.SQL)
		}
	}
	for _, text := range []string{"needle", "äöü needle σς", "ssteppe"} {
		if plan, _ := explainOne(t, w.conn, unsent("ContainsFold", text)); !strings.Contains(plan, "Bitmap Index Scan on things_text") {
			t.Errorf("%+v: a part %q does not use the index:\n%s", f, text, plan)
		}
	}
	w.exec(t, "RESET enable_seqscan")
}
