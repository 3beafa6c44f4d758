package entity

import (
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/jackc/pgx/v5/pgconn"
)

// constraint says on which columns of which table a constraint is.
type constraint struct {
	table   string
	columns []string
	unique  bool
}

// constraints names the unique and foreign key constraints as Ent names them.
func constraints(tables []*schema.Table) map[string]constraint {
	out := map[string]constraint{}
	for _, t := range tables {
		for _, c := range t.Columns {
			if c.Unique {
				out[t.Name+"_"+c.Name+"_key"] = constraint{t.Name, []string{c.Name}, true}
			}
		}
		for _, i := range t.Indexes {
			out[i.Name] = constraint{t.Name, names(i.Columns), i.Unique}
		}
		for _, fk := range t.ForeignKeys {
			out[fk.Symbol] = constraint{t.Name, names(fk.Columns), false}
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

// SQLSTATE codes of integrity violations. Source: PostgreSQL manual, appendix A.
const (
	uniqueViolation     = "23505"
	foreignKeyViolation = "23503"
	notNullViolation    = "23502"
	checkViolation      = "23514"
)

// explain turns an integrity violation of a write to e into an [InputError] or a
// [ConflictError]; every other error is returned as it is.
func (g *Graph) explain(e *Entity, err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var moved *sqlgraph.ConstraintError
		if errors.As(err, &moved) {
			// Ent does not take an entity from another owner at the far end of an edge.
			return &ConflictError{Message: "something in a list of this " + e.Name + " belongs to another one already", cause: err}
		}
		return err
	}
	c := g.constraints[pg.ConstraintName]
	switch pg.Code {
	case uniqueViolation:
		fields := g.inputs(e, c)
		return &ConflictError{Fields: fields, Message: taken(e, fields), meets: g.meets(e, c), cause: err}
	case foreignKeyViolation:
		if fields := g.inputs(e, c); len(fields) > 0 && c.table != "" && !stillReferenced(pg) {
			return &InputError{Fields: []FieldError{{Path: []any{"input", fields[0]}, Message: "names something that does not exist"}}, cause: err}
		}
		return &ConflictError{Message: g.stillUsed(e, c), cause: err}
	case notNullViolation:
		path := []any{"input"}
		if name := g.inputOf(e, pg.TableName, pg.ColumnName); name != "" {
			path = append(path, name)
		}
		return &InputError{Fields: []FieldError{{Path: path, Message: "must not be null"}}, cause: err}
	case checkViolation:
		return &InputError{Fields: []FieldError{{Path: []any{"input"}, Message: fmt.Sprintf("breaks the rule %q", pg.ConstraintName)}}, cause: err}
	}
	return err
}

// stillReferenced tells the deletion of a row that others refer to from an insert
// that refers to nothing; Postgres gives both the same code.
func stillReferenced(pg *pgconn.PgError) bool {
	return strings.HasPrefix(pg.Message, "update or delete")
}

func taken(e *Entity, fields []string) string {
	if len(fields) == 0 {
		return "there is such a " + e.Name + " already"
	}
	return fmt.Sprintf("there is a %s with this %s already", e.Name, strings.Join(fields, " and "))
}

func (g *Graph) stillUsed(e *Entity, c constraint) string {
	if user := g.byTable[c.table]; user != nil {
		return fmt.Sprintf("this %s is still used by %s", e.Name, user.Plural)
	}
	return "this " + e.Name + " is still used"
}

// inputs lists the input keys of e that a constraint is about.
func (g *Graph) inputs(e *Entity, c constraint) []string {
	var out []string
	for _, column := range c.columns {
		if name := g.inputOf(e, c.table, column); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// inputOf is the input key of e that sets a column, its own or one of its links.
func (g *Graph) inputOf(e *Entity, table, column string) string {
	for i := range e.Edges {
		edge := &e.Edges[i]
		switch {
		case table == e.Table && edge.Column == column && !edge.OnTarget,
			table == edge.Link && column == edge.LinkTo && edge.Link != "":
			return edge.Input
		}
	}
	if f := e.columns[column]; table == e.Table && f != nil {
		return f.Name
	}
	return ""
}
