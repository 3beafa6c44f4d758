package schemadiff

import (
	"maps"
	"slices"
)

// heirs lists the tables of a state that have columns from the one of the key, without its
// partitions, which have no others.
func heirs(s *State, table Key) []*Object {
	return slices.DeleteFunc(s.of(Table), func(t *Object) bool {
		return t.Attr.Bound != "" || !slices.ContainsFunc(t.Attr.Parents, func(name string) bool { return table.isType(name) })
	})
}

// below lists the heirs of a table, their heirs, and so on, each once.
func below(s *State, table Key) []*Object {
	all := heirs(s, table)
	for i := 0; i < len(all); i++ {
		for _, h := range heirs(s, all[i].Key) {
			if !slices.Contains(all, h) {
				all = append(all, h)
			}
		}
	}
	return all
}

// joinColumns gives a table the column that its heirs have had of their own: theirs become
// the inherited one and keep their values. It is done first and alone, because it changes
// which columns are a table's own.
func (p *pair) joinColumns() (statements []Statement) {
	for _, c := range only(p.to, p.from, Column) {
		if p.from.Objects[c.table()] == nil || p.to.Objects[c.table()] == nil || c.Generate+c.Identity != "" {
			continue
		}
		var own []*Object
		for _, h := range below(p.from, c.table()) {
			if old := p.from.Objects[h.Key.column(c.Name)]; old != nil && p.to.Objects[old.Key] == nil {
				own = append(own, old)
			}
		}
		differs := func(o *Object) bool {
			return o.Type != own[0].Type || o.Collation != own[0].Collation || o.Generate+o.Identity != ""
		}
		if len(own) == 0 || slices.ContainsFunc(own, differs) {
			continue
		}
		add := *c
		add.Type, add.Collation = own[0].Type, own[0].Collation
		if c.Type != add.Type {
			add.Default = "" // of the type that it gets later
		}
		add.NotNull = c.NotNull && add.Default != "" && !slices.ContainsFunc(own, func(o *Object) bool { return !o.NotNull })
		statements = append(statements, addColumn(&add))
		for _, o := range own {
			if o.NotNull && !c.NotNull {
				statements = append(statements, alterColumn(o, "DROP NOT NULL"))
			}
		}
	}
	return statements
}

// partColumns notes the columns that a table gives up while tables below it keep them: they
// are taken from the table ONLY, and those of the heirs go on as their own.
func (d *disturbance) partColumns() {
	// The state to start from is also the one that the way back leads to.
	d.from = &State{Objects: maps.Clone(d.from.Objects), user: d.from.user}
	made := map[Key]bool{}
	for _, c := range only(d.from, d.to, Column) {
		if d.to.Objects[c.table()] != nil && c.Generate+c.Identity == "" {
			d.partColumn(c, made)
		}
	}
}

// partColumn is partColumns for one column. An heir that gives it up too, and only passes it
// on to one that keeps it, parts with it in the same way. The columns that heirs get of their
// own, perhaps from several tables, are added to made.
func (d *disturbance) partColumn(c *Object, made map[Key]bool) {
	keeps := func(h *Object) bool {
		key := h.Key.column(c.Name)
		return (d.from.Objects[key] == nil || made[key]) && d.to.Objects[key] != nil && d.to.Objects[key].Generate+d.to.Objects[key].Identity == ""
	}
	if !slices.ContainsFunc(below(d.from, c.table()), keeps) {
		return
	}
	d.parted[c.Key] = true
	gone := *c
	gone.Needs = slices.Clone(c.Needs)
	d.from.Objects[c.Key] = &gone
	for _, h := range heirs(d.from, c.table()) {
		key := h.Key.column(c.Name)
		if d.from.Objects[key] == nil {
			own := ownColumn(c, h)
			d.from.Objects[key], made[key] = own, true
			if d.to.Objects[key] == nil && d.to.Objects[h.Key] != nil {
				d.partColumn(own, made)
			}
		}
		gone.Needs = append(gone.Needs, key) // which is dropped after it, if at all
	}
}

// ownColumn is the column that an heir has of a table, when it has become its own.
func ownColumn(c, heir *Object) *Object {
	own := *c
	own.Key, own.Comment, own.Rights, own.Needs = heir.Key.column(c.Name), "", Rights{}, slices.Clone(c.Needs)
	for i, n := range own.Needs {
		if n == c.table() {
			own.Needs[i] = heir.Key
		}
	}
	for _, part := range heir.Attr.Inherited {
		if part.Name == c.Name {
			own.Default = part.Def
		}
	}
	return &own
}
