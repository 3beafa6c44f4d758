package schemadiff

import "strings"

// expand is the first stage. It makes all that is new, too.
func (x *expander) expand(start *State) ([]File, []*State, error) {
	p := x.next(x.keep())
	p.partial = true
	p.steps = x.steps
	if _, err := p.read(); err != nil {
		return nil, nil, err
	}
	for _, f := range []func() error{p.rename, p.decide, p.build} {
		if err := f(); err != nil {
			return nil, nil, err
		}
	}
	for _, e := range x.columns {
		x.addBeside(p, e)
	}
	files, states, err := p.run(start)
	if err != nil {
		return nil, nil, err
	}
	x.take(p)
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
		files[0].Up[0] = files[0].Up[0].Noted("-- entgraph:allow CP303 a view keeps the old name until the contract")
	}
	for _, t := range x.tables {
		files[0].undo = append(files[0].undo, drop("VIEW", t.from.ident()))
	}
	return files, states, nil
}

// next is a planner that goes on towards a state, with the same answers.
func (x *expander) next(to *State) *planner {
	p := newPlanner(x.ctx, x.conn, to, x.opt)
	p.oracle, p.back = x.oracle, x.back
	for k, old := range x.renamed {
		p.renamed[k] = old
	}
	return p
}

// take takes over what another planner has learned.
func (x *expander) take(p *planner) { x.oracle, x.back = p.oracle, p.back }

// addBeside adds the second column.
func (x *expander) addBeside(p *planner, e *expansion) {
	add := e.column()
	p.emit(main, addColumn(add))
	if d := e.constant(); d != "" {
		p.emit(main, alterColumn(add, "SET DEFAULT "+d))
	}
	p.columnExtras(nil, add, main)
	if e.check != "" {
		p.emit(main, alterTable(e.table(), "ADD CONSTRAINT "+ident(e.check)+" CHECK ("+ident(e.helper)+" IS NOT NULL) NOT VALID"))
		p.emit(finish, alterTable(e.table(), "VALIDATE CONSTRAINT "+ident(e.check)))
	}
	p.emit(main, e.follow("CREATE"), e.createTrigger())
	p.emit(build, batched(e.new.table(), x.from.Objects[e.new.table()].Attr.Partition != "", e.fill()))
	p.steps = append(p.steps, step{phase: build, more: func() ([]Statement, error) { return x.copyIndexes(p, e) }})
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
