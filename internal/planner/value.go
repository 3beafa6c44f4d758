package planner

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// fieldExpr is the SQL of a field under an alias. Its type is one that the generator
// lets a field have, see [entity.Pairs], which checkColumns holds the database to. A
// document is read as its text.
func fieldExpr(alias string, f *entity.Field) string {
	expr := alias + "." + sqltext.Ident(f.Column)
	if f.AsText() {
		return expr + "::text"
	}
	return expr
}

// decodeValue reads a value in Postgres' binary form; see [entity.Kind.Decode].
func decodeValue(b []byte, typ entity.Type) (any, bool) { return typ.Kind().Decode(b) }

// A ValueError says why a value that is stored has no form in the API, such as a time of
// the year 10000 that was written by SQL.
type ValueError struct{ message string }

// Error is for the client.
func (e *ValueError) Error() string { return e.message }

// unfit is a ValueError about a value of a column.
func (c *column) unfit(reason string) *ValueError {
	scalar := c.typ.Scalar()
	switch {
	case c.typ == entity.Enum:
		scalar = "a value of its enum"
	case c.typ == entity.ListOf(entity.Enum):
		scalar = "a list of its enum"
	case c.typ == entity.Custom:
		scalar = c.field.Scalar
	}
	return &ValueError{"the stored value cannot be shown as " + scalar + ": it " + reason}
}

// appendValue writes a value in Postgres' binary form as JSON. With an error nothing is
// written.
func appendValue(dst, b []byte, c *column) ([]byte, *ValueError) {
	if c.typ == entity.ID {
		out, ok := appendID(dst, b, c.entity)
		if !ok {
			return dst, c.unfit("is no id")
		}
		return out, nil
	}
	show := c.typ.Kind().Append
	if c.typ == entity.ListOf(entity.Enum) {
		show = c.field.AppendEnums
	}
	out, unfit := show(dst, b)
	if unfit != "" {
		return dst, c.unfit(unfit)
	}
	return out, nil
}

// value is a value for a computed field, nil for NULL.
func (c *column) value(b []byte) (any, *ValueError) {
	if b == nil {
		return nil, nil
	}
	if c.typ == entity.ID {
		id, ok := decodeID(b, c.entity.Key())
		if !ok {
			return nil, c.unfit("is no id")
		}
		return id.Any(), nil
	}
	v, ok := decodeValue(b, c.typ)
	switch v := v.(type) {
	case float32:
		return float64(v), nil
	case pgtype.Timestamptz:
		return nil, c.unfit("is infinite")
	}
	if !ok {
		return nil, c.unfit("has another form")
	}
	return v, nil
}

// jsonLen is how long a text is as a JSON string, without its quotes.
func jsonLen(s []byte) int {
	n := len(s)
	for _, b := range s {
		switch {
		case b == '"', b == '\\', b == '\n', b == '\t', b == '\r':
			n++
		case b < ' ':
			n += len(`\u0000`) - 1
		}
	}
	return n
}
