package schemadiff

import (
	"fmt"
	"maps"
	"slices"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// contract is the second stage: from the state now, with both columns, to the end.
func (x *expander) contract(now *State) ([]File, []*State, error) {
	w := x.next(x.to)
	statements, err := x.swapColumns(now)
	if err != nil {
		return nil, nil, err
	}
	if keep := x.keepRights(now); len(keep) > 0 {
		statements = append(keep, statements...)
		w.holding = true
	}
	if err := w.begin(statements); err != nil {
		return nil, nil, err
	}
	files, states, err := w.plan(now)
	if err != nil {
		return nil, nil, fmt.Errorf("plan contract: %w", err)
	}
	x.back = w.back
	for i, f := range files {
		files[i].Part, files[i].Contract = "contract", true
		if f.Part != "" {
			files[i].Part += "_" + f.Part
		}
	}
	files[0].Up[0] = files[0].Up[0].Noted(x.notes(statements, files[0].Up)...)
	files[0].swaps = x
	return files, states, nil
}

// notes tells people when to apply the contract, and lint which of its findings are intended.
func (x *expander) notes(swap, all []Statement) []string {
	notes := []string{"-- Only when no program from before the change runs any more."}
	for _, e := range x.columns {
		if e.retype && e.helper != e.new.Name {
			notes = append(notes, "-- From here on "+e.new.Key.String()+" is "+e.new.Type+": start the new program together with this.")
		}
	}
	drops := func(list []Statement) (n int) {
		for _, s := range list {
			if s.drops != (Key{}) {
				n++
			}
		}
		return n
	}
	if n := drops(swap); n > 0 && n == drops(all) {
		notes = append(notes, sqlfile.Allow("DL202", "the other column has had the same values"))
	}
	if slices.ContainsFunc(swap, func(s Statement) bool { return s.renames }) {
		notes = append(notes, sqlfile.Allow("CP304", "no program uses the old name any more"))
	}
	return notes
}

// lostTypes makes the types of old columns that the contract has dropped.
func (x *expander) lostTypes() ([]Statement, error) {
	w := newWay(x.trial, &decisions{}, x.from, Options{})
	w.from = x.to
	seen := map[Key]bool{}
	var visit func(k Key) error
	visit = func(k Key) error {
		o := x.from.Objects[k]
		if seen[k] || o == nil || x.to.Objects[k] != nil || !slices.Contains([]Kind{Enum, Domain, Composite, Range}, k.Kind) {
			return nil
		}
		seen[k] = true
		for _, n := range o.Needs {
			if err := visit(n); err != nil {
				return err
			}
		}
		return w.create(o)
	}
	for _, e := range x.columns {
		for _, n := range e.old.Needs {
			if err := visit(n); err != nil {
				return nil, err
			}
		}
	}
	return statementsOf(w.steps), nil
}

func statementsOf(steps []step) (all []Statement) {
	for _, s := range steps {
		all = append(all, s.Statement)
	}
	return all
}

// swapColumns leaves one of each two columns, under the right name.
func (x *expander) swapColumns(now *State) (statements []Statement, err error) {
	var finally []Statement
	for _, e := range x.columns {
		if e.check != "" {
			statements = append(statements, alterColumn(e.column(), "SET NOT NULL"), alterTable(e.table(), "DROP CONSTRAINT "+sqltext.Ident(e.check)))
		}
		before, after := x.moveSequence(now, e)
		statements, finally = append(statements, before...), append(finally, after...)
	}
	drops, err := x.dropRest(now)
	if err != nil {
		return nil, err
	}
	statements = append(statements, drops...)
	for _, e := range x.columns {
		from, to := e.helper, e.new.Name
		if !e.retype {
			from = e.old.Name
		}
		if from != to {
			statements = append(statements, renameColumn(e.table(), from, to))
		}
	}
	statements = append(statements, finally...)
	return append(statements, x.adoptIndexes()...), nil
}

// keepRights keeps the rights of what the swap drops and the plan then makes again.
func (x *expander) keepRights(now *State) []Statement {
	w := newWay(x.trial, &decisions{}, x.to, Options{})
	w.from, w.dropped = now, closure(now, x.rest())
	return w.keepRights(w.remade())
}

// dropRest drops the views of old names, the triggers and of each two columns the one
// that goes, with what stands on it; what of that is wanted is made again afterwards.
func (x *expander) dropRest(now *State) ([]Statement, error) {
	left := &State{Objects: maps.Clone(now.Objects)}
	for k := range closure(now, x.rest()) {
		delete(left.Objects, k)
	}
	w := newWay(x.trial, &decisions{}, left, Options{})
	w.from = now
	if err := w.build(); err != nil {
		return nil, fmt.Errorf("plan contract: %w", err)
	}
	return statementsOf(w.steps), nil
}

// rest lists what the contract drops of each two.
func (x *expander) rest() (gone []Key) {
	for _, t := range x.tables {
		gone = append(gone, Key{Kind: View, Schema: t.from.Schema, Name: t.from.Name})
	}
	for _, e := range x.columns {
		table := e.new.table()
		gone = append(gone, Key{Kind: Trigger, Schema: table.Schema, Table: table.Name, Name: e.trigger()},
			Key{Kind: Function, Schema: table.Schema, Name: typeName(Key{Schema: publicSchema, Name: e.sync}) + "()"})
		if e.retype {
			gone = append(gone, table.column(e.old.Name))
		} else {
			gone = append(gone, table.column(e.helper))
		}
	}
	return gone
}

// moveSequence lets the second column go on counting where the first one is: before
// that is dropped, and after.
func (x *expander) moveSequence(now *State, e *expansion) (before, after []Statement) {
	if !e.retype {
		return nil, nil
	}
	if e.old.Identity != "" && e.new.Identity != "" && e.check != "" {
		helper := *e.new
		seq := *e.new.Sequence
		seq.Name = sqltext.Cut(seq.Name, "_new")
		helper.Name, helper.Sequence = e.helper, &seq
		was := qualified(e.old.Sequence.Schema, e.old.Sequence.Name)
		if c := now.Objects[e.old.Key]; c != nil && c.Sequence != nil {
			was = qualified(c.Sequence.Schema, c.Sequence.Name)
		}
		next := qualified(seq.Schema, seq.Name)
		return []Statement{
				alterColumn(&helper, "ADD"+identityClause(&helper)),
				query("setval(" + sqltext.Literal(next) + ", last_value, is_called) FROM " + was),
			},
			[]Statement{alter("SEQUENCE", next, "RENAME TO "+sqltext.Ident(e.new.Sequence.Name))}
	}
	for _, s := range now.of(Sequence) {
		q := s.Sequence
		if q.OwnerSchema == e.old.Schema && q.OwnerTable == e.old.Table && q.OwnerColumn == e.old.Name && x.to.Objects[s.Key] != nil {
			before = append(before, alter("SEQUENCE", s.ident(), "OWNED BY "+e.table()+"."+sqltext.Ident(e.helper)))
		}
	}
	return before, nil
}

// adoptIndexes gives the indexes on second columns their place.
func (x *expander) adoptIndexes() (statements []Statement) {
	for _, c := range x.kept() {
		switch c.final.Kind {
		case Index:
			statements = append(statements, renameIndex(c.final.Schema, c.name, c.final.Name))
		default:
			m := uniqueClause.FindStringSubmatch(c.final.Def)
			statements = append(statements, alterTable(c.final.onTable(), "ADD CONSTRAINT "+sqltext.Ident(c.final.Name)+" "+m[1]+" USING INDEX "+sqltext.Ident(c.name)+m[4]))
		}
	}
	return statements
}

// kept lists the indexes on second columns that stay; others go with their column.
func (x *expander) kept() []indexCopy {
	return slices.DeleteFunc(slices.Clone(x.copies), func(c indexCopy) bool {
		return x.to.Objects[c.final.Key] != c.final || !slices.ContainsFunc(x.columns, func(e *expansion) bool {
			return e.retype && e.new.table() == c.final.table()
		})
	})
}
