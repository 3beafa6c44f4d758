package entity

import "entgo.io/ent/schema"

// AnnotationName is the key under which [Annotation] is kept in Ent's graph.
const AnnotationName = "EntGraph"

// Annotation tells the generator what Ent's own descriptors cannot say. Schemas
// use the constructors [Skip], [Trim], [Lower], [Managed], [Prefix], [Plural], [Computed],
// [Searchable], [OneOf], [Scalar], [Values], [NamedValues], [Without], [NoAudit],
// [NoRowSecurity], [NoChecks], [NoIndex], [Generated], [Sequence], [Viewer],
// [External], [Materialized], [Key],
// [RenamedFrom] and [Backfill]; the struct is exported
// because Ent passes annotations to the generator as JSON.
type Annotation struct {
	// Skip keeps a field, edge or entity out of the API.
	Skip bool `json:"skip,omitempty"`
	// Trim removes white space around a text before it is validated and stored.
	Trim bool `json:"trim,omitempty"`
	// Lower turns a text to lower case before it is validated, stored and looked up.
	Lower bool `json:"lower,omitempty"`
	// Managed keeps a field or an edge out of all inputs.
	Managed bool `json:"managed,omitempty"`
	// Prefix replaces the id prefix, by default the entity's name in lower case.
	Prefix string `json:"prefix,omitempty"`
	// Plural is what the list of an entity is called, by default the plural of its name.
	Plural string `json:"plural,omitempty"`
	// Computed lists the fields of an entity that a Go function computes.
	Computed []ComputedField `json:"computed,omitempty"`
	// Search declares the full-text search of an entity.
	Search *SearchOptions `json:"search,omitempty"`
	// OneOf lists the fields that lead along one of several edges.
	OneOf []OneOfEdges `json:"one_of,omitempty"`
	// RenamedFrom is the name that a table or column had before.
	RenamedFrom string `json:"renamed_from,omitempty"`
	// Backfill is the SQL expression for rows without a value.
	Backfill string `json:"backfill,omitempty"`
	// NoAudit keeps changes of an entity out of the audit log.
	NoAudit bool `json:"no_audit,omitempty"`
	// NoRowSecurity leaves a table without policies of Postgres.
	NoRowSecurity bool `json:"no_row_security,omitempty"`
	// Without lists the generated mutations that an entity does not have.
	Without []Operation `json:"without,omitempty"`
	// Part is what an entity or field is to the engine; the entities of package kit say so.
	Part string `json:"part,omitempty"`
	// External says that others make and change the table.
	External bool `json:"external,omitempty"`
	// Materialized says that Postgres keeps the rows of the view.
	Materialized bool `json:"materialized,omitempty"`
	// Key is the field that tells the rows of a view apart.
	Key string `json:"key,omitempty"`
	// NoSignUp tells that nobody signs up to an entity of users.
	NoSignUp bool `json:"no_sign_up,omitempty"`
	// Scalar is what the API calls the values of a field.
	Scalar *ScalarOptions `json:"scalar,omitempty"`
	// Values are those of the enum that the elements of an array are of.
	Values []NamedValue `json:"values,omitempty"`
	// NoChecks leaves out the CHECKs that would follow from validators.
	NoChecks bool `json:"no_checks,omitempty"`
	// NoIndex leaves out the indexes that foreign keys would get.
	NoIndex bool `json:"no_index,omitempty"`
	// Generated is the SQL expression that Postgres computes a field by.
	Generated string `json:"generated,omitempty"`
	// Sequence names the sequence of Postgres that numbers a field.
	Sequence string `json:"sequence,omitempty"`
	// Viewer says that an edge leads to who creates the entity.
	Viewer *ViewerOptions `json:"viewer,omitempty"`
}

// ComputedField declares a field that has no column. A Go function registered
// with the planner under "Entity.name" computes it from the columns it names.
type ComputedField struct {
	// Name is the GraphQL name, such as "displayName".
	Name string `json:"name"`
	// Type is the GraphQL type with its marks, such as "String!": a scalar, an enum of
	// an entity or a list of these.
	Type string `json:"type"`
	// Needs lists what the function reads: fields by their name in the schema, or a field of a
	// to-one edge as "profile.first_name".
	Needs []string `json:"needs"`
	// Comment becomes the field's description.
	Comment string `json:"comment,omitempty"`
}

// Operation is a mutation that the generator makes for every entity; see [Without].
type Operation string

// The operations.
const (
	Create Operation = "create"
	Update Operation = "update"
	Delete Operation = "delete"
)

// Name implements Ent's schema.Annotation.
func (Annotation) Name() string { return AnnotationName }

// Merge implements Ent's schema.Merger: several annotations on one thing add up.
func (a Annotation) Merge(other schema.Annotation) schema.Annotation {
	o, ok := other.(Annotation)
	if !ok {
		return a
	}
	a.Skip = a.Skip || o.Skip
	a.Trim = a.Trim || o.Trim
	a.Lower = a.Lower || o.Lower
	a.Managed = a.Managed || o.Managed
	if o.Prefix != "" {
		a.Prefix = o.Prefix
	}
	if o.Plural != "" {
		a.Plural = o.Plural
	}
	if o.RenamedFrom != "" {
		a.RenamedFrom = o.RenamedFrom
	}
	if o.Backfill != "" {
		a.Backfill = o.Backfill
	}
	if o.Search != nil {
		a.Search = o.Search
	}
	a.Computed = append(a.Computed, o.Computed...)
	a.OneOf = append(a.OneOf, o.OneOf...)
	a.NoAudit = a.NoAudit || o.NoAudit
	a.NoRowSecurity = a.NoRowSecurity || o.NoRowSecurity
	a.Without = append(a.Without, o.Without...)
	if o.Part != "" {
		a.Part = o.Part
	}
	a.External = a.External || o.External
	a.Materialized = a.Materialized || o.Materialized
	if o.Key != "" {
		a.Key = o.Key
	}
	a.NoSignUp = a.NoSignUp || o.NoSignUp
	if o.Scalar != nil {
		a.Scalar = o.Scalar
	}
	a.Values = append(a.Values, o.Values...)
	a.NoChecks = a.NoChecks || o.NoChecks
	a.NoIndex = a.NoIndex || o.NoIndex
	if o.Generated != "" {
		a.Generated = o.Generated
	}
	if o.Sequence != "" {
		a.Sequence = o.Sequence
	}
	if o.Viewer != nil {
		a.Viewer = o.Viewer
	}
	return a
}

// Skip keeps the field, edge or entity that carries it out of the API.
func Skip() Annotation { return Annotation{Skip: true} }

// Trim removes white space around a text field's value before it is validated.
func Trim() Annotation { return Annotation{Trim: true} }

// Lower turns a text field's value to lower case before it is validated, stored,
// looked up or compared for equality. Give the column a CHECK of the same meaning.
func Lower() Annotation { return Annotation{Lower: true} }

// Managed marks a field or an edge that the server sets: the API shows it, no input has it. The other
// end of an edge has inputs of its own.
func Managed() Annotation { return Annotation{Managed: true} }

// Prefix replaces the id prefix of an entity: letters a-z, at most 63 of them.
func Prefix(p string) Annotation { return Annotation{Prefix: p} }

// Plural names the list of an entity in the API where the plural of its name is not what people say,
// such as "staff", or "newsItems" for News: a GraphQL name that begins with a lower-case letter and is
// not the name of one. Without it the list has the English plural, "posts" for Post.
func Plural(name string) Annotation { return Annotation{Plural: name} }

// Computed adds a computed field to an entity.
func Computed(f ComputedField) Annotation { return Annotation{Computed: []ComputedField{f}} }

// Without leaves out generated mutations of an entity: [Create], [Update] and [Delete].
// Who may do the others is for its policy; hooks and handwritten mutations still write
// it. A handwritten mutation may take the name that became free.
func Without(mutations ...Operation) Annotation { return Annotation{Without: mutations} }

// NoRowSecurity leaves the table of an entity, and link tables of its edges that have no schema,
// without row-level security, such as one that other programs use as well, which would find no rows
// any more. The program goes on to keep the rules of the entity; a server with DATABASE_RLS=on does
// not start.
func NoRowSecurity() Annotation { return Annotation{NoRowSecurity: true} }

// NoChecks leaves out the CHECK that would follow from the validators of a field, or from those of
// all fields of an entity: of a table whose rows do not all fulfil them, or that others change as
// they like. The program goes on to validate what it writes. A mixin of all entities says it once.
func NoChecks() Annotation { return Annotation{NoChecks: true} }

// NoIndex leaves out the index that the foreign key of an edge would get, or those of all edges of
// an entity and of the link tables of its many-to-many edges, such as in a database that exists. A
// mixin of all entities says it once.
func NoIndex() Annotation { return Annotation{NoIndex: true} }

// Generated has Postgres compute a field from other columns of the row, by an SQL expression such as
// "quantity * unit_price", and keep it: GENERATED ALWAYS AS (…) STORED. The API shows the field, filters, orders,
// groups and sums it as any other; no input has it, and Ent's client must not set it. Postgres takes
// only what depends on nothing but the row. A field that is not Optional needs an expression that is never NULL.
func Generated(expr string) Annotation { return Annotation{Generated: expr} }

// Sequence has Postgres number the rows in an integer field that is not the id, such as the number of
// an invoice: by the next value of the sequence of this name, which migrations make. Numbers go up and
// are given once; one of a transaction that failed is missing. Inputs may have another number, and with
// [Managed] they have none. Several fields may share a sequence.
func Sequence(name string) Annotation { return Annotation{Sequence: name} }

// NoAudit keeps changes of an entity out of the audit log, such as of one that is
// written very often.
func NoAudit() Annotation { return Annotation{NoAudit: true} }

// RenamedFrom tells the planner of migrations the name that the table of an entity, or
// the column of a field, had before, so that it renames and drops nothing. It may stay
// when that has been done.
func RenamedFrom(name string) Annotation { return Annotation{RenamedFrom: name} }

// Backfill tells the planner of migrations what rows get that have no value when the
// field becomes required: an SQL expression over the row, such as "now()" or
// "upper(username)". It may stay when that has been done.
func Backfill(expr string) Annotation { return Annotation{Backfill: expr} }
