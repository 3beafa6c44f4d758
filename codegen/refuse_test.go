package codegen

import (
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

type bytesID struct{ ent.Schema }

func (bytesID) Fields() []ent.Field { return []ent.Field{field.Bytes("id")} }

type textID struct{ ent.Schema }

func (textID) Fields() []ent.Field { return []ent.Field{field.String("id")} }

type numericID struct{ ent.Schema }

func (numericID) Fields() []ent.Field {
	return []ent.Field{field.Int("id").SchemaType(map[string]string{dialect.Postgres: "numeric"})}
}

type otherID [16]byte

func (*otherID) Scan(any) error               { return nil }
func (*otherID) Value() (driver.Value, error) { return "", nil }

type code string

func (code) Values() []string { return []string{"A"} }

type level bool

func computed(name, typ string, needs ...string) []schema.Annotation {
	return []schema.Annotation{declare.Computed(declare.ComputedField{Name: name, Type: typ, Needs: needs})}
}

func fields(f ...ent.Field) []ent.Field { return f }

// stored is an entity with a field in a column of a type.
func stored(f ent.Field, column string) []entityDef {
	f.Descriptor().SchemaType = map[string]string{dialect.Postgres: column}
	return []entityDef{{name: "Alpha", fields: fields(f)}}
}

// TestRefusedSchemas checks that what the API could not serve rightly is refused with
// the entity, the field and what to do.
func TestRefusedSchemas(t *testing.T) {
	t.Parallel()
	beta := entityDef{name: "Beta"}
	through := edge.To("betas", Beta.Type).Through("links", Link.Type)
	back := edge.From("alphas", Alpha.Type).Ref("betas").Through("links", Link.Type)
	link := entityDef{name: "Link", edges: []ent.Edge{
		edge.To("alpha", Alpha.Type).Unique().Required().Field("alpha_id"),
		edge.To("beta", Beta.Type).Unique().Required().Field("beta_id"),
	}, fields: fields(field.UUID("alpha_id", uuid.UUID{}), field.UUID("beta_id", uuid.UUID{}))}
	for name, tc := range map[string]struct {
		defs []entityDef
		want []string
	}{
		"interceptor": {
			[]entityDef{{name: "Alpha", interceptors: []ent.Interceptor{ent.InterceptFunc(func(q ent.Querier) ent.Querier { return q })}}},
			[]string{"Alpha: interceptors are not supported", "remove them"},
		},
		"sign-in in another schema": {
			[]entityDef{{name: "Alpha", annotations: []schema.Annotation{entsql.Schema("other"), kit.As(kit.Changes)}}},
			[]string{`Alpha: what belongs to signing in and the audit log must be in the schema public, not in "other"`, "remove entsql.Schema"},
		},
		"name of a table":       {[]entityDef{{name: "Alpha", annotations: []schema.Annotation{entsql.Table(`a "b"`)}}}, []string{`Alpha: Ent cannot write the name "a \"b\""`, "rename it"}},
		"search of others":      {[]entityDef{{name: "Alpha", fields: fields(field.String("text")), annotations: append(searchable(declare.SearchOptions{A: []string{"text"}}), declare.External())}}, []string{"Alpha: entity.Searchable adds a column to the table", "remove it"}},
		"backfill of others":    {[]entityDef{{name: "Alpha", fields: fields(field.Int("n").Annotations(declare.Backfill("1"))), annotations: []schema.Annotation{declare.External()}}}, []string{"Alpha: no migration changes it", "Backfill of n"}},
		"view of others":        {[]entityDef{{name: "Alpha", view: true, annotations: []schema.Annotation{declare.External()}}}, []string{"Alpha: an ent.View of others", "declare it as an ent.Schema"}},
		"kept without a view":   {[]entityDef{{name: "Alpha", annotations: []schema.Annotation{declare.Materialized()}}}, []string{"Alpha: entity.Materialized is for a view that entsql.View defines"}},
		"kept view by hand":     {[]entityDef{{name: "Alpha", view: true, annotations: []schema.Annotation{declare.Materialized()}}}, []string{"Alpha: entity.Materialized is for a view that entsql.View defines"}},
		"key of a table":        {[]entityDef{{name: "Alpha", annotations: []schema.Annotation{declare.Key("n")}}}, []string{"Alpha: entity.Key is for an ent.View"}},
		"view without a key":    {[]entityDef{{name: "Alpha", view: true, annotations: []schema.Annotation{declare.Key("n")}}}, []string{"Alpha: a view needs a field that tells its rows apart", "entity.Key(...)", "entity.Skip()"}},
		"view with another key": {[]entityDef{{name: "Alpha", view: true, fields: fields(field.Bytes("n")), annotations: []schema.Annotation{declare.Key("n")}}}, []string{"Alpha.n: an id cannot be a field.Bytes"}},
		"edge schema with an id made in Go": {
			[]entityDef{{name: "Alpha", edges: []ent.Edge{through}}, {name: "Beta", edges: []ent.Edge{back}}, link},
			[]string{"Link: an edge schema takes its id from the database", "use the mixin Link"},
		},
		"hidden data of a link":  {linkedDefs(nil, field.Int("count"), field.String("secret").Sensitive()), []string{"Link.secret: a link needs a value here", "give the field a default, entity.Managed()", "entity.Without(entity.Create)"}},
		"skipped data of a link": {linkedDefs(nil, field.Int("count"), field.String("secret").Annotations(declare.Skip())), []string{"Link.secret: a link needs a value here"}},
		"no mutation of a link":  {linkedDefs([]schema.Annotation{declare.Without("drop")}, field.Int("count")), []string{"Link: entity.Without takes Create, Update and Delete"}},
		"type of a link's input": {append(linkedDefs(nil, field.Int("count")), entityDef{name: "LinkAlphaBetasInput"}), []string{"the GraphQL type LinkAlphaBetasInput belongs to"}},
		"input of a link's edge": {func() []entityDef {
			defs := linkedDefs(nil, field.Int("count"))
			defs[0].edges = []ent.Edge{edge.To("betaID", Beta.Type).Through("links", Link.Type), edge.To("beta", Beta.Type).Unique()}
			defs[1].edges = []ent.Edge{edge.From("alphas", Alpha.Type).Ref("betaID").Through("links", Link.Type)}
			return defs
		}(), []string{`Alpha has two inputs of the name "betaID"`}},
		"bytes id":   {[]entityDef{{name: "Alpha", mixin: []ent.Mixin{idMixin{bytesID{}}}}}, []string{"Alpha.id: an id cannot be a field.Bytes", "use field.UUID"}},
		"numeric id": {[]entityDef{{name: "Alpha", mixin: []ent.Mixin{idMixin{numericID{}}}}}, []string{`Alpha.id: an id that is a field.Int does not fit the column type "numeric", only bigint, integer, smallint`, "remove SchemaType"}},
		"text prefix": {[]entityDef{{name: "Alpha", mixin: []ent.Mixin{idMixin{textID{}}}}, {name: "Beta", annotations: []schema.Annotation{declare.Prefix("alpha_two")}}},
			[]string{`the ids of Alpha, which are texts after "alpha_", may look like those of Beta, which begin with "alpha_two_"`, "entity.Prefix(...)"}},
		"two kinds of viewers": {[]entityDef{{name: "Alpha", fields: fields(field.Int("a")), policy: rule.Policy{Read: rule.Any(rule.Owner("id"), rule.Owner("a"))}}},
			[]string{"Alpha: rule.Owner compares the id of who asks with a, a bigint, and with Alpha.id, a uuid"}},
		"go type":   {[]entityDef{{name: "Alpha", fields: fields(field.String("code").GoType(new(otherID)))}}, []string{"Alpha.code: the Go type *codegen.otherID is not supported", "field.Enum", "entity.Skip()"}},
		"json type": {[]entityDef{{name: "Alpha", fields: fields(field.JSON("code", &otherID{}))}}, []string{"Alpha.code: Ent cannot generate field.JSON of *codegen.otherID", "Scan and Value: remove them"}},
		"other type": {
			[]entityDef{{name: "Alpha", fields: fields(field.Other("point", new(otherID)).SchemaType(map[string]string{dialect.Postgres: "point"}))}},
			[]string{`Alpha.point: field.Other does not fit the column type "point", only numeric, date,`, "use one of these", "entity.Skip()"},
		},
		"scalar without a type": {[]entityDef{{name: "Alpha", fields: fields(field.String("x").Annotations(declare.Scalar(declare.ScalarOptions{Name: "X"})))}}, []string{"Alpha.x: entity.Scalar is for a field.Other", "Scan and Value"}},
		"scalar's name":         {custom(declare.ScalarOptions{Name: "x-y"}), []string{`Alpha.x: entity.Scalar: "x-y" is not a GraphQL name`}},
		"scalar of the API":     {custom(declare.ScalarOptions{Name: "BigInt", Equal: true}), []string{"the GraphQL type BigInt belongs to"}},
		"unique scalar":         {custom(declare.ScalarOptions{Name: "X"}), []string{"Alpha.x: a unique field is looked up by its value: set Equal"}},
		"two of a scalar": {
			append(custom(declare.ScalarOptions{Name: "X", Equal: true}), entityDef{name: "Beta", fields: custom(declare.ScalarOptions{Name: "X", Comment: "Other.", Equal: true})[0].fields}),
			[]string{"Beta.x: the scalar X is described in another way"},
		},
		"money text":        {stored(field.String("x"), "money"), []string{`Alpha.x: field.String does not fit the column type "money", only character varying, text, character,`, "use field.Float or field.Int64 for numbers", "entity.Skip()"}},
		"date text":         {stored(field.String("x"), "date"), []string{`does not fit the column type "date"`}},
		"scale of text":     {stored(field.String("x"), "numeric(2, 4)"), []string{`does not fit the column type "numeric(2, 4)"`}},
		"list of citext":    {stored(field.Strings("x"), "citext[]"), []string{`field.JSON does not fit the column type "citext[]"`, "text[]"}},
		"another domain":    {stored(field.String("x"), "email_address"), []string{`does not fit the column type "email_address"`}},
		"list of texts":     {stored(field.String("x"), "text[]"), []string{`does not fit the column type "text[]"`}},
		"sums":              {stored(field.Strings("x"), "money[]"), []string{`field.JSON does not fit the column type "money[]", only jsonb, json, text[]`, "structs and maps are stored as documents"}},
		"matrix":            {stored(field.JSON("x", [][]int{}), "integer[]"), []string{"Alpha.x: the type [][]int is not a slice of values"}},
		"no slice":          {stored(field.JSON("x", map[string]any{}), "text[]"), []string{"Alpha.x: the type map[string]interface {} is not a slice of values: an array is a field.Strings"}},
		"numbers in text":   {stored(field.Ints("x"), "text[]"), []string{"Alpha.x: []int does not hold the elements of this column, which are String", "use another type of Go, or another SchemaType"}},
		"texts in a list":   {stored(field.String("x"), "text[]"), []string{`field.String does not fit the column type "text[]"`, "field.Strings for an array"}},
		"citext enum":       {stored(field.Enum("x").Values("A", "B"), "citext"), []string{`field.Enum does not fit the column type "citext"`, "use an enum of Postgres by its name"}},
		"list of a scalar":  {valued(field.JSON("x", []otherID{}), "point[]", declare.Scalar(declare.ScalarOptions{Name: "Point"})), []string{"Alpha.x: entity.Scalar is for single values", "a field.Other of a type of Go for the whole array"}},
		"values of text":    {valued(field.String("x"), "text", declare.Values("A")), []string{"Alpha.x: entity.Values is for an array of texts", "use field.Enum"}},
		"values of numbers": {valued(field.Ints("x"), "integer[]", declare.Values("A")), []string{"Alpha.x: entity.Values is for an array of texts"}},
		"values twice":      {valued(field.Strings("x"), "text[]", declare.Values("A", "B", "A")), []string{`Alpha.x: the enum has the value "A" twice`}},
		"long value":        {valued(field.Strings("x"), "varchar(5)[]", declare.Values("LONGER")), []string{`Alpha.x: the enum value "LONGER" is longer than its column`, "use text[]"}},
		"unspelled value":   {valued(field.Strings("x"), "text[]", declare.Values("ä")), []string{`Alpha.x: the enum value "ä" is not a GraphQL name`, "by NamedValues"}},
		"list of an enum":   {stored(field.Strings("x"), "mood[]"), []string{`Alpha.x: the column type "mood[]" is an array of what is not Postgres' own`, "which values this enum has by entity.Values"}},
		"long enum value":   {stored(field.Enum("x").Values("A", "LONGER"), "varchar(5)"), []string{`Alpha.x: the enum value "LONGER" is longer than its column`}},
		"numeric float":     {stored(field.Float("x"), "numeric(10, 2)"), []string{`field.Float does not fit the column type "numeric(10, 2)", only double precision`, "field.String or field.Other for a numeric"}},
		"real float":        {stored(field.Float("x"), "real"), []string{`only double precision`, "use field.Float32 for a real"}},
		"double float32":    {stored(field.Float32("x"), "float8"), []string{`field.Float32 does not fit the column type "float8", only real`}},
		"numeric int64":     {stored(field.Int64("x"), "numeric(20,0)"), []string{`field.Int64 does not fit the column type "numeric(20,0)", only bigint`}},
		"integer int64":     {stored(field.Int64("x"), "integer"), []string{"use field.Int32 for an integer"}},
		"smallint int":      {stored(field.Int("x"), "int2"), []string{`only bigint and integer`, "use field.Int16 for a smallint"}},
		"time of day":       {stored(field.Time("x"), "time"), []string{`field.Time does not fit the column type "time", only timestamp with time zone`, "use field.String for a time of day"}},
		"milliseconds":      {stored(field.Time("x"), "timestamptz(3)"), []string{`does not fit the column type "timestamptz(3)"`}},
		"text uuid":         {stored(field.UUID("x", uuid.UUID{}), "text"), []string{`field.UUID does not fit the column type "text", only uuid`}},
		"number as bool":    {stored(field.Bool("x"), "smallint"), []string{`field.Bool does not fit the column type "smallint", only boolean`}},
		"enum value":        {[]entityDef{{name: "Alpha", fields: fields(field.Enum("size").Values("7"))}}, []string{`Alpha.size: the enum value "7" is not a GraphQL name`, "NamedValues"}},
		"name of a method":  {[]entityDef{{name: "Alpha", fields: fields(field.String("string"), field.Int("update"))}}, []string{"Alpha.string: Ent's Alpha has String already", `StorageKey("string")`, "Alpha.update: "}},
		"enum value's name": {[]entityDef{{name: "Alpha", fields: fields(field.Enum("size").NamedValues("Large", "L", "L", "extra-large"))}}, []string{`Alpha.size: the API would have two enum values L`, `"extra-large"`, "NamedValues"}},
		"prefix":            {[]entityDef{{name: "Alpha2"}}, []string{`Alpha2: id prefix "alpha2" must be letters a-z`, "entity.Prefix(...)"}},
		"two prefixes": {
			[]entityDef{{name: "Alpha", annotations: []schema.Annotation{declare.Prefix("x")}}, {name: "Beta", annotations: []schema.Annotation{declare.Prefix("x")}}},
			[]string{`entities Alpha and Beta have the same id prefix "x"`, "entity.Prefix(...)"},
		},
		"computed needs":       {[]entityDef{{name: "Alpha", annotations: computed("sum", "Int", "count")}}, []string{"Alpha.sum: computed field", `Alpha shows no field "count"`}},
		"computed needs edge":  {[]entityDef{{name: "Alpha", annotations: computed("sum", "Int", "beta.count")}}, []string{"Alpha.sum: computed field", `Alpha has no to-one edge "beta"`}},
		"computed needs list":  {[]entityDef{{name: "Alpha", edges: []ent.Edge{edge.To("betas", Beta.Type)}, annotations: computed("sum", "Int", "betas.id")}, beta}, []string{`Alpha has no to-one edge "betas"`}},
		"computed needs there": {[]entityDef{{name: "Alpha", edges: []ent.Edge{edge.To("beta", Beta.Type).Unique()}, annotations: computed("sum", "Int", "beta.count")}, beta}, []string{"Alpha.sum", `Beta shows no field "count"`}},
		"computed name":        {[]entityDef{{name: "Alpha", annotations: computed("id", "ID!", "id")}}, []string{"Alpha.id: computed field: the name is taken", "rename it"}},
		"computed without one": {[]entityDef{{name: "Alpha", annotations: computed("", "ID!", "id")}}, []string{`Alpha.: "" is not a GraphQL name`}},
		"computed type":        {[]entityDef{{name: "Alpha", annotations: computed("beta", "Beta", "id")}, beta}, []string{`Alpha.beta: computed field: the type "Beta" is not supported`, "use a scalar"}},
		"filter not":           {[]entityDef{{name: "Alpha", fields: fields(field.Bool("not"))}}, []string{`Alpha has two filters of the name "not"`, "rename the field not"}},
		"filter and":           {[]entityDef{{name: "Alpha", fields: fields(field.String("and"))}}, []string{`Alpha has two filters of the name "and"`, "rename the field and"}},
		"filter or":            {[]entityDef{{name: "Alpha", fields: fields(field.Int("or"))}}, []string{`Alpha has two filters of the name "or"`, "rename the field or"}},
		"filter of edge": {
			[]entityDef{{name: "Alpha", fields: fields(field.Bool("has_beta")), edges: []ent.Edge{edge.To("beta", Beta.Type).Unique()}}, beta},
			[]string{`Alpha has two filters of the name "hasBeta"`, "rename the edge beta"},
		},
		"filter with a quantifier": {
			[]entityDef{{name: "Alpha", fields: fields(field.Bool("betas_every")), edges: []ent.Edge{edge.To("betas", Beta.Type)}}, beta},
			[]string{`Alpha has two filters of the name "betasEvery"`, "rename the edge betas"},
		},
		"filters of two edges": {
			[]entityDef{{name: "Alpha", edges: []ent.Edge{edge.To("has_betas", Beta.Type), edge.To("betas", Beta.Type), edge.To("betas_some", Beta.Type)}}, beta},
			[]string{`Alpha has two filters of the name "hasBetasSome"`, "rename the edge"},
		},
		"input of edge": {
			[]entityDef{{name: "Alpha", fields: fields(field.UUID("beta_id", uuid.UUID{})), edges: []ent.Edge{edge.To("beta", Beta.Type).Unique()}}, beta},
			[]string{`Alpha has two inputs of the name "betaID"`, "rename the edge beta"},
		},
		"order of edge": {
			[]entityDef{{name: "Alpha", fields: fields(field.Int("betas_count")), edges: []ent.Edge{edge.To("betas", Beta.Type)}}, beta},
			[]string{`Alpha has two orders of the name "BETAS_COUNT"`, "rename the edge betas"},
		},
		"reserved go name":         {[]entityDef{{name: "Entity"}}, []string{"Entity: generated code has this name already", "rename the entity"}},
		"enum of Context":          {[]entityDef{{name: "Context", fields: fields(field.Enum("kind").Values("A"))}}, []string{"Context.kind: Ent cannot generate an enum of an entity with this name", "GoType"}},
		"names of one package":     {[]entityDef{{name: "FooBar"}, {name: "Foobar", annotations: []schema.Annotation{declare.Prefix("other")}}}, []string{`entities FooBar and Foobar would have the same package "foobar"`, `entsql.Table("foobars") keeps its table`}},
		"names of one table":       {[]entityDef{{name: "FooBar"}, {name: "Foo_Bar"}}, []string{`entities FooBar and Foo_Bar have the same table "foo_bars"`, "rename one of them"}},
		"reserved engine":          {[]entityDef{{name: "Engine"}}, []string{"Engine: generated code has this name already"}},
		"package of Ent's client":  {[]entityDef{{name: "Sql"}}, []string{"Sql: generated code has this name already", `rename the entity; entsql.Table("sqls") keeps its table`}},
		"variable of Ent's client": {[]entityDef{{name: "Selector"}}, []string{"Selector: generated code has this name already"}},
		"file of a test":           {[]entityDef{{name: "Crash_test", annotations: []schema.Annotation{declare.Prefix("crash")}}}, []string{"Crash_test: Go would not compile crash_test.go everywhere: rename the entity", `entsql.Table("crash_tests")`}},
		"file of a system":         {[]entityDef{{name: "Host_linux", annotations: []schema.Annotation{declare.Prefix("host")}}}, []string{"Host_linux: Go would not compile host_linux.go everywhere"}},
		"file of another entity":   {[]entityDef{{name: "Alpha"}, {name: "Alpha_query", annotations: []schema.Annotation{declare.Prefix("query")}}}, []string{"Alpha_query: an entity has the file alpha_query.go already: rename the entity"}},
		"quote in a column":        {[]entityDef{{name: "Alpha", fields: fields(field.String("text").StorageKey(`a"b`))}}, []string{`Alpha: Ent cannot write the name "a\"b" of a table, column or schema: rename it`}},
		"backslash in a link":      {[]entityDef{{name: "Alpha", edges: []ent.Edge{edge.To("alphas", Alpha.Type).StorageKey(edge.Table(`a\b`))}}}, []string{`Alpha: Ent cannot write the name "a\\b" of a table, column or schema`}},
		"quote in a key":           {[]entityDef{{name: "Alpha", edges: []ent.Edge{edge.To("beta", Beta.Type).Unique().StorageKey(edge.Column(`a"`))}}, beta}, []string{`Alpha: Ent cannot write the name "a\"" of a table, column or schema`}},
		"reserved folder":          {[]entityDef{{name: "Migrate"}}, []string{"Migrate: generated code has this name already", "rename the entity"}},
		"names in two schemas": {[]entityDef{{name: "Alpha", annotations: []schema.Annotation{entsql.Annotation{Schema: "one", Table: "rows"}}}, {name: "Beta", annotations: []schema.Annotation{entsql.Annotation{Schema: "two", Table: "rows"}}}},
			[]string{`entities Alpha and Beta have tables of the name "rows" in two schemas of Postgres`, "give one of the tables another name by entsql.Table(...)"}},
		"required edge": {
			[]entityDef{{name: "Alpha", edges: []ent.Edge{edge.To("beta", Beta.Type).Unique().Required()}}, {name: "Beta", edges: []ent.Edge{edge.From("alpha", Alpha.Type).Ref("beta").Unique().Immutable()}}},
			[]string{"Alpha.beta: the edge is required, but no input of Alpha can set it", "remove Required"},
		},
		"required edge whose other end is immutable": {
			[]entityDef{{name: "Alpha", edges: []ent.Edge{edge.To("betas", Beta.Type).Required()}}, {name: "Beta", edges: []ent.Edge{edge.From("alpha", Alpha.Type).Ref("betas").Unique().Immutable()}}},
			[]string{"Alpha.betas: the edge is required, but no input of Alpha can set it", "not Immutable"},
		},
		"required pair": {
			[]entityDef{{name: "Alpha", edges: []ent.Edge{edge.To("twin", Alpha.Type).Unique().Required()}}},
			[]string{"Alpha.twin: each of two would have to be there before the other", "remove Required"},
		},
		"reserved type":    {[]entityDef{{name: "Time"}}, []string{"Time: the GraphQL type Time belongs to the API itself: rename it; entsql.Table(...)"}},
		"reserved root":    {[]entityDef{{name: "Node"}}, []string{`Node: the root field "node" belongs to the API itself`, "rename one of them"}},
		"type of an edge":  {[]entityDef{{name: "Alpha"}, {name: "AlphaEdge", annotations: []schema.Annotation{declare.Prefix("edge")}}}, []string{"AlphaEdge: the GraphQL type AlphaEdge belongs to Alpha"}},
		"type of an enum":  {[]entityDef{{name: "Alpha", fields: fields(field.Enum("order").Values("A"))}}, []string{"Alpha.order: the GraphQL type AlphaOrder belongs to Alpha", "rename one of them"}},
		"two root fields":  {[]entityDef{{name: "Alpha"}, {name: "Alphas"}}, []string{`Alphas: the root field "alphas" belongs to Alpha`, "rename one of them"}},
		"name of a field":  {[]entityDef{{name: "Alpha", fields: fields(field.String("größe"))}}, []string{`Alpha.größe: "größe" is not a GraphQL name`, "rename it"}},
		"search config":    {[]entityDef{{name: "Alpha", fields: fields(field.String("text")), annotations: searchable(declare.SearchOptions{Config: "klingon", A: []string{"text"}})}}, []string{`Alpha: entity.Searchable: there is no configuration "klingon"`, "use one of simple, arabic"}},
		"search nothing":   {[]entityDef{{name: "Alpha", annotations: searchable(declare.SearchOptions{})}}, []string{"Alpha: entity.Searchable: no field is named", "put some into A"}},
		"search a number":  {[]entityDef{{name: "Alpha", fields: fields(field.Int("n")), annotations: searchable(declare.SearchOptions{A: []string{"n"}})}}, []string{`Alpha shows no text field "n"`}},
		"search unknown":   {[]entityDef{{name: "Alpha", annotations: searchable(declare.SearchOptions{D: []string{"text"}})}}, []string{`Alpha shows no text field "text"`}},
		"search hidden":    {[]entityDef{{name: "Alpha", fields: fields(field.String("text").Annotations(declare.Skip())), annotations: searchable(declare.SearchOptions{A: []string{"text"}})}}, []string{`Alpha shows no text field "text"`}},
		"search sensitive": {[]entityDef{{name: "Alpha", fields: fields(field.String("token").Sensitive()), annotations: searchable(declare.SearchOptions{A: []string{"token"}})}}, []string{`Alpha shows no text field "token"`}},
		"search twice":     {[]entityDef{{name: "Alpha", fields: fields(field.String("text")), annotations: searchable(declare.SearchOptions{A: []string{"text"}, C: []string{"text"}})}}, []string{`the field "text" is named twice`}},
		"search column": {
			[]entityDef{{name: "Alpha", fields: fields(field.String("text"), field.String("find").StorageKey("search")), annotations: searchable(declare.SearchOptions{A: []string{"text"}})}},
			[]string{`Alpha: entity.Searchable: the column "search" is taken`, "rename the field"},
		},
		"search filter": {
			[]entityDef{{name: "Alpha", fields: fields(field.String("text"), field.String("search").StorageKey("find")), annotations: searchable(declare.SearchOptions{A: []string{"text"}})}},
			[]string{`Alpha has two filters of the name "search"`, "rename the field"},
		},
		"search order": {
			[]entityDef{{name: "Alpha", fields: fields(field.String("text"), field.Int("relevance")), annotations: searchable(declare.SearchOptions{A: []string{"text"}})}},
			[]string{`Alpha has two orders of the name "RELEVANCE"`, "rename the field"},
		},
		"name of an entity": {[]entityDef{{name: "Größe"}}, []string{`Größe: "Größe" is not a GraphQL name`, "rename it"}},
		"bool with a type":  {[]entityDef{{name: "Alpha", fields: fields(field.Bool("level").GoType(level(true)))}}, []string{"Alpha.level: the Go type codegen.level is not supported"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := modelOf(t, tc.defs...)
			if err == nil {
				t.Fatal("nothing was refused")
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

// custom is an entity with a unique field of a scalar of its own.
func custom(o declare.ScalarOptions) []entityDef {
	f := field.Other("x", new(otherID)).SchemaType(map[string]string{dialect.Postgres: "point"}).Unique().Annotations(declare.Scalar(o))
	return []entityDef{{name: "Alpha", fields: fields(f)}}
}

// valued is an entity with a field in a column, with an annotation.
func valued(f ent.Field, column string, a declare.Annotation) []entityDef {
	f.Descriptor().Annotations = append(f.Descriptor().Annotations, a)
	return stored(f, column)
}

func searchable(o declare.SearchOptions) []schema.Annotation {
	return []schema.Annotation{declare.Searchable(o)}
}

// idMixin makes a mixin of a schema that has nothing but an id.
type idMixin struct{ ent.Interface }

func (idMixin) Indexes() []ent.Index             { return nil }
func (idMixin) Hooks() []ent.Hook                { return nil }
func (idMixin) Interceptors() []ent.Interceptor  { return nil }
func (idMixin) Policy() ent.Policy               { return nil }
func (idMixin) Annotations() []schema.Annotation { return nil }

// TestRefusalsComeTogether checks that one run reports every fault.
func TestRefusalsComeTogether(t *testing.T) {
	t.Parallel()
	_, err := modelOf(t,
		entityDef{name: "Alpha", fields: fields(field.String("data").GoType(new(otherID)), field.Enum("size").Values("7"))},
		entityDef{name: "Beta2"})
	if err == nil {
		t.Fatal("nothing was refused")
	}
	for _, part := range []string{"Alpha.data", "Alpha.size", "Beta2: "} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not report %s", err, part)
		}
	}
}

// TestSkipLeavesOut checks that entity.Skip is the way out of every refusal.
func TestSkipLeavesOut(t *testing.T) {
	t.Parallel()
	skip := declare.Skip()
	m := mustModel(t,
		entityDef{name: "Alpha", fields: fields(field.Bytes("data").Optional().Annotations(skip), field.String("token").Optional().Sensitive()), edges: []ent.Edge{edge.To("beta", Beta.Type).Unique()}},
		entityDef{name: "Beta", mixin: []ent.Mixin{idMixin{bytesID{}}}, annotations: []schema.Annotation{skip}},
		entityDef{name: "Gamma", mixin: []ent.Mixin{declare.Base{}}, fields: fields(field.String("name"))})
	if got := len(m.entities); got != 2 {
		t.Fatalf("%d entities are served, want 2", got)
	}
	if alpha := m.entities[0]; len(alpha.Fields) != 1 || len(alpha.Edges) != 0 {
		t.Errorf("Alpha shows %d fields and %d edges, want its id alone", len(alpha.Fields), len(alpha.Edges))
	}
	for _, hidden := range []string{"data", "token", "Beta"} {
		if strings.Contains(m.sdl(), hidden) {
			t.Errorf("the SDL shows %s", hidden)
		}
	}
}

// TestMissingEdgeHasAdvice checks Ent's own errors, such as that about an edge without its other
// end.
func TestMissingEdgeHasAdvice(t *testing.T) {
	t.Parallel()
	alpha := entityDef{name: "Alpha", edges: []ent.Edge{edge.From("owner", Beta.Type).Ref("alphas").Unique()}}
	_, err := gen.NewGraph(&gen.Config{Package: "example.com/app/ent", IDType: &field.TypeInfo{Type: field.TypeInt}},
		loaded(t, alpha, "Alpha"), loaded(t, entityDef{name: "Beta"}, "Beta"))
	if err == nil {
		t.Fatal("Ent accepts it")
	}
	if got, want := withAdvice(Config{Package: "example.com/app/ent"}, err).Error(), `: add to the edges of Beta: edge.To("alphas", Alpha.Type)`; !strings.HasSuffix(got, want) || !strings.HasPrefix(got, err.Error()) {
		t.Errorf("error: %s, want the end %s", got, want)
	}
	c := Config{Package: "example.com/app/ent"}
	for says, want := range map[string]string{
		`entc/gen: mismatch field type between edge field "user_id" and id of type "User" (uuid.UUID != int)`:       "entity.UserOwned{User: User.Type}",
		`entc/gen: type "User" does not exist for edge`:                                                             "entity.UserOwned{User: Member.Type}",
		`entc/gen: set "A" foreign-keys: "parent" edge: multiple storage-keys defined for edge "parent"<->"kids"`:   "one of them, kids",
		`create type Type: schema lowercase name conflicts with Go keyword "type"`:                                  `keyword "type": rename the entity Type;`,
		`entc/gen: create type Query: schema name conflicts with ent predeclared identifier "Query"`:                `"Query": rename the entity Query;`,
		`entc/gen: create type Config: schema lowercase name conflicts ent predeclared identifier "config"`:         `"config": rename the entity Config;`,
		`entc/gen: Alpha schema cannot contain field and edge with the same name "beta"`:                            `"beta": rename the edge`,
		`entc/gen: set "Alpha" foreign-keys: edge "beta" has a field "beta_id" but it is not holding a foreign key`: `For a column of Alpha write there edge.From("beta", ...).Ref(...).Unique().Field("beta_id")`,
		"entc/load: # example.com/app/ent\nent/post.go:143:34: invalid argument: *value for len":                    "Put it back as it was committed",
	} {
		if got := withAdvice(c, errors.New(says)).Error(); !strings.HasPrefix(got, says) || !strings.Contains(got, want) {
			t.Errorf("error: %s, want %s", got, want)
		}
	}
	if other := errors.New("other"); withAdvice(Config{Package: "example.com/app/ent"}, other) != other {
		t.Error("another error is changed")
	}
}
