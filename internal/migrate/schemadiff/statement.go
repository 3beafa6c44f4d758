package schemadiff

import (
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// Statement is a statement of a plan with what is known of it. Whoever writes one says what
// others have to know; nobody reads it out of the text again.
type Statement struct {
	// SQL is the statement without semicolon.
	SQL string
	// Notes are the comments on it, for people and for lint: lines that begin with "--".
	Notes []string
	// Waits is whether it waits for whoever uses a table, while others wait behind it. A file
	// with such statements bounds how long they may.
	Waits bool
	// Writes is whether it may change what no [State] tells: rows, or who owns what.
	Writes bool

	adds    string // the value that it adds to an enum, as SQL writes it
	makes   Key    // the schema that it makes
	drops   Key    // the column that it drops
	renames bool   // it gives a column another name
	fills   Key    // the table whose rows it gives values, batch by batch
	inBlock string // what it is in a block of PL/pgSQL, where that is not SQL
}

// String is the statement as a file has it, below its notes.
func (s Statement) String() string {
	return strings.Join(append(slices.Clone(s.Notes), s.SQL), "\n")
}

// Noted is the statement with more notes, above those that it has.
func (s Statement) Noted(notes ...string) Statement {
	s.Notes = slices.Concat(notes, s.Notes)
	return s
}

// losing notes in which rows a value of a column is lost by the statement, because no
// other column says the same. "migrate down" counts them first.
func (s Statement) losing(table, column, condition string) Statement {
	note := sqlfile.Loses + table + "." + sqltext.Ident(column) + " WHERE " + condition
	if strings.Contains(note, "\n") { // a comment is a line
		return s
	}
	return s.Noted(note)
}

// statement is a statement of which nothing has to be known.
func statement(sql string) Statement { return Statement{SQL: sql} }

// query is a SELECT for what it does, not for what it gives.
func query(sql string) Statement {
	return Statement{SQL: "SELECT " + sql, Writes: true, inBlock: "PERFORM " + sql}
}

// writing is a statement that writes rows, or gives rights.
func writing(sql string) Statement { return Statement{SQL: sql, Writes: true} }

// alter changes an object, word is what it is called in SQL. A type waits for the tables
// that have columns of it.
func alter(word, name, action string) Statement {
	return Statement{SQL: "ALTER " + word + " " + name + " " + action, Waits: word == "TABLE" || word == "TYPE"}
}

func createSchema(k Key) Statement {
	return Statement{SQL: "CREATE SCHEMA " + sqltext.Ident(k.Name), makes: k}
}

// addValue adds a value to an enum; where is a clause with a space before it, or "".
func addValue(enum Key, label, where string) Statement {
	s := alter("TYPE", enum.ident(), "ADD VALUE "+sqltext.Literal(label)+where)
	s.adds = sqltext.Literal(label)
	return s
}

func alterTable(table, action string) Statement { return alter("TABLE", table, action) }

func alterColumn(c *Object, action string) Statement {
	return alterTable(c.onTable(), "ALTER COLUMN "+sqltext.Ident(c.Name)+" "+action)
}

func addColumn(c *Object) Statement {
	return alterTable(c.onTable(), "ADD COLUMN "+sqltext.Ident(c.Name)+" "+columnClause(c))
}

// dropColumn drops a column from its table alone, or also from the tables below it.
func dropColumn(k Key, alone bool) Statement {
	table := k.onTable()
	if alone {
		table = "ONLY " + table
	}
	s := alterTable(table, "DROP COLUMN "+sqltext.Ident(k.Name))
	s.drops = k
	return s
}

// renameColumn is for a table as SQL writes it.
func renameColumn(table, from, to string) Statement {
	s := alterTable(table, "RENAME COLUMN "+sqltext.Ident(from)+" TO "+sqltext.Ident(to))
	s.renames = true
	return s
}

// renameIndex is for names as they are.
func renameIndex(schema, from, to string) Statement {
	return alter("INDEX", qualified(schema, from), "RENAME TO "+sqltext.Ident(to))
}

// drop drops an object, word is what it is called in SQL.
func drop(word, name string) Statement {
	return Statement{SQL: "DROP " + word + " " + name, Waits: true}
}

// waiting makes what hangs on a table: a trigger, rule or policy.
func waiting(sql string) Statement { return Statement{SQL: sql, Waits: true} }

// concurrently is how an index is built that keeps nobody waiting.
const concurrently = "CONCURRENTLY "

// buildIndex builds the index that o is, or that its constraint stands on, under a name.
// How is [concurrently] or "".
func buildIndex(o *Object, how, name, def string) Statement {
	word := "INDEX "
	if unique(o) {
		word = "UNIQUE INDEX "
	}
	return Statement{SQL: "CREATE " + word + how + sqltext.Ident(name) + " ON " + o.onTable() + " " + def, Waits: true}
}
