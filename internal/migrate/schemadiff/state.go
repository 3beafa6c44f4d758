package schemadiff

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// Kind is a kind of database object.
type Kind string

// The kinds that are compared.
const (
	Schema     Kind = "schema"
	Extension  Kind = "extension"
	Enum       Kind = "enum"
	Domain     Kind = "domain"
	Composite  Kind = "composite type"
	Range      Kind = "range type"
	Sequence   Kind = "sequence"
	Function   Kind = "function"
	Table      Kind = "table"
	Column     Kind = "column"
	Constraint Kind = "constraint"
	Index      Kind = "index"
	Statistics Kind = "statistics"
	View       Kind = "view"
	Rule       Kind = "rule"
	Trigger    Kind = "trigger"
	Policy     Kind = "policy"
	Collation  Kind = "collation"
	Aggregate  Kind = "aggregate"
	Operator   Kind = "operator"
	Cast       Kind = "cast"
	// TextDictionary and TextConfiguration are of full-text search.
	TextDictionary    Kind = "text search dictionary"
	TextConfiguration Kind = "text search configuration"
	// EventTrigger belongs to the whole database.
	EventTrigger Kind = "event trigger"
	// Other is what is seen but cannot be planned, such as a foreign table.
	Other Kind = "other"
)

// Key identifies an object. Table is set for what belongs to a table or view.
type Key struct {
	Kind                Kind
	Schema, Table, Name string
}

// compareKeys orders keys by schema, table and name within a kind.
func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Name, b.Name))
}

// table is the key of the table that k belongs to, in the kind Table.
func (k Key) table() Key { return Key{Kind: Table, Schema: k.Schema, Name: k.Table} }

// column is the key of a column of the table that k is, or belongs to.
func (k Key) column(name string) Key {
	t := k.Table
	if k.Kind == Table {
		t = k.Name
	}
	return Key{Kind: Column, Schema: k.Schema, Table: t, Name: name}
}

// String gives the name by which flags call an object: "users", "users.bio", and with a
// schema other than public before it.
func (k Key) String() string {
	s := k.Name
	if k.Table != "" {
		s = k.Table + "." + s
	}
	if k.Schema != "" && k.Schema != publicSchema {
		s = k.Schema + "." + s
	}
	return s
}

const (
	publicSchema  = "public"
	publicComment = "standard public schema"
)

// Object is one object as the catalog describes it. Fields that a kind does not have
// are empty.
type Object struct {
	Key     `json:"-"`
	Comment string `json:"-"`
	// Needs lists what the object cannot be without.
	Needs  []Key  `json:"-"`
	Rights Rights `json:"-"`
	// place is the position of a column in its table.
	place int
	// oid is another one when the object was made again.
	oid uint32

	// Def is the statement or clause that makes the object, in Postgres' words.
	Def string `json:"def,omitempty"`
	// Type is the data type of a column, sequence, domain or of a function's result.
	Type string `json:"type,omitempty"`
	// Of is the schema of an extension, or the storage that a column's type asks for.
	Of        string `json:"of,omitempty"`
	Collation string `json:"collation,omitempty"`
	NotNull   bool   `json:"not_null,omitempty"`
	Default   string `json:"default,omitempty"`
	// Labels are those of an enum, in order.
	Labels []string `json:"labels,omitempty"`
	// Parts are a domain's constraints, a composite type's or view's columns, or the
	// statistics targets of an index by the number of the column.
	Parts []Part `json:"parts,omitempty"`
	// Columns are those a constraint or index is on.
	Columns []string `json:"columns,omitempty"`
	// Shape is the kind of a constraint (c, f, p, u, x) or function (f, p, w).
	Shape    string    `json:"shape,omitempty"`
	Unique   bool      `json:"unique,omitempty"`
	Invalid  bool      `json:"invalid,omitempty"`
	Sequence *SeqState `json:"sequence,omitempty"`
	Identity string    `json:"identity,omitempty"`  // a (always) or d (by default)
	Generate string    `json:"generated,omitempty"` // s (stored) or v (virtual)
	Storage  string    `json:"storage,omitempty"`
	Compress string    `json:"compress,omitempty"`
	// Target is the statistics target of a column; nil is the server's.
	Target *int      `json:"target,omitempty"`
	Attr   TableAttr `json:"attr,omitzero"`
	// Enabled is a trigger's or rule's state: O, D, R or A.
	Enabled      string   `json:"enabled,omitempty"`
	Materialized bool     `json:"materialized,omitempty"`
	Options      []string `json:"options,omitempty"`
	// Ref is the table a foreign key refers to, as SQL writes it.
	Ref        string   `json:"ref,omitempty"`
	RefColumns []string `json:"ref_columns,omitempty"`
	// RefSchema and RefTable are the same as names.
	RefSchema string `json:"ref_schema,omitempty"`
	RefTable  string `json:"ref_table,omitempty"`
}

// Part is a named piece of an object.
type Part struct {
	Name    string `json:"name"`
	Def     string `json:"def"`
	Comment string `json:"comment,omitempty"`
	// Default is that of a view's column, for inserts through the view.
	Default string `json:"default,omitempty"`
}

// SeqState describes a sequence, by itself or of an identity column.
type SeqState struct {
	Schema    string `json:"schema"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	Start     int64  `json:"start"`
	Increment int64  `json:"increment"`
	Min       int64  `json:"min"`
	Max       int64  `json:"max"`
	Cache     int64  `json:"cache"`
	Cycle     bool   `json:"cycle"`
	// The column that owns the sequence, if any.
	OwnerSchema string `json:"owner_schema,omitempty"`
	OwnerTable  string `json:"owner_table,omitempty"`
	OwnerColumn string `json:"owner_column,omitempty"`
}

// TableAttr is what a table has besides columns and what hangs on it.
type TableAttr struct {
	Persistence string   `json:"persistence,omitempty"` // p or u
	Partition   string   `json:"partition,omitempty"`   // the clause after PARTITION BY
	Parents     []string `json:"parents,omitempty"`     // as SQL writes them
	Bound       string   `json:"bound,omitempty"`       // FOR VALUES ...
	Security    bool     `json:"security,omitempty"`
	Force       bool     `json:"force,omitempty"`
	Replica     string   `json:"replica,omitempty"`
	Cluster     string   `json:"cluster,omitempty"` // the index that CLUSTER uses
	OfType      string   `json:"of_type,omitempty"` // as SQL writes it
	// Inherited are columns of parents that have another default here; "" for none.
	Inherited []Part `json:"inherited,omitempty"`
}

// State is the schema of a database.
type State struct {
	Objects map[Key]*Object
	sorted  []Key
	user    string // the role that has read it
}

// Listed is an object with its name, for lists of a state.
type Listed struct {
	Kind Kind `json:"kind"`
	// Name is as [Key.String] gives it.
	Name    string `json:"name"`
	Comment string `json:"comment,omitempty"`
	*Object
}

// List gives all objects in order.
func (s *State) List() []Listed {
	all := make([]Listed, 0, len(s.Objects))
	for _, k := range s.keys() {
		o := s.Objects[k]
		all = append(all, Listed{k.Kind, k.String(), o.Comment, o})
	}
	return all
}

// keys lists all keys in order.
func (s *State) keys() []Key {
	if len(s.sorted) != len(s.Objects) {
		s.sorted = slices.SortedFunc(maps.Keys(s.Objects), compareKeys)
	}
	return slices.Clone(s.sorted)
}

// of lists the objects of a kind in order.
func (s *State) of(kind Kind) []*Object {
	var all []*Object
	keys := s.keys()
	from, _ := slices.BinarySearchFunc(keys, Key{Kind: kind}, compareKeys)
	for _, k := range keys[from:] {
		if k.Kind != kind {
			break
		}
		all = append(all, s.Objects[k])
	}
	return all
}

// on lists the objects of a kind that belong to a table, in order.
func (s *State) on(table Key, kind Kind) []*Object {
	return slices.DeleteFunc(s.of(kind), func(o *Object) bool { return o.Schema != table.Schema || o.Key.Table != table.Name })
}

// Empty reports whether there is nothing but what every database has.
func (s *State) Empty() bool {
	for k := range s.Objects {
		if k.Kind != Schema && k.Kind != Extension {
			return false
		}
	}
	return true
}

// Equal reports whether two states are the same.
func (s *State) Equal(other *State) bool { return len(s.Diff(other)) == 0 }

// Diff lists the keys of what differs between two states, in order.
func (s *State) Diff(other *State) []Key {
	var all []Key
	for k, o := range s.Objects {
		if p, ok := other.Objects[k]; !ok || !same(o, p) {
			all = append(all, k)
		}
	}
	for k := range other.Objects {
		if _, ok := s.Objects[k]; !ok {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, compareKeys)
	return all
}

// String lists all objects with what is compared, one a line.
func (s *State) String() string {
	var b strings.Builder
	for _, k := range s.keys() {
		o := s.Objects[k]
		data, err := json.Marshal(o)
		if err != nil {
			data = []byte(err.Error())
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", k.Kind, k, data, sqltext.Literal(o.Comment))
	}
	return b.String()
}
