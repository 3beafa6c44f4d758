package schemadiff

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// ErrExpand is wrapped by errors about what Options.Expand cannot do while old and new
// programs run.
var ErrExpand = errors.New("cannot be done while old and new programs run")

// expander plans a change in two stages. The first adds: what is new, a second column
// beside each one that gets another name or type, with a trigger that keeps both in
// step, and a view under the old name of each renamed table. The second, the contract,
// takes away what only old programs use.
type expander struct {
	*way
	tables  []pairing
	columns []*expansion
	copies  []indexCopy
}

// pairing is a table's old and new key.
type pairing struct{ from, to Key }

// expansion is a column that exists twice for a time.
type expansion struct {
	old, new *Object // as it is and as it is to be, both with the table's new name
	was      Key     // its table, by the name before the change
	// helper is the name of the column beside the old one: the new name, or where that is
	// the old one, another until the contract.
	helper string
	// retype is whether the contract keeps the second column. For a new name alone it
	// keeps the first and renames it, so that all that stands on it stays.
	retype      bool
	using, back string // casts; "" is Postgres' own way
	others      []string
	// now are names that others have meanwhile, by those that casts call them by.
	now         map[string]string
	sync, check string
}

// planExpand plans in two stages where something gets another name or type, else as
// usual.
func (w *way) planExpand(start *State) ([]File, []*State, error) {
	x := &expander{way: w}
	if err := x.find(); err != nil {
		return nil, nil, err
	}
	if len(x.tables)+len(x.columns) == 0 {
		return w.plan(start)
	}
	files, states, err := x.expand(start)
	if err != nil {
		return nil, nil, err
	}
	last := len(states) - 1
	more, after, err := x.contract(states[last])
	return append(files, more...), append(states[:last], after...), err
}

// find decides what is renamed and cast. Tables are renamed at once.
func (x *expander) find() error {
	for range 5 {
		statements, err := x.renameRelations()
		if err != nil {
			return err
		}
		if len(x.open) > 0 || len(statements) == 0 {
			break
		}
		if err := x.renameTables(statements); err != nil {
			return err
		}
	}
	if err := x.findRenamed(); err != nil {
		return err
	}
	if len(x.open) > 0 {
		return &UndecidedError{x.open}
	}
	if err := x.findRetyped(); err != nil {
		return err
	}
	if len(x.open) > 0 {
		return &UndecidedError{x.open}
	}
	for _, e := range x.columns {
		if err := x.accept(e); err != nil {
			return err
		}
	}
	return nil
}

// renameTables runs renames and puts a view in place of each table.
func (x *expander) renameTables(statements []Statement) error {
	var renamed []pairing
	for _, to := range slices.SortedFunc(maps.Keys(x.renamed), compareKeys) {
		from := x.renamed[to]
		if from.Kind != Table {
			return fmt.Errorf("rename %s %s to %s: %w: it has one name at a time; rename it in a migration of its own, when no program uses it any more", from.Kind, from, to.Name, ErrExpand)
		}
		if !slices.Contains(x.tables, pairing{from, to}) {
			renamed = append(renamed, pairing{from, to})
		}
	}
	slices.SortFunc(renamed, func(a, b pairing) int { return compareKeys(a.from, b.from) })
	x.tables = append(x.tables, renamed...)
	for _, t := range renamed {
		with := ""
		if o := x.from.Objects[t.from]; o != nil && o.Attr.Security {
			with = " WITH (security_invoker = true)" // the policies see the user who asks; from Postgres 15 on
		}
		statements = append(statements, statement("CREATE VIEW "+t.from.ident()+with+" AS SELECT * FROM "+t.to.ident()))
	}
	return x.begin(statements)
}

// findRenamed finds the columns with another name, and refuses values with one.
func (x *expander) findRenamed() error {
	known := maps.Clone(x.renamed)
	if _, err := x.renameColumns(); err != nil {
		return err
	}
	for _, c := range x.to.of(Column) {
		from, ok := x.renamed[c.Key]
		if _, old := known[c.Key]; !ok || old {
			continue
		}
		x.columns = append(x.columns, &expansion{old: x.from.Objects[from], new: c, helper: c.Name})
	}
	statements, err := x.renameLabels()
	if err != nil || len(x.open) > 0 {
		return err
	}
	if len(statements) > 0 {
		return fmt.Errorf("%s: %w: a value has one name; add the new one beside it, change the rows when all programs know it, then remove the old one", statements[0].SQL, ErrExpand)
	}
	if statements, err = x.renameAttributes(); err != nil || len(x.open) > 0 {
		return err
	}
	if len(statements) > 0 {
		return fmt.Errorf("%s: %w: an attribute has one name; give the columns a new type instead, or do it without expand and contract", statements[0].SQL, ErrExpand)
	}
	for _, kind := range []Kind{Enum, Domain, Composite} {
		for _, t := range x.to.of(kind) {
			old := x.from.Objects[t.Key]
			if old == nil || kind == Composite && !x.stored(t.Key, Column) || sameDef(old, t) {
				continue
			}
			if x.swap(old, t) || len(attributes(old, t)) > 0 {
				return fmt.Errorf("change %s %s: %w: all columns of it would be rewritten; give the columns a new type instead, or do it without expand and contract", kind, t.Key, ErrExpand)
			}
		}
	}
	return nil
}

// findRetyped finds the columns whose type cannot change in place.
func (x *expander) findRetyped() error {
	for _, c := range x.to.of(Column) {
		i := slices.IndexFunc(x.columns, func(e *expansion) bool { return e.new == c })
		old := x.from.Objects[c.Key]
		if i >= 0 {
			old = x.columns[i].old
		}
		if old == nil || old.Generate != "" || c.Generate != "" || old.Type == c.Type && old.Collation == c.Collation {
			continue
		}
		using, err := x.using(old, c)
		if err != nil {
			return err
		}
		if heavy, err := x.rewrites(old, c, using); err != nil || !heavy {
			if err != nil {
				return err
			}
			continue
		}
		back, err := x.usingBack(old, c)
		if err != nil {
			return err
		}
		if i < 0 {
			x.columns = append(x.columns, &expansion{old: old, new: c})
			i = len(x.columns) - 1
			x.columns[i].helper = x.free(c.table(), sqltext.Cut(c.Name, "_new"))
		}
		e := x.columns[i]
		e.retype, e.using, e.back = true, using, back
	}
	return nil
}

// free gives a name that no column of a table has.
func (x *expander) free(table Key, name string) string {
	for x.from.Objects[table.column(name)] != nil || x.to.Objects[table.column(name)] != nil {
		name = sqltext.Cut(name, "_")
	}
	return name
}

// usingBack decides how values of the new type become those of the old one.
func (x *expander) usingBack(old, c *Object) (string, error) {
	names := x.names(c.Key)
	for range 2 {
		if v, ok := x.lookup(backs, flagBack, names...); ok {
			return v, nil
		}
		was, now := *old, *c
		was.Name, was.Key.Table = c.Name, c.Table
		expr, how := x.cast(&now, &was)
		if how != silently {
			return expr, nil
		}
		q := Question{
			Text:    fmt.Sprintf("column %s is kept as %s for old programs: how are values of the type %s converted to that?", names[0], old.Type, c.Type),
			Choices: []string{choice(flagBack, names[0], expr)},
		}
		if err := x.question(q); err != nil || x.ask == nil {
			return "", err
		}
	}
	return "", fmt.Errorf("decide about %s: the answer is about something else", names[0])
}

// rewrites reports whether a change of type rewrites the table or its indexes. It
// asks Postgres, with a copy of the table.
func (x *expander) rewrites(old, c *Object, using string) (rewrites bool, err error) {
	if old.Type == c.Type { // another collation
		used := closure(x.from, []Key{old.Key})
		return slices.ContainsFunc(slices.Collect(maps.Keys(used)), func(k Key) bool { return k.Kind == Index || k.Kind == Constraint }), nil
	}
	err = x.aside(func() error {
		was := *c
		was.Type, was.Collation, was.Default, was.NotNull, was.Identity = old.Type, old.Collation, "", false, ""
		was.Schema, was.Key.Table = "pg_temp", "entgraph_probe"
		if err := x.exec("CREATE TEMP TABLE entgraph_probe (LIKE " + c.onTable() + ")"); err != nil {
			return err
		}
		if old.Name != c.Name {
			if err := x.exec("ALTER TABLE pg_temp.entgraph_probe RENAME COLUMN " + sqltext.Ident(old.Name) + " TO " + sqltext.Ident(c.Name)); err != nil {
				return err
			}
		}
		var before, after string
		const node = "SELECT pg_relation_filenode('pg_temp.entgraph_probe'::regclass)::text"
		if err := x.scan(&before, node); err != nil {
			return err
		}
		sql := "ALTER TABLE pg_temp.entgraph_probe ALTER COLUMN " + sqltext.Ident(c.Name) + " TYPE " + c.Type
		if using != "" {
			sql += " USING " + using
		}
		// A type that is not there yet, or a wrong cast, shows later.
		if x.exec(sql) != nil {
			rewrites = true
			return nil
		}
		err := x.scan(&after, node)
		rewrites = before != after
		return err
	})
	return rewrites, err
}

// accept refuses columns that a trigger cannot keep in step, and names the helpers.
func (x *expander) accept(e *expansion) error {
	table := sqltext.Literal(e.new.onTable()) + "::regclass"
	var why string
	err := x.scan(&why, `SELECT CASE
	WHEN EXISTS (SELECT FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid
		WHERE (p.partrelid = `+table+` OR p.partrelid IN (SELECT relid FROM pg_partition_tree(`+table+`))) AND a.attname = `+sqltext.Literal(e.old.Name)+` AND (a.attnum = ANY (p.partattrs) OR p.partexprs IS NOT NULL))
		THEN 'it may be part of the partition key'
	WHEN EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = `+table+` AND NOT c.relispartition)
		THEN 'other tables inherit it'
	ELSE '' END`)
	if err != nil {
		return err
	}
	if why == "" && e.retype {
		why = x.computedFrom(e)
	}
	if why != "" {
		return fmt.Errorf("change column %s: %w: %s; do it without expand and contract", e.old.Key, ErrExpand, why)
	}
	e.was = e.new.table()
	for _, t := range x.tables {
		if t.to == e.was {
			e.was = t.from
		}
	}
	e.sync = sqltext.Cut(e.new.Table+"_"+e.old.Name, "_sync")
	if e.retype && e.old.NotNull && e.new.NotNull {
		e.check = sqltext.Cut(e.new.Table+"_"+e.helper, "_not_null")
	}
	for _, o := range x.from.on(e.new.table(), Column) {
		if o.Name != e.old.Name && o.Name != e.new.Name {
			e.others = append(e.others, o.Name)
		}
	}
	return nil
}

// computedFrom says which stored column is computed from one that gets another type. It
// would be computed again in the contract, for which Postgres rewrites the table while
// nobody can use it: it turns no plain column into a computed one.
func (x *expander) computedFrom(e *expansion) string {
	for _, c := range x.from.on(e.old.table(), Column) {
		if c.Generate == "s" && slices.Contains(c.Needs, e.old.Key) && x.to.Objects[c.Key] != nil {
			return fmt.Sprintf("column %s is computed from it, and Postgres would rewrite the whole table to compute it again; drop that column in an earlier migration and add it in a later one", c.Key)
		}
	}
	return ""
}
