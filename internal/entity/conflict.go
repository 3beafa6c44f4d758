package entity

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// constraint says on which columns of which table a constraint is.
type constraint struct {
	table   string
	columns []string
	unique  bool
}

// Constraint is a unique key, an exclusion or a foreign key of a table or partition, as the database
// has it.
type Constraint struct {
	// Schema and Table are where it is; Root is the table of which that is a partition, or Table.
	Schema, Table, Root string
	// Name is unique in the table.
	Name string
	// Unique: no two rows have the same values in the columns. A foreign key is not.
	Unique bool
	// Columns are in order; none of an index with an expression.
	Columns []string
}

// place is where a constraint is: another table may have one of its name.
type place struct{ schema, table, name string }

// Learn takes constraints whose names are not those that Ent gives. It is for before the first
// write.
func (g *Graph) Learn(all []Constraint) {
	g.learned = map[place]constraint{}
	byName := maps.Clone(g.constraints)
	for _, c := range all {
		known := constraint{c.Root, c.Columns, c.Unique}
		g.learned[place{c.Schema, c.Table, c.Name}] = known
		byName[fmt.Sprintf("%q", []string{c.Schema, c.Table, c.Name})] = known
	}
	g.unique = uniqueColumns(byName)
}

// constraints names the unique and foreign key constraints as Ent names them.
func constraints(tables []*schema.Table) map[string]constraint {
	out := map[string]constraint{}
	for _, t := range tables {
		if len(t.PrimaryKey) > 0 { // which Postgres names, in 63 bytes
			out[t.Name[:min(len(t.Name), 63-len("_pkey"))]+"_pkey"] = constraint{t.Name, names(t.PrimaryKey), true}
		}
		for _, c := range t.Columns {
			if c.Unique {
				out[sqltext.Symbol(t.Name+"_"+c.Name+"_key")] = constraint{t.Name, []string{c.Name}, true}
			}
		}
		for _, i := range t.Indexes {
			out[sqltext.Symbol(i.Name)] = constraint{t.Name, names(i.Columns), i.Unique}
		}
		for _, fk := range t.ForeignKeys {
			out[sqltext.Symbol(fk.Symbol)] = constraint{t.Name, names(fk.Columns), false}
		}
	}
	return out
}

func names(columns []*schema.Column) []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

// refusal turns what the database said of a write to e into an [InputError] or a
// [ConflictError]; every other error is returned as it is. The fields that it names are
// among the values, the keys of the input, nil for a deletion.
func (g *Graph) refusal(e *Entity, values map[string]any, err error) error {
	w := &written{graph: g, entity: e, values: values}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var moved *sqlgraph.ConstraintError
		if errors.As(err, &moved) {
			// Ent does not take an entity from another owner at the far end of an edge.
			fields := w.farEnds()
			return &ConflictError{Fields: fields, Message: w.moved(fields), cause: err}
		}
		return err
	}
	c := g.constraint(e, pg)
	switch pg.Code {
	case pgerrcode.UniqueViolation, pgerrcode.ExclusionViolation:
		return &ConflictError{Fields: w.sent(c), Message: w.taken(c), meets: g.meets(e, c), cause: err}
	case pgerrcode.ForeignKeyViolation:
		if fields := w.sent(c); len(fields) > 0 && c.table != "" && !stillReferenced(pg) {
			return w.bad(err, fields[0], "names something that does not exist")
		}
		return &ConflictError{Message: g.stillUsed(e, c), cause: err}
	case pgerrcode.NotNullViolation:
		return w.bad(err, w.key(pg.TableName, pg.ColumnName), "must not be null")
	case pgerrcode.CheckViolation:
		if pg.ConstraintName == "" {
			return w.bad(err, "", "fits no partition of the table")
		}
		if c, table := g.check(e, pg); c != nil {
			return table.broken(c, err)
		}
		return w.bad(err, "", fmt.Sprintf("breaks the rule %q", pg.ConstraintName))
	}
	if why := postgres.BadValue(err); why != "" && values != nil {
		return w.bad(err, w.suspect(pg, c), why)
	}
	return err
}

// keyColumns are the names before the values in what Postgres adds to its message, in each
// language: Key (name, "Select")=(a, b) already exists.
var keyColumns = regexp.MustCompile(`\(((?:[^"()]|"(?:[^"]|"")*")+)\)=\(`)

// constraint finds the constraint that an error names: as the database has it, else as Ent names it.
// Of one that neither knows, such as one that was made since the program started, Postgres may say the
// columns.
func (g *Graph) constraint(e *Entity, pg *pgconn.PgError) constraint {
	if c, known := g.learned[place{pg.SchemaName, pg.TableName, pg.ConstraintName}]; known {
		return c
	}
	c, known := g.constraints[pg.ConstraintName]
	m := keyColumns.FindStringSubmatch(pg.Detail)
	if known || m == nil {
		return c
	}
	c = constraint{table: pg.TableName, unique: pg.Code == pgerrcode.UniqueViolation}
	for _, name := range nameInKey.FindAllString(m[1], -1) {
		c.columns = append(c.columns, sqltext.Unquote(name))
	}
	if g.byTable[c.table] == nil && !g.isLink(c.table) {
		c.table = e.Table // of which it is a partition
	}
	return c
}

var nameInKey = regexp.MustCompile(sqltext.Name)

// isLink reports whether a table holds the links of an edge.
func (g *Graph) isLink(table string) bool {
	return slices.ContainsFunc(g.entities, func(e *Entity) bool {
		return slices.ContainsFunc(e.Edges, func(edge Edge) bool { return edge.Link == table })
	})
}

// written is a write that the database refused.
type written struct {
	graph  *Graph
	entity *Entity
	values map[string]any
}

// bad blames the value of a key, or the whole input when it is "".
func (w *written) bad(cause error, key, message string) error {
	path := []any{"input"}
	if key != "" {
		path = append(path, key)
	}
	return &InputError{Fields: []FieldError{{Path: path, Message: message}}, cause: cause}
}

// suspect is the key whose value the database did not take: that of the column or the
// constraint that it names, else the only one that was sent.
func (w *written) suspect(pg *pgconn.PgError, c constraint) string {
	if key := w.key(pg.TableName, pg.ColumnName); key != "" {
		return key
	}
	if fields := w.sent(c); len(fields) > 0 {
		return fields[0]
	}
	if len(w.values) == 1 {
		for key := range w.values {
			return key
		}
	}
	return ""
}

// sent lists the keys of the input that a constraint is about.
func (w *written) sent(c constraint) []string {
	var out []string
	for _, column := range c.columns {
		if key := w.key(c.table, column); key != "" {
			out = append(out, key)
		}
	}
	return out
}

// key is the key of the input that sets a column, "" when none did.
func (w *written) key(table, column string) string {
	for _, key := range w.graph.inputOf(w.entity, table, column) {
		if _, ok := w.values[key]; ok && key != "" {
			return key
		}
	}
	return ""
}

// farEnds lists the keys by which foreign keys of other rows were set, when only one was.
func (w *written) farEnds() []string {
	var out []string
	for i := range w.entity.Edges {
		edge := &w.entity.Edges[i]
		for _, key := range []string{edge.Input, edge.AddInput} {
			if _, ok := w.values[key]; ok && (edge.OnTarget || edge.partner != nil) {
				out = append(out, key)
			}
		}
	}
	if len(out) != 1 {
		return nil
	}
	return out
}

// moved says that something at the far end of an edge, of the only key that it may be, belongs
// to another entity.
func (w *written) moved(key []string) string {
	for i := range w.entity.Edges {
		if edge := &w.entity.Edges[i]; len(key) == 1 && edge.Input == key[0] && edge.Unique {
			return "this " + edge.Target.Name + " belongs to another " + w.entity.Name + " already"
		}
	}
	return "something in a list of this " + w.entity.Name + " belongs to another one already"
}

// taken says what there is already. It names all that has to be unique together, also
// what this input keeps.
func (w *written) taken(c constraint) string {
	e := w.entity
	if c.table != "" && c.table != e.Table {
		return "something in a list of this " + e.Name + " is in it already"
	}
	var fields []string
	for _, column := range c.columns {
		if keys := w.graph.inputOf(e, c.table, column); len(keys) > 0 && keys[0] != "" {
			fields = append(fields, keys[0])
		}
	}
	if len(fields) == 0 {
		return "this " + e.Name + " exists already"
	}
	return fmt.Sprintf("there is %s with this %s already", AnyOne(e.Name), strings.Join(fields, " and "))
}

// stillReferenced tells the deletion of a row that others refer to from an insert
// that refers to nothing; Postgres gives both the same code.
func stillReferenced(pg *pgconn.PgError) bool {
	return strings.HasPrefix(pg.Message, "update or delete")
}

func (g *Graph) stillUsed(e *Entity, c constraint) string {
	if user := g.byTable[c.table]; user != nil {
		return fmt.Sprintf("this %s is still used by %s", e.Name, user.Plural)
	}
	return "this " + e.Name + " is still used"
}

// inputOf lists the input keys of e that set a column, its own or one of its links.
func (g *Graph) inputOf(e *Entity, table, column string) []string {
	for i := range e.Edges {
		edge := &e.Edges[i]
		switch {
		case table == e.Table && edge.Column == column && !edge.OnTarget,
			table == edge.Link && column == edge.LinkTo && edge.Link != "":
			return []string{edge.Input, edge.AddInput}
		}
	}
	if f := e.columns[column]; table == e.Table && f != nil {
		return []string{f.Name}
	}
	return nil
}
