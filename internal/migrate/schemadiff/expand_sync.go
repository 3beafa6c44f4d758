package schemadiff

import (
	"fmt"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// follow makes the function of the trigger that keeps two columns in step, whichever of
// them a program writes. Create is "CREATE", or "CREATE OR REPLACE".
//
// An INSERT names one of them: the other one has its default then, or no value. So the
// new column counts where it has anything else, and otherwise the old one. An UPDATE
// changes one; where it changes both the new one counts. A value that says the same in
// the other type is left alone: a cast there and back may lose digits.
//
// The name comes last in the order of triggers, so that what others set is seen. There
// is no recursion, because the row is changed before it is written.
func (e *expansion) follow(create string) Statement {
	old, now := "NEW."+sqltext.Ident(e.old.Name), "NEW."+sqltext.Ident(e.helper)
	forward, back := e.eval(e.using, "NEW", e.old.Name), e.eval(e.back, "NEW", e.helper)
	unset := "NULL"
	if d := e.constant(); d != "" {
		unset = "(" + d + ")::" + e.new.Type
	}
	return statement(create + ` FUNCTION ` + e.function() + ` RETURNS trigger LANGUAGE plpgsql SET search_path TO 'public' AS $sync$
#variable_conflict use_column
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF ` + differs(now, unset) + ` THEN
      ` + old + ` := ` + back + `;
    ELSE
      ` + now + ` := ` + forward + `;
    END IF;
  ELSIF ` + differs(now, "OLD."+sqltext.Ident(e.helper)) + ` THEN
    IF ` + differs(forward, now) + ` THEN
      ` + old + ` := ` + back + `;
    END IF;
  ELSIF ` + differs(old, "OLD."+sqltext.Ident(e.old.Name)) + ` OR ` + now + ` IS NULL THEN
    ` + now + ` := ` + forward + `;
  END IF;
  RETURN NEW;
END
$sync$`)
}

func (e *expansion) function() string { return qualified(e.new.Schema, e.sync) + "()" }

func (e *expansion) createTrigger() Statement {
	return waiting("CREATE TRIGGER " + sqltext.Ident(e.trigger()) + " BEFORE INSERT OR UPDATE ON " + e.table() +
		" FOR EACH ROW EXECUTE FUNCTION " + e.function())
}

func (e *expansion) trigger() string { return sqltext.Cut("zz_"+e.new.Table+"_"+e.old.Name, "_sync") }

// differs compares texts, which every type has; json has no equality.
func differs(a, b string) string {
	return fmt.Sprintf(`%s::text COLLATE "C" IS DISTINCT FROM %s::text`, a, b)
}

// eval gives the cast of a column of a row. The expression may call the column by its
// old or new name.
func (e *expansion) eval(expr, row, column string) string {
	return e.evalValue(expr, row, row+"."+sqltext.Ident(column))
}

// evalValue gives the cast of a value; other columns are those of the row.
func (e *expansion) evalValue(expr, row, value string) string {
	if expr == "" {
		return value
	}
	fields := []string{value + " AS " + sqltext.Ident(e.new.Name)}
	if e.old.Name != e.new.Name {
		fields = append(fields, value+" AS "+sqltext.Ident(e.old.Name))
	}
	for _, other := range e.others {
		if strings.Contains(expr, other) { // what it does not name it does not need
			field := row + "." + sqltext.Ident(other)
			if now := e.now[other]; now != "" {
				field = row + "." + sqltext.Ident(now) + " AS " + sqltext.Ident(other)
			}
			fields = append(fields, field)
		}
	}
	return "(SELECT " + expr + " FROM (SELECT " + strings.Join(fields, ", ") + ") AS " + sqltext.Ident(e.new.Table) + ")"
}

// fill is the update that fills the second column, up to its last condition.
func (e *expansion) fill() string {
	value := e.eval(e.using, sqltext.Ident(e.new.Table), e.old.Name)
	return fmt.Sprintf("UPDATE %s AS %s SET %s = %s\n    WHERE %[3]s IS NULL AND %[2]s.%[5]s IS NOT NULL",
		e.table(), sqltext.Ident(e.new.Table), sqltext.Ident(e.helper), value, sqltext.Ident(e.old.Name))
}
