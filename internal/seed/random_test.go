package seed

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
)

var (
	firstSchema = flag.Uint64("schema.first", 1, "number of the first random schema")
	schemas     = flag.Int("schema.count", 12, "how many random schemas are filled")
)

// TestRandomSchemas fills random schemas: Postgres takes every row, every value passes the
// validator of its field, and no table is empty but for what its keys leave no room for.
func TestRandomSchemas(t *testing.T) {
	t.Parallel()
	for i := range *schemas {
		n := *firstSchema + uint64(i)
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			g := &random{Rand: rand.New(rand.NewPCG(n, 7)), valid: map[string]func(string) error{}}
			o := g.schema()
			o.Number = n
			db := open(t, o.Tables)
			write(t, db, o)
			for _, e := range o.Tables {
				g.inspect(t, db, e)
			}
		})
	}
}

// random makes schemas.
type random struct {
	*rand.Rand
	valid map[string]func(string) error // by table.column, on the text of the value
}

func (g *random) chance(share float64) bool { return g.Float64() < share }

func (g *random) schema() Options {
	var o Options
	for i := range 2 + g.IntN(6) {
		name := pickOne(g, "users", "products", "orders", "things", "posts", "cities") + fmt.Sprint(i)
		e := made(name)
		id := entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)
		if g.chance(0.2) {
			id = entity.IDField[any, int](nil, "id", entity.Int64Key)
			e = schema.NewTable(name).AddPrimary(&schema.Column{Name: "id", Type: field.TypeInt, Increment: true})
		}
		en := entity.Entity{Name: name, Table: name, Fields: []entity.Field{id}}
		checks := map[string]string{}
		for j := range 1 + g.IntN(7) {
			en.Fields = append(en.Fields, g.field(e, j, checks))
		}
		e.Annotation = &entsql.Annotation{Checks: checks}
		g.refer(e, append(o.Tables, e))
		o.Tables, o.Entities = append(o.Tables, e), append(o.Entities, en)
	}
	if last := o.Tables[len(o.Tables)-1]; g.chance(0.5) { // a circle
		refer(o.Tables[0], "circle_id", last, null)
	}
	g.Shuffle(len(o.Tables), func(i, j int) { o.Tables[i], o.Tables[j] = o.Tables[j], o.Tables[i] })
	return o
}

func pickOne[T any](g *random, values ...T) T { return values[g.IntN(len(values))] }

// refer adds foreign keys to tables so far, the table itself among them.
func (g *random) refer(e *schema.Table, tables []*schema.Table) {
	var columns []string
	for i := range g.IntN(3) {
		to := pickOne(g, tables...)
		column := fmt.Sprintf("ref%d_id", i)
		var change []func(*schema.Column) *schema.Column
		if to == e || g.chance(0.3) {
			change = append(change, null)
		}
		if g.chance(0.2) {
			change = append(change, unlike)
		}
		refer(e, column, to, change...)
		columns = append(columns, column)
	}
	if len(columns) > 1 && g.chance(0.5) {
		together(e, columns...)
	}
}

// field adds a column with a validator, sometimes one that is repeated as a CHECK, a
// unique key or both.
func (g *random) field(e *schema.Table, j int, checks map[string]string) entity.Field {
	name := pickOne(g, "name", "title", "email", "slug", "code", "price", "body", "count", "rating", "started_at", "url", "phone", "state") + fmt.Sprint(j)
	if g.chance(0.7) {
		name = strings.TrimRight(name, "0123456789") + pickOne(g, "", "_name", "_url") // may be there already
		if e.HasColumn(name) {
			name += fmt.Sprint(j)
		}
	}
	c := &schema.Column{Name: name}
	e.AddColumn(c)
	var flags entity.Flags
	if c.Nullable = g.chance(0.3); c.Nullable {
		flags = entity.Nullable
	}
	key := e.Name + "." + name
	switch g.IntN(7) {
	case 0:
		c.Type = field.TypeInt
		low, high := g.IntN(50), 60+g.IntN(5000)
		check := func(n int) error { return bounded(n >= low && n <= high, key) }
		if g.chance(0.5) {
			checks[e.Name+"_"+name] = fmt.Sprintf(`"%s" BETWEEN %d AND %d`, name, low, high)
		}
		g.valid[key] = func(s string) error { var n int; fmt.Sscan(s, &n); return check(n) }
		return entity.IntField(name, name, entity.Int, flags, &check)
	case 1:
		c.Type = field.TypeFloat64
		check := func(f float64) error { return bounded(f >= 0, key) }
		return entity.FloatField(name, name, flags, &check)
	case 2:
		c.Type = field.TypeTime
		return entity.TimeField(name, name, flags)
	case 3:
		c.Type = field.TypeBool
		return entity.BoolField(name, name, flags)
	case 4:
		c.Type, c.Enums = field.TypeEnum, []string{"ON", "OFF", "BROKEN"}
		checks[e.Name+"_"+name] = fmt.Sprintf(`"%s" IN ('ON', 'OFF')`, name)
		return entity.EnumField(name, name, flags, func(s string) error { return bounded(s == "ON" || s == "OFF" || s == "BROKEN", key) })
	case 5:
		c.Type = field.TypeString
		pattern := pickOne(g, `^[a-z][a-z0-9_-]{2,30}$`, `^[A-Z]{2}$`, `^[A-Z]{3}-[0-9]{4}$`, `^\S+@\S+$`, `^https?://`, `^[0-9]{5}$`, `^#[0-9a-f]{6}$`, `^\+[0-9]{8,15}$`, `^[0-9a-f]{64}$`)
		check := func(s string) error { return bounded(regexp.MustCompile(pattern).MatchString(s), key+" "+pattern) }
		g.valid[key] = check
		return entity.StringField(name, name, flags, &check)
	}
	c.Type = field.TypeString
	low := pickOne(g, 0, 1, 5, 50, 200)
	high := low + pickOne(g, 10, 100, 1000)
	if g.chance(0.5) {
		c.Size = int64(high)
	}
	check := func(s string) error {
		n := utf8.RuneCountInString(s)
		return bounded(n >= low && n <= high && s == strings.TrimSpace(s), fmt.Sprintf("%s %d-%d", key, low, high))
	}
	if g.chance(0.3) {
		checks[e.Name+"_"+name] = fmt.Sprintf(`char_length("%s") BETWEEN %d AND %d`, name, low, high)
	}
	if g.chance(0.4) {
		together(e, name)
	}
	g.valid[key] = check
	f := entity.StringField(name, name, flags|entity.Trimmed, &check)
	if c.Size > 0 {
		f = entity.Limited(f, int(c.Size))
	}
	return f
}

func bounded(ok bool, what string) error {
	if !ok {
		return fmt.Errorf("is out of the bounds of %s", what)
	}
	return nil
}

// inspect reads a table.
func (g *random) inspect(t *testing.T, db *postgres.DB, e *schema.Table) {
	t.Helper()
	if n := list[int](t, db, `SELECT count(*) FROM `+sqltext.Ident(e.Name))[0]; n == 0 {
		t.Errorf("table %s is empty", e.Name)
	}
	for _, c := range e.Columns {
		check := g.valid[e.Name+"."+c.Name]
		if check == nil {
			continue
		}
		for _, s := range list[string](t, db, fmt.Sprintf(`SELECT %s::text FROM %s WHERE %[1]s IS NOT NULL`, sqltext.Ident(c.Name), sqltext.Ident(e.Name))) {
			if err := check(s); err != nil {
				t.Errorf("%q %v", s, err)
				break
			}
		}
	}
}
