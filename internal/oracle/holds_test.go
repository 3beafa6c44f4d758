package oracle

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// TestHoldsInDocuments compares what is told of a document that is not written yet with what the oracle
// says of it when it is: all but the order of texts is known.
func TestHoldsInDocuments(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	f := &entity.Field{Name: "d", Column: "d", Type: entity.JSON}
	e := &entity.Entity{Table: "things", Fields: []entity.Field{*f}}
	docs := append([]string{
		`{"n": 1.50, "a": [[1, 2], {"n": null}, "x"], "": {"0": false}}`, `[{"n": 9007199254740993}, [1, 1], null, "a"]`, `{"n": "a", "a\"\\": {"n": [true]}}`,
	}, documentValues...)
	w := &World{tables: map[string][]Row{}}
	for _, doc := range docs {
		w.tables[e.Table] = append(w.tables[e.Table], Row{"d": doc})
	}
	rules := &Rules{World: w, Rand: r}
	held := 0
	for range 20_000 {
		c, doc := rules.ofDocument(e, f), pick(r, docs)
		want := w.Holds(e, c, Row{"d": doc}, viewer.Viewer{})
		got := c.Holds(viewer.Viewer{}, func(string) (ent.Value, bool) { return json.RawMessage(doc), true })
		texts := strings.Contains("lt lte gt gte", string(c.Asks)) && strings.HasPrefix(c.Values[0].(string), `"`)
		if is := got.Op == rule.OpEveryone; is != want && !(want && texts) {
			t.Fatalf("%s: told %t, want %t\n%+v", doc, is, want, c)
		}
		if not := rule.Not(c).Holds(viewer.Viewer{}, func(string) (ent.Value, bool) { return json.RawMessage(doc), true }); not.Op != rule.OpLater {
			t.Fatalf("the negation of %+v is %+v: a hook may change the document", c, not)
		}
		if want {
			held++
		}
	}
	if held < 2000 {
		t.Errorf("only %d conditions held", held)
	}
}
