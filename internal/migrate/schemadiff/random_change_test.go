package schemadiff_test

import (
	"slices"
	"strings"
)

// change changes the model at random in a way that rows survive, and notes the flags
// that say what two schemas do not.
func (m *model) change() {
	for range 1 + m.rand.IntN(6) {
		m.changeOnce()
	}
}

func (m *model) changeOnce() {
	t := m.table()
	switch m.rand.IntN(14) {
	case 0:
		m.addTable()
	case 1:
		m.dropTable(t)
	case 2:
		t.columns = append(t.columns, m.column())
	case 3:
		if c := m.free(t); c != nil && !strings.HasPrefix(c.name, "new") {
			t.columns = slices.DeleteFunc(t.columns, func(o *modelColumn) bool { return o == c })
		}
	case 4:
		m.renameColumn(t)
	case 5:
		m.retype(t)
	case 6:
		if c := m.free(t); c != nil {
			c.notNull = !c.notNull
		}
	case 7:
		if c := m.free(t); c != nil {
			c.def = ""
			if d := modelDefaults[c.typ]; d != nil && m.rand.IntN(3) > 0 {
				c.def = d[m.rand.IntN(len(d))]
			}
		}
	case 8, 9:
		m.addPart()
	case 10:
		m.dropPart(t)
	case 11:
		m.changeLabels()
	case 12:
		m.renameTable(t)
	case 13:
		for i, index := range t.indexes {
			t.indexes[i] = strings.Replace(index, "WHERE id > ", "WHERE id > 1", 1)
		}
	}
}

func (m *model) dropTable(t *modelTable) {
	if len(m.tables) < 2 || m.refersTo(t) || m.answered(t.name) {
		return
	}
	m.tables = slices.DeleteFunc(m.tables, func(o *modelTable) bool { return o == t })
}

func (m *model) refersTo(t *modelTable) bool {
	return slices.ContainsFunc(m.tables, func(o *modelTable) bool {
		return slices.ContainsFunc(o.keys, func(k string) bool { return strings.Contains(k, "REFERENCES "+q(t.name)+" ") })
	})
}

// renameColumn renames what was there from the start, once.
func (m *model) renameColumn(t *modelTable) {
	if c := m.free(t); c != nil && !strings.HasPrefix(c.name, "new") && m.known(t, c.name) {
		name := m.name("new")
		m.flags = append(m.flags, "--rename "+t.name+"."+c.name+"="+name)
		c.name = name
	}
}

func (m *model) renameTable(t *modelTable) {
	if strings.HasPrefix(t.name, "new") || m.refersTo(t) || len(t.indexes)+len(t.keys)+len(t.parts) > 0 || !m.known(t, "") ||
		m.answered(t.name) {
		return
	}
	name := m.name("new")
	m.flags = append(m.flags, "--rename "+t.name+"="+name)
	t.name = name
}

// answered reports whether a flag is about a table: such a flag must stay true.
func (m *model) answered(table string) bool {
	return slices.ContainsFunc(m.flags, func(f string) bool {
		return strings.Contains(f, " "+table+".") || strings.HasSuffix(f, "="+table)
	})
}

// known reports whether a table, or a column of it, was in the schema before it was
// changed.
func (m *model) known(t *modelTable, column string) bool {
	return strings.Contains(m.before, "CREATE TABLE "+q(t.name)+" ") && strings.Contains(m.before, "\n  "+q(column)) || column == "" && strings.Contains(m.before, "CREATE TABLE "+q(t.name)+" ")
}

func (m *model) retype(t *modelTable) {
	c := m.free(t)
	if c == nil || wider[c.typ] == nil || !m.known(t, c.name) {
		return
	}
	c.typ = wider[c.typ][m.rand.IntN(len(wider[c.typ]))]
	if c.def != "" {
		c.def = ""
	}
	c.used = true // once is enough
}

func (m *model) dropPart(t *modelTable) {
	switch {
	case len(t.indexes) > 0:
		t.indexes = t.indexes[1:]
	case len(t.keys) > 0:
		t.keys = t.keys[1:]
	case len(t.parts) > 0:
		t.parts = t.parts[1:]
	}
}

// changeLabels adds, removes and moves values, of which rows have but "ok".
func (m *model) changeLabels() {
	at := m.rand.IntN(len(m.labels) + 1)
	switch m.rand.IntN(3) {
	case 0:
		m.labels = slices.Insert(m.labels, at, m.name("label"))
	case 1:
		m.labels = slices.DeleteFunc(m.labels, func(l string) bool { return l != "ok" && m.rand.IntN(3) == 0 })
	case 2:
		m.rand.Shuffle(len(m.labels), func(i, j int) { m.labels[i], m.labels[j] = m.labels[j], m.labels[i] })
	}
}
