package schemadiff

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// PartitionedAs gives a state in which those tables are partitioned that are so in have,
// because a schema of Ent cannot say it: with the partitions that have has, and with its primary
// key and unique indexes in the place of those of s, to which Postgres adds the columns of the
// partition key. Foreign keys to a table without a unique index on just what they refer to are
// left out. It fails when something is unique in s and has no such index in have. s stays as it is.
func (s *State) PartitionedAs(have *State) (*State, error) {
	var tables []*Object
	for _, t := range have.of(Table) {
		if now := s.Objects[t.Key]; t.Attr.Partition != "" && t.Attr.Bound == "" && now != nil && now.Attr.Partition == "" {
			tables = append(tables, t)
		}
	}
	if len(tables) == 0 {
		return s, nil
	}
	p := parting{have: have, want: &State{Objects: maps.Clone(s.Objects), user: s.user}}
	for _, t := range tables {
		if err := p.table(t); err != nil {
			return nil, err
		}
	}
	p.want = p.want.WithPartitions(have)
	p.needs()
	return p.want, nil
}

// WithPartitions gives a state with the partitions that have has of the tables which are
// partitioned in s. s stays as it is.
func (s *State) WithPartitions(have *State) *State {
	out := &State{Objects: maps.Clone(s.Objects), user: s.user}
	parents := func() (names []string) {
		for _, t := range out.of(Table) {
			if t.Attr.Partition != "" {
				names = append(names, typeName(t.Key))
			}
		}
		return names
	}
	for before := -1; before != len(out.Objects); { // partitions have partitions
		before = len(out.Objects)
		names := parents()
		for _, t := range have.of(Table) {
			if t.Attr.Bound == "" || out.Objects[t.Key] != nil || !slices.ContainsFunc(t.Attr.Parents, func(n string) bool { return slices.Contains(names, n) }) {
				continue
			}
			for k, o := range have.Objects {
				if k == t.Key || k.Table != "" && k.table() == t.Key {
					out.Objects[k] = o
				}
			}
		}
	}
	return out
}

// parting makes tables of a wanted state partitioned.
type parting struct {
	have, want *State
	renamed    map[Key]Key // unique constraints and indexes that others take the place of
}

func (p *parting) table(t *Object) error {
	now := *p.want.Objects[t.Key]
	now.Attr.Partition = t.Attr.Partition
	p.want.Objects[t.Key] = &now
	there := p.have.uniques(t.Key)
	for _, u := range p.want.uniques(t.Key) {
		i := slices.IndexFunc(there, func(o *Object) bool { return o.Key == u.Key && o.covers(u) })
		if i < 0 {
			i = slices.IndexFunc(there, func(o *Object) bool { return o.covers(u) })
		}
		if i < 0 && len(u.Columns) > 0 {
			return fmt.Errorf("%s of %s is unique in the schema, but nothing in the migrations keeps it so: the table is partitioned by %s, whose columns must be in each unique index: "+
				"make such an index in a migration that you write (migrate new), or say no longer that it is unique", strings.Join(u.Columns, ", "), t.Key, t.Attr.Partition)
		}
		if i >= 0 {
			p.replace(u, there[i])
		}
	}
	for _, i := range p.want.on(t.Key, Index) {
		parted := *i
		parted.Of = "partitioned"
		p.want.Objects[i.Key] = &parted
	}
	p.references(t.Key)
	return nil
}

// uniques lists what keeps columns of a table unique.
func (s *State) uniques(table Key) []*Object {
	all := append(s.on(table, Constraint), s.on(table, Index)...)
	return slices.DeleteFunc(all, func(o *Object) bool { return !o.Unique && o.Shape != "p" && o.Shape != "u" })
}

// covers reports whether what o keeps unique has all columns of another, and is as strong.
func (o *Object) covers(other *Object) bool {
	if len(other.Columns) == 0 || other.Shape == "p" && o.Shape != "p" {
		return false
	}
	return !slices.ContainsFunc(other.Columns, func(name string) bool { return !slices.Contains(o.Columns, name) })
}

// replace has what keeps columns unique in have take the place of what does in want.
func (p *parting) replace(u, by *Object) {
	delete(p.want.Objects, u.Key)
	p.want.Objects[by.Key] = by
	p.want.sorted = nil // as many keys as before
	if p.renamed == nil {
		p.renamed = map[Key]Key{}
	}
	p.renamed[u.Key] = by.Key
	for _, name := range by.Columns {
		if c := p.want.Objects[by.table().column(name)]; c != nil && by.Shape == "p" && !c.NotNull {
			set := *c
			set.NotNull = true
			p.want.Objects[c.Key] = &set
		}
	}
}

// references leaves out the foreign keys that nothing unique in a table bears.
func (p *parting) references(table Key) {
	there := p.want.uniques(table)
	for _, c := range p.want.of(Constraint) {
		if c.Shape != "f" || c.RefSchema != table.Schema || c.RefTable != table.Name {
			continue
		}
		bears := func(o *Object) bool {
			return len(o.Columns) == len(c.RefColumns) && o.covers(&Object{Columns: c.RefColumns})
		}
		if !slices.ContainsFunc(there, bears) {
			delete(p.want.Objects, c.Key)
		}
	}
}

// needs has objects depend on what is there now.
func (p *parting) needs() {
	for k, o := range p.want.Objects {
		if !slices.ContainsFunc(o.Needs, func(n Key) bool { return p.want.Objects[n] == nil }) {
			continue
		}
		changed := *o
		changed.Needs = nil
		for _, n := range o.Needs {
			if by, ok := p.renamed[n]; ok {
				n = by
			}
			if p.want.Objects[n] != nil {
				changed.Needs = append(changed.Needs, n)
			}
		}
		p.want.Objects[k] = &changed
	}
}
