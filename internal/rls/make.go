package rls

import (
	"cmp"
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
	// Tables lists every table of the schema, all of which have row-level security but those of
	// Unsecured.
	Tables, Unsecured []Relation
	// Views lists what is only read. Row-level security is not for views: they show what
	// their owner sees, and the planner asks the rules of their entities.
	Views []Relation
	// External lists tables that belong to others, who say what binds whom there.
	External []Relation
	// Types lists the schemas of enums, without public.
	Types []string
	// Objects are in an order in which they can be made.
	Objects []Object
}

// Object is a function, trigger or policy.
type Object struct {
	Kind Kind
	// Table is that of a trigger or policy, none for a function.
	Table Relation
	Name  string
	// Arguments are the types of those of a function, such as "uuid".
	Arguments string
	// SQL makes the object, without a semicolon.
	SQL string
	// About says what it is for.
	About string
}

// Relation is a table or view.
type Relation struct {
	// Schema is "" for public.
	Schema, Name string
}

// String is the name for people: with the schema unless that is public.
func (r Relation) String() string {
	if r.Schema == "" || r.Schema == sqltext.Public {
		return r.Name
	}
	return r.Schema + "." + r.Name
}

// sql is the name in statements.
func (r Relation) sql() string { return sqltext.Table(r.Schema, r.Name) }

// keys are names as the catalog of Check has them.
func keys(list ...[]Relation) []string {
	out := []string{}
	for _, r := range slices.Concat(list...) {
		out = append(out, sqltext.Ident(cmp.Or(r.Schema, sqltext.Public), r.Name))
	}
	return out
}

// relations are names as [sqltext.Table] writes them.
func relations(list ...[]Relation) []string {
	out := []string{}
	for _, r := range slices.Concat(list...) {
		out = append(out, r.sql())
	}
	return out
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
// show, which are left to the program itself, and without any for the tables of the names unsecured.
// The order of tables does not matter.
func Make(g *entity.Graph, tables []*schema.Table, unsecured ...string) Rules {
	byTable := map[string]*entity.Entity{}
	for _, e := range g.All() {
		byTable[e.Table] = e
	}
	tables = slices.SortedFunc(slices.Values(tables), func(a, b *schema.Table) int { return strings.Compare(a.Name, b.Name) })
	r := elsewhere(g)
	var policies []Object
	for _, t := range tables {
		at := Relation{t.Schema, t.Name}
		r.Tables = append(r.Tables, at)
		e := byTable[t.Name]
		switch {
		case slices.Contains(unsecured, t.Name):
			r.Unsecured = append(r.Unsecured, at)
			continue
		case e == nil:
			policies = append(policies, outside(g, at)...)
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

// elsewhere are the rules of a graph without those on its own tables.
func elsewhere(g *entity.Graph) (r Rules) {
	for _, e := range g.Entities() {
		switch at := place(e); e.Place {
		case entity.View:
			r.Views = append(r.Views, at)
		case entity.External:
			r.External = append(r.External, at)
			continue // whose owner says who uses its types
		}
		for i := range e.Fields {
			if schema := e.Fields[i].TypeSchema(); schema != sqltext.Public && schema != "" && !slices.Contains(r.Types, schema) {
				r.Types = append(r.Types, schema)
			}
		}
	}
	return r
}

func place(e *entity.Entity) Relation { return Relation{e.Schema, e.Table} }

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
		policy(place(e), "read", "SELECT", using(orSystem(read), users), "Who sees a row of "+e.Name+"."),
		policy(place(e), "create", "INSERT", check(orSystem(write(creates)), users), "Who makes a row of "+e.Name+"."),
		policy(place(e), "update", "UPDATE", using(orSystem(read, write(p.Updates())), users)+check(orSystem(write(p.Updates())), users), "Who changes a row of "+e.Name+"."),
		policy(place(e), "delete", "DELETE", using(orSystem(read, write(p.Deletes())), users), "Who deletes a row of "+e.Name+"."),
	}
}

func using(c entity.Clause, users entity.KeyType) string { return " USING (" + text(c, users) + ")" }
func check(c entity.Clause, users entity.KeyType) string {
	return " WITH CHECK (" + text(c, users) + ")"
}

func policy(on Relation, name, command, clauses, about string) Object {
	name = "entgraph_" + name
	return Object{
		Kind: Policy, Table: on, Name: name, About: about,
		SQL: "CREATE POLICY " + sqltext.Ident(name) + " ON " + on.sql() + " FOR " + command + clauses,
	}
}

// outside is the policy of a table that the API does not show: links without an entity of
// their own are seen by viewers who see both ends, and belong to those who write one of them; the rest
// is left to the system.
func outside(g *entity.Graph, at Relation) []Object {
	for _, e := range g.Entities() {
		for i := range e.Edges {
			if edge := &e.Edges[i]; edge.Link == at.Name && edge.ThroughType == nil {
				return link(at, e, edge)
			}
		}
	}
	return []Object{policy(at, "system", "ALL", using(system, g.ViewerKey())+check(system, g.ViewerKey()), "The program alone reads and writes it.")}
}

func link(on Relation, e *entity.Entity, edge *entity.Edge) []Object {
	at := under("r0") // the writer's aliases begin with r1
	end := func(of *entity.Entity, column string, c entity.Clause) entity.Clause {
		is := entity.Plain(at(of.ID().Column) + " = " + sqltext.Ident(edge.Link) + "." + sqltext.Ident(column))
		return entity.Exists(of.Relation()+" r0", entity.AllOf(is, c))
	}
	writes := func(of *entity.Entity) entity.Clause {
		p := of.Rules()
		return writing.Clause(of, rule.Any(p.Creates(), p.Updates()), at)
	}
	seen := entity.AllOf(end(e, edge.LinkFrom, entity.Always), end(edge.Target, edge.LinkTo, entity.Always))
	written := entity.AnyOf(system, entity.AllOf(seen, entity.AnyOf(end(e, edge.LinkFrom, writes(e)), end(edge.Target, edge.LinkTo, writes(edge.Target)))))
	return []Object{
		policy(on, "read", "SELECT", using(entity.AnyOf(system, seen), e.ViewerKey()), "Who sees both ends sees the link."),
		policy(on, "create", "INSERT", check(written, e.ViewerKey()), "Who sees both ends and writes one makes the link."),
		policy(on, "delete", "DELETE", using(written, e.ViewerKey()), "Who sees both ends and writes one deletes the link."),
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
			"  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS " + quoted("SELECT "+body),
	}
}

// triggered makes the function of a trigger.
func triggered(name, body string) string {
	return "CREATE FUNCTION public." + sqltext.Ident(name) + "() RETURNS trigger\n  LANGUAGE plpgsql SET search_path = '' AS " + quoted(body)
}

// quoted is the body of a function as a constant. What rules compare with may have dollars in it.
func quoted(body string) string {
	quote := "$$"
	for n := 0; strings.Contains(body, quote); n++ {
		quote = fmt.Sprintf("$rule%d$", n)
	}
	return quote + body + quote
}

// sets is the trigger that keeps the rules on what fields are given. It does nothing for
// who is not bound by the policies.
func sets(e *entity.Entity, t *schema.Table) []Object {
	name := sqltext.Short("entgraph_"+e.Table, "_sets")
	var b strings.Builder
	fmt.Fprintf(&b, "\nBEGIN\n  IF NOT row_security_active(TG_RELID) OR coalesce(%s, false) THEN\n    RETURN NEW;\n  END IF;\n", isSystem)
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
	b.WriteString("  RETURN NEW;\nEND\n")
	about := "Who gives the fields of " + e.Name + " which values."
	return []Object{
		{Kind: Function, Name: name, SQL: triggered(name, b.String()), About: about},
		{Kind: Trigger, Table: place(e), Name: name, About: about,
			SQL: "CREATE TRIGGER " + sqltext.Ident(name) + " BEFORE INSERT OR UPDATE ON " + e.Relation() + " FOR EACH ROW EXECUTE FUNCTION public." + sqltext.Ident(name) + "()"},
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
	body := fmt.Sprintf(`
BEGIN
  IF NOT coalesce(%s, false) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', TABLE = %s, MESSAGE = %s;
  END IF;
  RETURN NULL;
END
`, text(writing.Clause(e, creates, under("NEW")), e.ViewerKey()), sqltext.Literal(e.Table), sqltext.Literal("the rules do not let you make this row of "+e.Table))
	return []Object{
		{Kind: Function, Name: name, SQL: triggered(name, body), About: about},
		{Kind: Trigger, Table: place(e), Name: name, About: about,
			SQL: "CREATE CONSTRAINT TRIGGER " + sqltext.Ident(name) + " AFTER INSERT ON " + e.Relation() + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW\n" +
				"  WHEN (row_security_active(" + sqltext.Literal(e.Relation()) + ") AND current_setting('entgraph.system', true) IS DISTINCT FROM 'on')\n" +
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
		if slices.Contains(r.Unsecured, t) {
			continue
		}
		fmt.Fprintf(&b, "ALTER TABLE %s ENABLE ROW LEVEL SECURITY;\n", t.sql())
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
		return "TRIGGER " + sqltext.Ident(o.Name) + " ON " + o.Table.sql()
	}
	return "POLICY " + sqltext.Ident(o.Name) + " ON " + o.Table.sql()
}

// signature is how a statement names the function among others of its name.
func (o Object) signature() string { return sqltext.Table("", o.Name) + "(" + o.Arguments + ")" }
