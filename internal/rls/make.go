package rls

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
)

// Rules are the rules of a graph as database objects.
type Rules struct {
	// Tables lists every table of the schema, all of which have row-level security.
	Tables []string
	// Objects are in an order in which they can be made.
	Objects []Object
}

// Object is a function, trigger or policy.
type Object struct {
	Kind Kind
	// Table is that of a trigger or policy, "" for a function.
	Table string
	Name  string
	// Arguments are the types of those of a function, such as "uuid".
	Arguments string
	// SQL makes the object, without a semicolon.
	SQL string
	// About says what it is for.
	About string
}

// Kind is a kind of object.
type Kind string

// The kinds of objects.
const (
	Function Kind = "function"
	Trigger  Kind = "trigger"
	Policy   Kind = "policy"
)

// Mark is the comment that an object has in the database. It changes with the object, so
// that [Check] needs not compare what Postgres makes of the SQL.
func (o Object) Mark() string {
	sum := sha256.Sum256([]byte(o.SQL))
	return o.About + " Generated; " + hex.EncodeToString(sum[:8]) + "."
}

// Make writes the rules of a graph for its tables: Ent's, with those that the API does not
// show, which are left to the program itself. The order of tables does not matter.
func Make(g *entity.Graph, tables []*schema.Table) Rules {
	byTable := map[string]*entity.Entity{}
	for _, e := range g.Entities() {
		byTable[e.Table] = e
	}
	tables = slices.SortedFunc(slices.Values(tables), func(a, b *schema.Table) int { return strings.Compare(a.Name, b.Name) })
	var r Rules
	var policies []Object
	for _, t := range tables {
		r.Tables = append(r.Tables, t.Name)
		e := byTable[t.Name]
		if e == nil {
			policies = append(policies, outside(g, t.Name)...)
			continue
		}
		for _, f := range e.RuleFuncs() {
			r.Objects = append(r.Objects, function(e, f))
		}
		if len(e.Rules().Sets) > 0 {
			policies = append(policies, sets(e, t)...)
		}
		policies = append(policies, made(e)...)
		policies = append(policies, entityPolicies(e)...)
	}
	r.Objects = append(r.Objects, policies...)
	return r
}

// entityPolicies are one policy for each operation. What is changed or deleted must be
// seen as well: an UPDATE without a condition reads nothing, so that Postgres would not
// ask the policy on reading.
func entityPolicies(e *entity.Entity) []Object {
	p, row, users := e.Rules(), under(sqltext.Ident(e.Table)), e.ViewerKey()
	creates, _ := e.Upfront(p.Creates())
	read := reading.Clause(e, p.Read, row)
	write := func(c rule.Cond) entity.Clause { return writing.Clause(e, c, row) }
	orSystem := func(clauses ...entity.Clause) entity.Clause { return entity.AnyOf(system, entity.AllOf(clauses...)) }
	return []Object{
		policy(e.Table, "read", "SELECT", using(orSystem(read), users), "Who sees a row of "+e.Name+"."),
		policy(e.Table, "create", "INSERT", check(orSystem(write(creates)), users), "Who makes a row of "+e.Name+"."),
		policy(e.Table, "update", "UPDATE", using(orSystem(read, write(p.Updates())), users)+check(orSystem(write(p.Updates())), users), "Who changes a row of "+e.Name+"."),
		policy(e.Table, "delete", "DELETE", using(orSystem(read, write(p.Deletes())), users), "Who deletes a row of "+e.Name+"."),
	}
}

func using(c entity.Clause, users entity.KeyType) string { return " USING (" + text(c, users) + ")" }
func check(c entity.Clause, users entity.KeyType) string {
	return " WITH CHECK (" + text(c, users) + ")"
}

func policy(on, name, command, clauses, about string) Object {
	name = "entgraph_" + name
	return Object{
		Kind: Policy, Table: on, Name: name, About: about,
		SQL: "CREATE POLICY " + sqltext.Ident(name) + " ON " + table(on) + " FOR " + command + clauses,
	}
}

// outside is the policy of a table that the API does not show: links without an entity of
// their own are seen by viewers who see both ends, and belong to those who write one of them; the rest
// is left to the system.
func outside(g *entity.Graph, name string) []Object {
	for _, e := range g.Entities() {
		for i := range e.Edges {
			if edge := &e.Edges[i]; edge.Link == name && edge.ThroughType == nil {
				return link(e, edge)
			}
		}
	}
	return []Object{policy(name, "system", "ALL", using(system, g.ViewerKey())+check(system, g.ViewerKey()), "The program alone reads and writes it.")}
}

func link(e *entity.Entity, edge *entity.Edge) []Object {
	at := under("r0") // the writer's aliases begin with r1
	end := func(of *entity.Entity, column string, c entity.Clause) entity.Clause {
		is := entity.Plain(at(of.ID().Column) + " = " + sqltext.Ident(edge.Link) + "." + sqltext.Ident(column))
		return entity.Exists(table(of.Table)+" r0", entity.AllOf(is, c))
	}
	writes := func(of *entity.Entity) entity.Clause {
		p := of.Rules()
		return writing.Clause(of, rule.Any(p.Creates(), p.Updates()), at)
	}
	seen := entity.AllOf(end(e, edge.LinkFrom, entity.Always), end(edge.Target, edge.LinkTo, entity.Always))
	written := entity.AnyOf(system, entity.AllOf(seen, entity.AnyOf(end(e, edge.LinkFrom, writes(e)), end(edge.Target, edge.LinkTo, writes(edge.Target)))))
	return []Object{
		policy(edge.Link, "read", "SELECT", using(entity.AnyOf(system, seen), e.ViewerKey()), "Who sees both ends sees the link."),
		policy(edge.Link, "create", "INSERT", check(written, e.ViewerKey()), "Who sees both ends and writes one makes the link."),
		policy(edge.Link, "delete", "DELETE", using(written, e.ViewerKey()), "Who sees both ends and writes one deletes the link."),
	}
}

// function answers a rule about an edge from all rows: it runs as its owner, whom no
// policy binds. Its search_path is empty, so that nobody can put other tables before.
func function(e *entity.Entity, f entity.RuleFunc) Object {
	body := text(allRows.Clause(e, f.Cond, func(string) string { return "$1" }), e.ViewerKey())
	argument := f.Argument().SQL()
	return Object{
		Kind: Function, Name: f.Name, Arguments: argument, About: "Whether a rule of " + e.Name + " on " + f.Cond.Name + " holds.",
		SQL: "CREATE FUNCTION public." + sqltext.Ident(f.Name) + "(" + argument + ") RETURNS boolean\n" +
			"  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$SELECT " + body + "$$",
	}
}

// sets is the trigger that keeps the rules on what fields are given. It does nothing for
// who is not bound by the policies.
func sets(e *entity.Entity, t *schema.Table) []Object {
	name := "entgraph_" + e.Table + "_sets"
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE FUNCTION public.%s() RETURNS trigger\n  LANGUAGE plpgsql SET search_path = '' AS $$\nBEGIN\n", sqltext.Ident(name))
	fmt.Fprintf(&b, "  IF NOT row_security_active(TG_RELID) OR coalesce(%s, false) THEN\n    RETURN NEW;\n  END IF;\n", isSystem)
	rules := e.Rules().Sets
	for _, column := range slices.Sorted(maps.Keys(rules)) {
		cond := text(writing.Clause(e, rules[column], under("NEW")), e.ViewerKey())
		fmt.Fprintf(&b, `  IF (CASE TG_OP WHEN 'INSERT' THEN NEW.%[1]s IS DISTINCT FROM %[2]s ELSE NEW.%[1]s IS DISTINCT FROM OLD.%[1]s END)
    AND NOT coalesce(%[3]s, false) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', TABLE = %[4]s, COLUMN = %[5]s,
      MESSAGE = %[6]s;
  END IF;
`, sqltext.Ident(column), defaultOf(t, column), cond, sqltext.Literal(e.Table), sqltext.Literal(column), sqltext.Literal("the rules do not let you set "+e.Table+"."+column))
	}
	b.WriteString("  RETURN NEW;\nEND\n$$")
	about := "Who gives the fields of " + e.Name + " which values."
	return []Object{
		{Kind: Function, Name: name, SQL: b.String(), About: about},
		{Kind: Trigger, Table: e.Table, Name: name, About: about,
			SQL: "CREATE TRIGGER " + sqltext.Ident(name) + " BEFORE INSERT OR UPDATE ON " + table(e.Table) + " FOR EACH ROW EXECUTE FUNCTION public." + sqltext.Ident(name) + "()"},
	}
}

// made is the trigger that asks of a new row, at the end of the transaction, what follows edges that
// are kept in other rows. Who made it is asked at once: the program may do so for itself.
func made(e *entity.Entity) []Object {
	creates := e.Rules().Creates()
	if _, more := e.Upfront(creates); !more {
		return nil
	}
	name := "entgraph_" + e.Table + "_made"
	about := "Who makes a row of " + e.Name + ", when all is written that belongs to it."
	body := fmt.Sprintf(`CREATE FUNCTION public.%s() RETURNS trigger
  LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF NOT coalesce(%s, false) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', TABLE = %s, MESSAGE = %s;
  END IF;
  RETURN NULL;
END
$$`, sqltext.Ident(name), text(writing.Clause(e, creates, under("NEW")), e.ViewerKey()), sqltext.Literal(e.Table), sqltext.Literal("the rules do not let you make this row of "+e.Table))
	return []Object{
		{Kind: Function, Name: name, SQL: body, About: about},
		{Kind: Trigger, Table: e.Table, Name: name, About: about,
			SQL: "CREATE CONSTRAINT TRIGGER " + sqltext.Ident(name) + " AFTER INSERT ON " + table(e.Table) + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW\n" +
				"  WHEN (row_security_active(" + sqltext.Literal(table(e.Table)) + ") AND current_setting('entgraph.system', true) IS DISTINCT FROM 'on')\n" +
				"  EXECUTE FUNCTION public." + sqltext.Ident(name) + "()"},
	}
}

// defaultOf is the constant that a column has when it is given no value, NULL without one.
func defaultOf(t *schema.Table, column string) string {
	for _, c := range t.Columns {
		if c.Name != column {
			continue
		}
		switch v := c.Default.(type) {
		case string, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
			return constant(v)
		}
	}
	return "NULL"
}

// head begins the file of objects.
const head = `-- Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.
-- The access rules as row-level security. It binds every role but the owner of the tables.

`

// SQL prints everything as a file of objects for migrations.
func (r Rules) SQL() string {
	var b strings.Builder
	b.WriteString(head)
	for _, t := range r.Tables {
		fmt.Fprintf(&b, "ALTER TABLE %s ENABLE ROW LEVEL SECURITY;\n", table(t))
	}
	for _, o := range r.Objects {
		fmt.Fprintf(&b, "\n%s;\nCOMMENT ON %s IS %s;\n", o.SQL, o.address(), sqltext.Literal(o.Mark()))
	}
	return b.String()
}

// address is how COMMENT ON names the object.
func (o Object) address() string {
	switch o.Kind {
	case Function:
		return "FUNCTION " + o.signature()
	case Trigger:
		return "TRIGGER " + sqltext.Ident(o.Name) + " ON " + table(o.Table)
	}
	return "POLICY " + sqltext.Ident(o.Name) + " ON " + table(o.Table)
}

// signature is how a statement names the function among others of its name.
func (o Object) signature() string { return table(o.Name) + "(" + o.Arguments + ")" }
