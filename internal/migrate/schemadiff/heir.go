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

// joinColumns gives a table the column that its heirs have had of their own: theirs become
// the inherited one and keep their values. It is done first and alone, because it changes
// which columns are a table's own.
func (p *planner) joinColumns() (statements []string) {
	for _, c := range only(p.to, p.from, Column) {
		if p.from.Objects[c.table()] == nil || p.to.Objects[c.table()] == nil || c.Generate+c.Identity != "" {
			continue
		}
		var own []*Object
		for _, h := range heirs(p.from, c.table()) {
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
		statements = append(statements, "ALTER TABLE "+c.onTable()+" ADD COLUMN "+ident(c.Name)+" "+columnClause(&add))
		for _, o := range own {
			if o.NotNull && !c.NotNull {
				statements = append(statements, alterColumn(o)+" DROP NOT NULL")
			}
		}
	}
	return statements
}

// partColumns notes the columns that a table gives up while its heirs keep them: they are
// taken from the table ONLY, and those of the heirs go on as their own.
func (p *planner) partColumns() {
	// The state to start from is also the one that the way back leads to.
	p.from = &State{Objects: maps.Clone(p.from.Objects), user: p.from.user}
	for _, c := range only(p.from, p.to, Column) {
		if p.to.Objects[c.table()] == nil || c.Generate+c.Identity != "" {
			continue
		}
		below := heirs(p.from, c.table())
		keeps := func(h *Object) bool {
			key := h.Key.column(c.Name)
			return p.from.Objects[key] == nil && p.to.Objects[key] != nil && p.to.Objects[key].Generate+p.to.Objects[key].Identity == ""
		}
		if !slices.ContainsFunc(below, keeps) {
			continue
		}
		p.parted[c.Key] = true
		gone := *c
		gone.Needs = slices.Clone(c.Needs)
		p.from.Objects[c.Key] = &gone
		for _, h := range below {
			key := h.Key.column(c.Name)
			if p.from.Objects[key] != nil {
				continue
			}
			own := *c
			own.Key, own.Comment, own.Rights, own.Needs = key, "", Rights{}, slices.Clone(c.Needs)
			for i, n := range own.Needs {
				if n == c.table() {
					own.Needs[i] = h.Key
				}
			}
			for _, part := range h.Attr.Inherited {
				if part.Name == c.Name {
					own.Default = part.Def
				}
			}
			p.from.Objects[key] = &own
			gone.Needs = append(gone.Needs, key) // which is dropped after it, if at all
		}
	}
}
