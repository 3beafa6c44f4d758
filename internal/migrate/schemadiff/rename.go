package schemadiff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// matching finds what is the same under another name.
type matching struct {
	*pair
	*decisions
	renamed map[Key]Key    // by new key: the old one
	merged  map[Key]string // enum values that become another
	unsure  map[Key]bool   // tables with columns that may have been renamed
	back    Answers        // lead back
}

// matchNames finds what only changed its name, and gives the statements that rename it.
// Where that would be a guess it asks. Tables and types come first and alone, because
// what hangs on them has another key afterwards.
func (m *matching) matchNames() ([]Statement, error) {
	if statements, err := m.renameRelations(); err != nil || len(statements) > 0 {
		return statements, err
	}
	if statements, err := m.renameAttributes(); err != nil || len(statements) > 0 {
		return statements, err
	}
	if statements := m.moveParts(); len(statements) > 0 {
		return statements, nil
	}
	if statements := m.joinColumns(); len(statements) > 0 {
		return statements, nil
	}
	statements, err := m.renameColumns()
	if err != nil {
		return nil, err
	}
	labels, err := m.renameLabels()
	if err != nil || len(statements)+len(labels) > 0 {
		return append(statements, labels...), err
	}
	return m.renameParts(), nil
}

// only lists the objects of kind that are in a and not in b.
func only(a, b *State, kind Kind) []*Object {
	return slices.DeleteFunc(a.of(kind), func(o *Object) bool { return b.Objects[o.Key] != nil })
}

// renameSchemas renames schemas, which moves all that is in them.
func (m *matching) renameSchemas() (statements []Statement, err error) {
	came := only(m.to, m.from, Schema)
	for _, g := range only(m.from, m.to, Schema) {
		if len(came) == 0 || !m.isAsked(g) {
			continue
		}
		to, err := m.decideRename(g, came, g.Name)
		if err != nil {
			return nil, err
		}
		if to != nil {
			came = slices.DeleteFunc(came, func(o *Object) bool { return o == to })
			statements = append(statements, alter("SCHEMA", sqltext.Ident(g.Name), "RENAME TO "+sqltext.Ident(to.Name)))
			m.renamed[to.Key] = g.Key
			m.undo(to.Name, g.Name)
		}
	}
	return statements, nil
}

// isAsked reports whether it must be decided what becomes of a schema: when it holds
// data, and no answer is about what is in it.
func (m *matching) isAsked(schema *Object) bool {
	for _, a := range []*Answers{&m.flags, &m.hints} {
		for name := range a.Rename {
			if strings.HasPrefix(name, schema.Name+".") {
				return false
			}
		}
	}
	return slices.ContainsFunc(m.from.keys(), func(k Key) bool {
		return k.Schema == schema.Name && (k.Kind == Table || k.Kind == Sequence)
	})
}

func (m *matching) renameRelations() (statements []Statement, err error) {
	if statements, err := m.renameSchemas(); err != nil || len(statements)+len(m.open) > 0 {
		return statements, err
	}
	for _, kind := range []Kind{Table, Sequence} {
		gone, came := only(m.from, m.to, kind), only(m.to, m.from, kind)
		if kind == Sequence { // one that a column owns goes with it
			owned := func(o *Object) bool { return o.Sequence.OwnerTable != "" }
			gone, came = slices.DeleteFunc(gone, owned), slices.DeleteFunc(came, owned)
		}
		for _, g := range gone {
			to, err := m.decideRename(g, came, g.Key.String())
			if err != nil {
				return nil, err
			}
			if to == nil {
				continue
			}
			came = slices.DeleteFunc(came, func(o *Object) bool { return o == to })
			statements = append(statements, m.moveRelation(statements, g.Key, to.Key)...)
		}
	}
	for _, kind := range []Kind{Enum, Domain, Composite, Range, Collation} {
		came := only(m.to, m.from, kind)
		for _, g := range only(m.from, m.to, kind) {
			i := slices.IndexFunc(came, func(o *Object) bool {
				name, ok := m.lookup(renames, flagRename, g.Key.String())
				return ok && (name == o.Name || name == o.Key.String()) || !ok && sameDef(o, g)
			})
			if i >= 0 {
				statements = append(statements, m.moveRelation(statements, g.Key, came[i].Key)...)
				came = slices.Delete(came, i, i+1)
			}
		}
	}
	return statements, nil
}

// moveRelation renames a table, sequence or type, and moves it to another schema, which
// it makes where statements before did not.
func (m *matching) moveRelation(before []Statement, from, to Key) (statements []Statement) {
	word := map[Kind]string{Table: "TABLE", Sequence: "SEQUENCE", Domain: "DOMAIN", Collation: "COLLATION"}[from.Kind]
	if word == "" {
		word = "TYPE"
	}
	at := from
	if from.Schema != to.Schema {
		schema := Key{Kind: Schema, Name: to.Schema}
		if m.from.Objects[schema] == nil && !slices.ContainsFunc(before, func(s Statement) bool { return s.makes == schema }) {
			statements = append(statements, createSchema(schema))
		}
		statements = append(statements, alter(word, at.ident(), "SET SCHEMA "+sqltext.Ident(to.Schema)))
		at.Schema = to.Schema
	}
	if from.Name != to.Name {
		statements = append(statements, alter(word, at.ident(), "RENAME TO "+sqltext.Ident(to.Name)))
	}
	m.renamed[to] = from
	m.undo(to.String(), from.String())
	return statements
}

// undo remembers the answer that leads back.
func (m *matching) undo(from, to string) { put(&m.back.Rename, from, to) }

// decideRename finds which of came an object has become: none when it is dropped. For
// a guess it asks.
func (m *matching) decideRename(gone *Object, came []*Object, names ...string) (*Object, error) {
	for range 2 { // the second time with what a person has answered
		if name, ok := m.lookup(renames, flagRename, names...); ok {
			i := slices.IndexFunc(came, func(o *Object) bool { return name == o.Name || name == o.Key.String() })
			switch {
			case i >= 0:
				return came[i], nil
			case m.given(flagRename, names...):
				return nil, fmt.Errorf("rename %s to %s: the wanted schema has no such new %s", names[0], name, gone.Kind)
			} // else a hint about what has long been done
		}
		if m.mayDrop(names...) {
			return nil, nil
		}
		if err := m.askDrop(gone, came, names[0]); err != nil || m.ask == nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("decide about %s: the answer is about something else", names[0])
}

func (m *matching) askDrop(gone *Object, came []*Object, name string) error {
	if gone.Kind == Column && len(came) > 0 {
		m.unsure[gone.table()] = true
	}
	q := Question{Text: fmt.Sprintf("%s %s is gone: drop it with its data?", gone.Kind, name), Drops: true, gone: name}
	if len(came) > 0 {
		q.Text = fmt.Sprintf("%s %s is gone and %s is new: renamed, or dropped with its data?", gone.Kind, name, listNames(came))
		// What has the same type is the likeliest.
		slices.SortStableFunc(came, func(a, b *Object) int { return likeness(gone, b) - likeness(gone, a) })
		for _, c := range came {
			to := c.Name
			if gone.Kind != Column && c.Schema != gone.Schema {
				to = c.Key.String()
			}
			q.Choices = append(q.Choices, choice(flagRename, name, to))
		}
	}
	q.Choices = append(q.Choices, flagDrop+" "+name)
	return m.question(q)
}

func listNames(objects []*Object) string {
	var names []string
	for _, o := range objects {
		names = append(names, o.Name)
	}
	return strings.Join(names, ", ")
}

func likeness(a, b *Object) int {
	n := 0
	if a.Type == b.Type {
		n += 2
	}
	if a.NotNull == b.NotNull {
		n++
	}
	return n
}

func (m *matching) renameColumns() (statements []Statement, err error) {
	for _, t := range m.from.of(Table) {
		if m.to.Objects[t.Key] == nil {
			continue
		}
		stays := func(other *State) func(o *Object) bool {
			return func(o *Object) bool { return other.Objects[o.Key] != nil || o.Generate != "" }
		}
		gone := slices.DeleteFunc(m.from.on(t.Key, Column), stays(m.to))
		came := slices.DeleteFunc(m.to.on(t.Key, Column), stays(m.from))
		for _, g := range gone {
			to, err := m.decideRename(g, came, m.names(g.Key)...)
			if err != nil {
				return nil, err
			}
			if to == nil {
				continue
			}
			came = slices.DeleteFunc(came, func(o *Object) bool { return o == to })
			statements = append(statements, renameColumn(t.ident(), g.Name, to.Name))
			m.renamed[to.Key] = g.Key
			m.undo(to.Key.String(), g.Name)
		}
	}
	return statements, nil
}

// names are those by which answers may call a column or value: also with the old name
// of its table or type, and with its own old name.
func (m *matching) names(k Key) []string {
	all := []string{k.String()}
	if old, ok := m.renamed[k]; ok {
		all = append(all, m.names(old)...)
	}
	for _, to := range slices.SortedFunc(maps.Keys(m.renamed), compareKeys) {
		from := m.renamed[to]
		if to.Kind == Schema && to.Name == k.Schema {
			old := k
			old.Schema = from.Name
			all = append(all, old.String())
		}
		if to.Kind != Column && to.Schema == k.Schema && to.Name == k.Table {
			old := k
			old.Schema, old.Table = from.Schema, from.Name
			all = append(all, old.String())
		}
	}
	return all
}

// label is the key of an enum's value, for answers.
func label(enum Key, name string) Key {
	return Key{Kind: Other, Schema: enum.Schema, Table: enum.Name, Name: name}
}

// renameLabels renames values of enums. What becomes of a value that is dropped is
// decided here too, and done by swapping the type.
func (m *matching) renameLabels() (statements []Statement, err error) {
	for _, e := range m.from.of(Enum) {
		to := m.to.Objects[e.Key]
		if to == nil {
			continue
		}
		came := slices.DeleteFunc(slices.Clone(to.Labels), func(l string) bool { return slices.Contains(e.Labels, l) })
		for _, l := range e.Labels {
			if slices.Contains(to.Labels, l) {
				continue
			}
			name, err := m.decideLabel(e.Key, l, came, to.Labels)
			if err != nil {
				return nil, err
			}
			if slices.Contains(came, name) {
				came = slices.DeleteFunc(came, func(c string) bool { return c == name })
				statements = append(statements, alter("TYPE", e.ident(), "RENAME VALUE "+sqltext.Literal(l)+" TO "+sqltext.Literal(name)))
				m.undo(label(e.Key, name).String(), l)
			} else if name != "" {
				m.merged[label(e.Key, l)] = name
			}
		}
	}
	return statements, nil
}

func (m *matching) decideLabel(enum Key, l string, came, all []string) (string, error) {
	names := m.names(label(enum, l))
	for range 2 {
		if name, ok := m.lookup(renames, flagRename, names...); ok {
			if !slices.Contains(all, name) {
				return "", fmt.Errorf("rename %s to %s: the wanted type has no such value", names[0], name)
			}
			return name, nil
		}
		if m.mayDrop(names...) {
			return "", nil
		}
		q := Question{Text: fmt.Sprintf("value %s is gone: allow it when no row has it, or which value do its rows get?", names[0]), Drops: true, gone: names[0]}
		if len(came) > 0 {
			q.Text = fmt.Sprintf("value %s is gone and %s is new: renamed, or gone when no row has it?", names[0], strings.Join(came, ", "))
		}
		for _, c := range came {
			q.Choices = append(q.Choices, choice(flagRename, names[0], c))
		}
		q.Choices = append(q.Choices, flagDrop+" "+names[0])
		if len(came) == 0 && len(all) > 0 {
			q.Choices = append(q.Choices, choice(flagRename, names[0], all[0]))
		}
		if err := m.question(q); err != nil || m.ask == nil {
			return "", err
		}
	}
	return "", fmt.Errorf("decide about %s: the answer is about something else", names[0])
}

// renameParts renames what holds no data and is the same but for its name.
func (p *pair) renameParts() (statements []Statement) {
	for _, kind := range []Kind{Constraint, Index, Trigger, Policy} {
		came := only(p.to, p.from, kind)
		for _, g := range only(p.from, p.to, kind) {
			i := slices.IndexFunc(came, func(o *Object) bool { return o.Schema == g.Schema && o.Table == g.Table && sameDef(o, g) })
			if i < 0 || kind == Trigger { // a trigger's definition holds its name
				continue
			}
			statements = append(statements, renamePart(g.Key, came[i].Name))
			came = slices.Delete(came, i, i+1)
		}
	}
	for _, s := range only(p.from, p.to, Sequence) {
		for _, o := range only(p.to, p.from, Sequence) {
			if q := s.Sequence; q.OwnerTable != "" && o.Sequence.OwnerTable == q.OwnerTable && o.Sequence.OwnerColumn == q.OwnerColumn && s.Schema == o.Schema {
				statements = append(statements, alter("SEQUENCE", s.ident(), "RENAME TO "+sqltext.Ident(o.Name)))
			}
		}
	}
	for _, c := range p.from.of(Column) {
		to := p.to.Objects[c.Key]
		if to != nil && c.Sequence != nil && to.Sequence != nil && c.Sequence.Name != to.Sequence.Name {
			statements = append(statements, alter("SEQUENCE", qualified(c.Sequence.Schema, c.Sequence.Name), "RENAME TO "+sqltext.Ident(to.Sequence.Name)))
		}
	}
	return statements
}

func renamePart(k Key, name string) Statement {
	switch k.Kind {
	case Index:
		return renameIndex(k.Schema, k.Name, name)
	case Policy:
		return alter("POLICY", sqltext.Ident(k.Name), "ON "+k.onTable()+" RENAME TO "+sqltext.Ident(name))
	default:
		return alterTable(k.onTable(), "RENAME CONSTRAINT "+sqltext.Ident(k.Name)+" TO "+sqltext.Ident(name))
	}
}
