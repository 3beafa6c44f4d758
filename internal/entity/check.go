package entity

import (
	"errors"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// Check is a CHECK of the database that follows from the validators of a field. What is written by
// Ent's client meets the validators first; what is written by SQL meets this alone.
type Check struct {
	// Name is that of the constraint, Column the column it is on.
	Name, Column string
	// Message says to a client what the value must be.
	Message string
}

// check finds the CHECK of an error, and the entity whose table has it: of several with one name
// that of the table, which for a partition has another name, or else of what is written.
func (g *Graph) check(e *Entity, pg *pgconn.PgError) (found *Check, at *Entity) {
	for _, other := range g.All() {
		for i := range other.Checks {
			c := &other.Checks[i]
			if c.Name == pg.ConstraintName && (found == nil || other.Table == pg.TableName || other == e && at.Table != pg.TableName) {
				found, at = c, other
			}
		}
	}
	return found, at
}

// broken blames the value of the field, or, when the API does not show it, all that was written.
func (e *Entity) broken(c *Check, cause error) *InputError {
	f := e.FieldByColumn(c.Column)
	if f == nil {
		return &InputError{Fields: []FieldError{{Path: []any{"input"}, Message: "a value of " + e.Name + " that it sets " + c.Message}}, cause: cause}
	}
	return &InputError{Fields: []FieldError{{Path: []any{"input", f.Name}, Message: c.Message}}, cause: cause}
}

// Broken is what a client reads of an error that the database gave because a CHECK of a field does
// not hold, such as in a handwritten mutation; nil for every other error.
func (g *Graph) Broken(err error) *InputError {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != pgerrcode.CheckViolation {
		return nil
	}
	c, at := g.check(nil, pg)
	if c == nil {
		return nil
	}
	return at.broken(c, err)
}
