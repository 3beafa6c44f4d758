package schemadiff

import (
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// expand is the first stage. It makes all that is new, too.
func (x *expander) expand(start *State) ([]File, []*State, error) {
	w := x.next(x.keep())
	w.partial = true
	w.steps = x.steps
	if _, err := w.read(); err != nil {
		return nil, nil, err
	}
	for _, f := range []func() error{w.rename, w.decide, w.build} {
		if err := f(); err != nil {
			return nil, nil, err
		}
	}
	for _, e := range x.columns {
		x.addBeside(w, e)
	}
	files, states, err := w.run(start)
	if err != nil {
		return nil, nil, err
	}
	x.back = w.back
	for i, f := range files {
		files[i].Part = map[string]string{"values": "expand_values", "": "expand", "build": "backfill"}[f.Part]
		if files[i].Part == "" {
			files[i].Part = f.Part
		}
	}
	for i := range files {
		if files[i].Part == "expand" {
			files[i].beside = x.columns
		}
	}
	if len(x.tables) > 0 {
		files[0].Up[0] = files[0].Up[0].Noted(sqlfile.Allow("CP303", "a view keeps the old name until the contract"))
	}
	for _, t := range x.tables {
		files[0].undo = append(files[0].undo, drop("VIEW", t.from.ident()))
	}
	return files, states, nil
}

// next is a way that goes on to a state, with the same answers and names.
func (x *expander) next(to *State) *way {
	w := newWay(x.trial, x.decisions, to, x.opt)
	w.back = x.back
	for k, old := range x.renamed {
		w.renamed[k] = old
	}
	return w
}

// addBeside adds the second column.
func (x *expander) addBeside(w *way, e *expansion) {
	add := e.column()
	w.emit(main, addColumn(add))
	if d := e.constant(); d != "" {
		w.emit(main, alterColumn(add, "SET DEFAULT "+d))
	}
	w.columnExtras(nil, add, main)
	if e.check != "" {
		w.emit(main, alterTable(e.table(), "ADD CONSTRAINT "+sqltext.Ident(e.check)+" CHECK ("+sqltext.Ident(e.helper)+" IS NOT NULL) NOT VALID"))
		w.emit(finish, alterTable(e.table(), "VALIDATE CONSTRAINT "+sqltext.Ident(e.check)))
	}
	w.emit(main, e.follow("CREATE"), e.createTrigger())
	w.emit(build, batched(e.new.table(), x.from.Objects[e.new.table()].Attr.Partition != "", e.fill()))
	w.steps = append(w.steps, step{phase: build, more: func() ([]Statement, error) { return x.copyIndexes(e) }})
}

func (e *expansion) table() string { return e.new.onTable() }

// column is the second column as long as there are two.
func (e *expansion) column() *Object {
	c := *e.new
	c.Name, c.NotNull, c.Default, c.Identity, c.Comment = e.helper, false, "", "", ""
	return &c
}

// constant is the default of the second column: that of the first where both columns
// get the same value then, else none.
func (e *expansion) constant() string {
	if e.retype || !constant.MatchString(strings.TrimSpace(e.old.Default)) {
		return ""
	}
	return e.old.Default
}
