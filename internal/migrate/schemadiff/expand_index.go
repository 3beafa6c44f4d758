package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// indexCopy is an index on a second column.
type indexCopy struct {
	name  string
	final *Object // the index or constraint that it becomes
}

// copyIndexes gives the statements that build on a second column the indexes that it
// is to have. Those of a column with a new name alone serve until the contract, those of
// one with a new type become the final ones.
func (x *expander) copyIndexes(e *expansion) (statements []Statement, err error) {
	state, key := x.from, e.old.Key
	if e.retype {
		state, key = x.to, e.new.Key
	}
	parted := x.from.Objects[e.new.table()].Attr.Partition != ""
	var wanted []*Object
	for _, kind := range []Kind{Index, Constraint} {
		for _, o := range state.on(key.table(), kind) {
			backed := kind == Index || uniqueClause.MatchString(o.Def) && !(parted && e.retype)
			done := slices.ContainsFunc(x.copies, func(c indexCopy) bool { return c.final == o })
			if backed && !done && slices.Contains(o.Needs, key) {
				wanted = append(wanted, o)
			}
		}
	}
	defs, err := x.reword(state, e, wanted)
	if err != nil {
		return nil, err
	}
	for i, o := range wanted {
		if defs[i] == "" {
			continue // the second stage builds it
		}
		c := indexCopy{name: x.freeIndex(o), final: o}
		x.copies = append(x.copies, c)
		how := concurrently
		if parted {
			how = ""
		}
		statements = append(statements, buildIndex(o, how, c.name, defs[i]))
	}
	return statements, nil
}

func unique(o *Object) bool { return o.Unique || o.Kind == Constraint }

func (x *expander) freeIndex(o *Object) string {
	name := sqltext.Cut(o.Name, "_new")
	taken := func() bool {
		return slices.ContainsFunc(x.copies, func(c indexCopy) bool { return c.name == name && c.final.Schema == o.Schema }) ||
			slices.ContainsFunc([]*State{x.from, x.to}, func(s *State) bool {
				return slices.ContainsFunc(s.keys(), func(k Key) bool { return k.Kind != Column && k.Schema == o.Schema && k.Name == name })
			})
	}
	for taken() {
		name = sqltext.Cut(name, "_")
	}
	return name
}

// reword gives the definitions of indexes on the second column, in Postgres' words: it
// renames the columns of a copy of the table. "" is for those that cannot be made yet.
func (x *expander) reword(state *State, e *expansion, indexes []*Object) ([]string, error) {
	renames := map[string]string{e.old.Name: e.helper}
	if e.retype {
		renames = map[string]string{}
		for _, other := range x.columns {
			if other.table() != e.table() {
				continue
			}
			if other.retype {
				renames[other.new.Name] = other.helper
			} else {
				renames[other.new.Name] = other.old.Name
			}
		}
	}
	return x.rewordOn(state, e.new.table(), renames, indexes)
}

// rewordOn gives the definitions of indexes of a table whose columns have other names.
func (x *expander) rewordOn(state *State, table Key, renames map[string]string, indexes []*Object) ([]string, error) {
	defs := make([]string, len(indexes))
	if len(indexes) == 0 {
		return defs, nil
	}
	err := x.aside(func() error {
		if err := x.copyTable(state, table); err != nil {
			return err
		}
		for i, o := range indexes {
			x.tryIndex(i, o)
		}
		if err := x.renameCopy(state.on(table, Column), renames); err != nil {
			return err
		}
		for i := range indexes {
			var def string
			if err := x.scan(&def, fmt.Sprintf("SELECT pg_get_indexdef(to_regclass('pg_temp.entgraph_probe_%d'))", i)); err != nil {
				return err
			}
			if _, rest, ok := strings.Cut(def, " USING "); ok {
				defs[i] = canonical("USING " + rest)
			}
		}
		return nil
	})
	return defs, err
}

// renameCopy gives the columns of the copy other names; two may change theirs with each
// other.
func (x *expander) renameCopy(columns []*Object, names map[string]string) error {
	const rename = "ALTER TABLE pg_temp.entgraph_probe RENAME COLUMN "
	var first, second []string
	for i, c := range columns {
		if to := names[c.Name]; to != "" && to != c.Name {
			between := sqltext.Ident(fmt.Sprintf("entgraph_probe_%d", i))
			first = append(first, rename+sqltext.Ident(c.Name)+" TO "+between)
			second = append(second, rename+between+" TO "+sqltext.Ident(to))
		}
	}
	for _, sql := range append(first, second...) {
		if err := x.exec(sql); err != nil {
			return err
		}
	}
	return nil
}

// copyTable makes a temporary table with the columns of one.
func (x *expander) copyTable(state *State, table Key) error {
	var parts []string
	for _, c := range state.on(table, Column) {
		bare := &Object{Type: c.Type, Collation: c.Collation}
		parts = append(parts, sqltext.Ident(c.Name)+" "+columnClause(bare))
	}
	return x.exec("CREATE TEMP TABLE entgraph_probe (" + strings.Join(parts, ", ") + ")")
}

// tryIndex makes an index on the copy, or none.
func (x *expander) tryIndex(i int, o *Object) {
	def, word := o.Def, "CREATE INDEX "
	if m := uniqueClause.FindStringSubmatch(o.Def); o.Kind == Constraint && m != nil {
		def = m[3] + m[2]
	}
	if unique(o) {
		word = "CREATE UNIQUE INDEX "
	}
	sql := fmt.Sprintf("%sentgraph_probe_%d ON pg_temp.entgraph_probe %s", word, i, def)
	for _, s := range []string{"SAVEPOINT probe", sql} {
		if x.exec(s) != nil {
			_ = x.exec("ROLLBACK TO SAVEPOINT probe") // a connection that is lost shows next
		}
	}
}
