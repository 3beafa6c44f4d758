package migrate

import (
	"context"
	"errors"
	"fmt"

	"ariga.io/atlas/sql/postgres"
	aschema "ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// target is the desired state twice: as Postgres gives it back, to compare, and with
// expressions as people wrote them, to write migrations.
//
// The second is more than taste. Postgres does not always read its own wording of an
// expression as the same expression: for a varchar, "role IN ('A', 'B')" comes back
// as a cast of an array, and that as an array of casts. A migration in Postgres'
// words would never reach the desired state.
type target struct {
	state *aschema.Schema
	words *aschema.Schema
}

// newTarget reads the desired state from a database that the tables' statements were
// loaded into.
func newTarget(ctx context.Context, s *session, tables []*entschema.Table) (*target, error) {
	state, err := s.inspect(ctx)
	if err != nil {
		return nil, err
	}
	words, err := s.inspect(ctx)
	if err != nil {
		return nil, err
	}
	written, err := writtenSchema(ctx, s, tables)
	if err != nil {
		return nil, err
	}
	for _, t := range words.Tables {
		if from, ok := written.Table(t.Name); ok {
			rewordTable(t, from)
		}
	}
	return &target{state: state, words: words}, nil
}

// writtenSchema is the tables in Atlas' terms, with expressions as they were written.
func writtenSchema(ctx context.Context, s *session, tables []*entschema.Table) (*aschema.Schema, error) {
	tables, err := copyTables(tables)
	if err != nil {
		return nil, err
	}
	m, err := entschema.NewMigrate(entsql.NewDriver(dialect.Postgres, entsql.Conn{ExecQuerier: s.conn}))
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	realm, err := m.StateReader(tables...).ReadState(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	switch len(realm.Schemas) {
	case 0:
		return aschema.New(""), nil
	case 1:
		markGenerated(realm.Schemas[0], tables)
		return realm.Schemas[0], nil
	}
	return nil, errors.New("read tables: all of them must be in one schema")
}

func rewordTable(t, from *aschema.Table) {
	for _, c := range t.Columns {
		// Where one side has no default the comparison has to say so.
		if w, ok := from.Column(c.Name); ok && c.Default != nil && w.Default != nil {
			c.Default = w.Default
		}
		if w, ok := from.Column(c.Name); ok && expression(c) != "" && expression(w) != "" {
			c.SetGeneratedExpr(&aschema.GeneratedExpr{Expr: expression(w), Type: "STORED"})
		}
	}
	for _, check := range t.Checks() {
		for _, w := range from.Checks() {
			if w.Name != "" && w.Name == check.Name {
				check.Expr = w.Expr
			}
		}
	}
	for _, i := range t.Indexes {
		if w, ok := from.Index(i.Name); ok {
			rewordIndex(i, w)
		}
	}
}

func rewordIndex(i, from *aschema.Index) {
	for _, a := range i.Attrs {
		p, ok := a.(*postgres.IndexPredicate)
		if !ok {
			continue
		}
		for _, fa := range from.Attrs {
			if fp, ok := fa.(*postgres.IndexPredicate); ok {
				p.P = fp.P
			}
		}
	}
}

// reword puts the written form into changes that were found by comparing states.
func (t *target) reword(changes []aschema.Change) {
	for _, c := range changes {
		switch c := c.(type) {
		case *aschema.AddTable:
			if w, ok := t.words.Table(c.T.Name); ok {
				c.T = w
			}
		case *aschema.ModifyTable:
			if w, ok := t.words.Table(c.T.Name); ok {
				for _, tc := range c.Changes {
					rewordChange(tc, w)
				}
			}
		}
	}
}

func rewordChange(change aschema.Change, w *aschema.Table) {
	switch c := change.(type) {
	case *aschema.AddColumn:
		if col, ok := w.Column(c.C.Name); ok {
			c.C = col
		}
	case *aschema.ModifyColumn:
		if col, ok := w.Column(c.To.Name); ok {
			c.To = col
		}
	case *aschema.AddIndex:
		if idx, ok := w.Index(c.I.Name); ok {
			c.I = idx
		}
	case *aschema.ModifyIndex:
		if idx, ok := w.Index(c.To.Name); ok {
			c.To = idx
		}
	case *aschema.AddCheck:
		c.C = wordedCheck(c.C, w)
	case *aschema.ModifyCheck:
		c.To = wordedCheck(c.To, w)
	}
}

func wordedCheck(check *aschema.Check, w *aschema.Table) *aschema.Check {
	for _, c := range w.Checks() {
		if c.Name == check.Name {
			return c
		}
	}
	return check
}
