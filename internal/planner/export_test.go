package planner

import (
	"fmt"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/entgraph/entgraph/viewer"
)

// Unsent makes what an operation would send, without sending it: the statements of all its
// levels, without ids.
func (p *Planner) Unsent(t testing.TB, schema *ast.Schema, text string, vars map[string]any, who viewer.Viewer) ([]Observed, error) {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, text, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	coerced, err := validator.VariableValues(schema, doc.Operations[0], vars)
	if err != nil {
		t.Fatal(err)
	}
	oc := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: coerced}
	b := p.binder(oc, who, &budget{ctx: t.Context(), opts: &p.opts, spent: &spent{}})
	var out []Observed
	for _, field := range graphql.CollectFields(oc, doc.Operations[0].SelectionSet, []string{"Query"}) {
		o, err := b.selection(Selection{Field: field, Root: p.graph.Query(field.Name), Key: field.Alias})
		if err != nil {
			return nil, err
		}
		for _, x := range o.executions {
			for i := range x.states {
				st := &x.states[i]
				for _, q := range append([]*query{st.rows, st.count}, st.aggregates...) {
					if q != nil {
						out = append(out, Observed{Path: field.Alias, Kind: q.kind, SQL: q.sql, args: q.with(st), oids: q.oids, owners: q.owners})
					}
				}
			}
		}
	}
	return out, nil
}

// Args are the arguments as they are sent.
func (o *Observed) Args() []any { return o.args }

// String tells lists with other ids apart.
func (l *idList) String() string {
	if l == nil {
		return "none"
	}
	return fmt.Sprintf("%d ids %x", l.n, l.wire)
}
