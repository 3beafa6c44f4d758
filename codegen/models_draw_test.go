package codegen_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
)

// cluster is a random schema: some entities that lead to each other alone.
type cluster struct {
	number   int
	rand     *rand.Rand
	entities []*drawn
	links    []*drawnLink
}

// drawn is a random entity. Each refers, where it must, to one before it.
type drawn struct {
	name   string
	schema string // of Postgres, "" for public
	table  string // "" for the one that Ent names
	prefix string // of its ids
	view   bool   // that shows what is in the table too
	id     drawnID
	fields []drawnField
	oneOf  *drawnOneOf
}

// drawnID is an id of some type.
type drawnID struct {
	declared string   // as a schema has it, "" for the one of mixin
	storage  string   // the column, "" for id
	mixin    string   // "" without one
	given    []string // values of a client, as JSON
	needed   bool     // nobody else gives one
}

// drawnField is a field of a type of the table of types.
type drawnField struct {
	pairField
	api                           string // its name in the API
	storage                       string // the column, "" for Ent's choice
	required, isUnique, immutable bool
	nillable                      bool
	preset                        string // the default, as JSON
	literal                       string // and in Go
	values                        []string
}

// drawnLink is an edge with what leads back.
type drawnLink struct {
	from, to             *drawn
	name, back           string // back is "" without an edge at the other end
	unique, backUnique   bool   // at most one at the end of the edge, or of the one that leads back
	required, immutable  bool   // said of the end whose row has the foreign key
	needed               bool   // a new row has one of many at least
	storage, table       string // names of columns and of a link table, "" for Ent's choice
	through, prefix      string // the entity of the links, and what its ids begin with
	schema               string // of Postgres that these are in
	composite            bool   // whose key is that of both
	oneOf                *drawnOneOf
	apart                bool // an edge from an entity to itself is declared apart from what leads back
	fromAtRow, symmetric bool // the foreign key is in the row of from; both ends are one edge
}

// drawnOneOf says that exactly one of some edges leads somewhere.
type drawnOneOf struct {
	name  string
	links []*drawnLink
}

func (l *drawnLink) many() bool { return !l.unique && (l.back != "" && !l.backUnique || l.symmetric) }

// oddNames are names that SQL must quote; a long one is cut by nobody.
var oddNames = []string{"select", "Order By", "user", "äöü", "CamelCase", "with-dash", strings.Repeat("long_", 12) + "x"}

// drawCluster makes the cluster of a number: the same for the same seed, whatever others there are.
func drawCluster(seed uint64, number int) *cluster {
	c := &cluster{number: number, rand: rand.New(rand.NewPCG(seed, uint64(number)))}
	for i := range 2 + c.rand.IntN(4)/3 {
		c.entities = append(c.entities, c.entity(string(rune('A'+i))))
	}
	for i := range 2 + c.rand.IntN(3) {
		c.links = append(c.links, c.link(i))
	}
	if last := c.entities[len(c.entities)-1]; len(c.entities) == 3 && c.chance(2) {
		c.drawOneOf(last)
	}
	return c
}

func (c *cluster) chance(n int) bool { return c.rand.IntN(n) == 0 }

func pickOne[T any](c *cluster, list []T) T { return list[c.rand.IntN(len(list))] }

func (c *cluster) entity(letter string) *drawn {
	e := &drawn{name: fmt.Sprint(letter, c.number), id: c.id()}
	e.schema = c.schema()
	if c.chance(4) {
		e.table = fmt.Sprintf("%s %s%d", pickOne(c, []string{"Table", "order", "ä"}), letter, c.number)
		e.view = c.chance(2)
	}
	all := pairFields()
	for i := range c.rand.IntN(5) {
		e.fields = append(e.fields, c.field(pickOne(c, all), i))
	}
	return e
}

// schema draws a schema of Postgres, public mostly.
func (c *cluster) schema() string {
	if c.chance(3) {
		return pickOne(c, []string{"stock", "Sales Dept", "user"})
	}
	return ""
}

const notNumbered = ".Annotations(entsql.Annotation{Incremental: new(bool)})"

// id draws an id.
func (c *cluster) id() drawnID {
	integers, texts := []string{"1", "2", "30", "42", "1000", "7"}, []string{`"DE"`, `"a b"`, `"ä"`, `"x/y"`, `"'\"\\"`, `"a_1"`}
	var uuids []string
	for range 6 {
		uuids = append(uuids, fmt.Sprintf(`"%08x-0000-4000-8000-%012x"`, c.rand.Uint32(), c.rand.Uint32()))
	}
	id := pickOne(c, []drawnID{
		{mixin: "entity.Base{}"},
		{declared: `field.Int("id")`},
		{declared: `field.Int64("id")`},
		{declared: `field.Int16("id")`},
		{declared: `field.Int32("id")`},
		{declared: `field.Uint("id")`},
		{declared: `field.Int("id")` + inPostgres("serial")},
		{declared: `field.Int64("id")` + inPostgres("bigserial")},
		{declared: `field.Int("id")` + notNumbered, given: integers, needed: true},
		{declared: `field.Uint32("id")` + notNumbered, given: integers, needed: true},
		{declared: `field.String("id")`, given: texts, needed: true},
		{declared: `field.String("id")` + inPostgres("text"), given: texts, needed: true},
		{declared: `field.String("id").DefaultFunc(uuid.NewString)`},
		{declared: `field.UUID("id", uuid.UUID{}).Default(uuid.New)`},
		{declared: `field.UUID("id", uuid.UUID{})`, given: uuids, needed: true},
		{declared: `field.UUID("id", uuid.UUID{}).Annotations(entsql.DefaultExpr("gen_random_uuid()"))`},
	})
	if id.declared != "" && c.chance(3) {
		id.storage = pickOne(c, append([]string{"number", "key"}, oddNames...))
		id.declared += fmt.Sprintf(".StorageKey(%q)", id.storage)
	}
	return id
}

func inPostgres(column string) string {
	return fmt.Sprintf(".SchemaType(map[string]string{dialect.Postgres: %q})", column)
}

// presets are defaults of fields as Go and as JSON have them.
var presets = map[field.Type][2]string{
	field.TypeString: {`"abc"`, `"abc"`}, field.TypeBool: {"true", "true"}, field.TypeEnum: {`"GREEN"`, `"GREEN"`},
	field.TypeInt: {"7", "7"}, field.TypeInt8: {"-7", "-7"}, field.TypeInt16: {"7", "7"}, field.TypeInt32: {"7", "7"}, field.TypeInt64: {"-1 << 62", `"-4611686018427387904"`},
	field.TypeUint: {"7", `"7"`}, field.TypeUint8: {"7", "7"}, field.TypeUint16: {"7", "7"}, field.TypeUint32: {"7", `"7"`}, field.TypeUint64: {"7", `"7"`},
	field.TypeFloat32: {"0.1", "0.1"}, field.TypeFloat64: {"0.1", "0.1"},
}

// field draws what is asked of a field of a type.
func (c *cluster) field(p pairField, i int) drawnField {
	f := drawnField{pairField: p, required: c.chance(3), nillable: !c.chance(3), immutable: c.chance(8)}
	f.name = fmt.Sprintf("%s%d", pickOne(c, []string{"f", "last_f", "is_f"}), i)
	f.api = camel(f.name)
	if c.chance(4) {
		f.storage = fmt.Sprintf("%.61s%d", pickOne(c, oddNames), i)
	}
	if f.isUnique = p.unique != "" && c.chance(3); !f.isUnique && (p.Type == entity.String || p.ent != field.TypeString) && c.chance(4) {
		f.literal, f.preset = presets[p.ent][0], presets[p.ent][1]
	}
	if p.ent == field.TypeOther {
		f.nillable = true
	}
	f.values = slices.Sorted(slices.Values(f.pairField.values(c.rand.IntN))) // some are in the order of a map
	c.rand.Shuffle(len(f.values), func(i, j int) { f.values[i], f.values[j] = f.values[j], f.values[i] })
	return f
}

// camel is the name of a field in the API.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	return strings.Join(words, "")
}

// link draws an edge between two entities, or from one to itself.
func (c *cluster) link(i int) *drawnLink {
	from, to := c.rand.IntN(len(c.entities)), c.rand.IntN(len(c.entities))
	l := &drawnLink{from: c.entities[from], to: c.entities[to], name: fmt.Sprintf("%s%d", pickOne(c, []string{"e", "to_e"}), i)}
	l.unique, l.backUnique = c.chance(2), c.chance(2)
	if !c.chance(3) {
		l.back = fmt.Sprint("back", i)
	}
	l.apart = c.chance(2)
	l.symmetric = l.from == l.to && l.back == ""
	l.fromAtRow = l.unique && !l.symmetric && (l.back == "" || !l.backUnique)
	if l.back == "" {
		l.backUnique = !l.fromAtRow
	}
	if l.symmetric {
		l.backUnique = l.unique
	}
	owner, other := to, from
	if l.fromAtRow {
		owner, other = from, to
	}
	if !l.many() && !l.symmetric && (l.fromAtRow || l.back != "") {
		l.required, l.immutable = owner > other && c.chance(3), c.chance(6)
	}
	if c.chance(4) {
		l.storage = pickOne(c, []string{"link ", "Link", "group-"}) + fmt.Sprint(i)
	}
	if l.many() && c.chance(4) && !l.symmetric && from != to {
		l.through, l.prefix, l.composite, l.storage = fmt.Sprintf("L%dx%d", i, c.number), prefixOf("l", c.number, i), c.chance(2), ""
		l.schema = c.schema()
	}
	l.needed = l.many() && l.through == "" && from > to && c.chance(3)
	if l.many() && l.storage != "" {
		l.table = fmt.Sprintf("%s of %d", l.storage, c.number)
	}
	return l
}

// drawOneOf lets each row of an entity lead to one of two others.
func (c *cluster) drawOneOf(e *drawn) {
	e.oneOf = &drawnOneOf{name: "subject"}
	for i, to := range c.entities[:2] {
		l := &drawnLink{from: e, to: to, name: fmt.Sprint("subject", i), unique: true, fromAtRow: true, oneOf: e.oneOf}
		if c.chance(2) {
			l.back = fmt.Sprint("remarks", i)
		}
		e.oneOf.links, c.links = append(e.oneOf.links, l), append(c.links, l)
	}
}

// linksOf are the ends of links at an entity; those from it to itself are two, or one.
func (c *cluster) linksOf(e *drawn) []end {
	var out []end
	for _, l := range c.links {
		if l.from == e {
			out = append(out, end{l, false})
		}
		if l.to == e && l.back != "" {
			out = append(out, end{l, true})
		}
	}
	return out
}

// end is an edge at one end of a link.
type end struct {
	*drawnLink
	far bool // that which leads back
}

func (e end) target() *drawn {
	if e.far {
		return e.from
	}
	return e.to
}

func (e end) owner() *drawn {
	if e.far {
		return e.to
	}
	return e.from
}

func (e end) label() string {
	if e.far {
		return camel(e.back)
	}
	return camel(e.name)
}

// one reports whether the edge leads to one entity at most, and alone whether that is led to by
// one at most.
func (e end) one() bool {
	if e.far {
		return e.backUnique
	}
	return e.unique
}

func (e end) alone() bool {
	return end{e.drawnLink, !e.far}.one()
}

// atRow reports whether the foreign key is in the row of the edge's own entity.
func (e end) atRow() bool { return !e.many() && !e.symmetric && e.far != e.fromAtRow }

// writable says in which inputs the edge is.
func (e end) writable() (create, update bool) {
	switch {
	case e.many() || e.symmetric:
		return true, true
	case e.atRow():
		return true, !e.immutable
	}
	free := !e.required && !e.immutable && e.oneOf == nil
	return free, free
}

func (e end) input() string {
	switch {
	case e.oneOf != nil && !e.far:
		return e.oneOf.name + "ID"
	case e.one():
		return e.label() + "ID"
	}
	return e.label() + "IDs"
}

// must reports whether the edge always leads somewhere.
func (e end) must() bool { return e.required && e.atRow() || e.needed && !e.far }
