// Package table is what generated code names:
//
//	var Engine = table.Engine{Entities: allEntities, Tables: migrate.Tables} // in ent/entity.go
//
// It is for generated code of the same version and for nothing else: its names may change with
// every release, and change together with the generator. Of an [Engine] apps use the method
// With, which adds hooks:
//
//	Ent: ent.Engine.With(ent.TypeProduct, limits.Products),
//
// The types are those of the engine; see internal/entity.
package table

import (
	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// Version2RunGoToolEntgraphGenerate is the version of generated code that fits this release.
// Code of another version names a constant that is not here, so that it does not compile; the
// compiler's message then says what to run.
const Version2RunGoToolEntgraphGenerate = true

// What an entity is described by.
type (
	Engine        = entity.Engine
	Account       = entity.Account
	Entity        = entity.Entity
	Field         = entity.Field
	Edge          = entity.Edge
	OneOf         = entity.OneOf
	Search        = entity.Search
	SearchField   = entity.SearchField
	Check         = entity.Check
	ComputedField = declare.ComputedField
	RootKind      = entity.RootKind
	Client        = entity.Client
	Mutation      = entity.Mutation
	Flags         = entity.Flags
	Key           = key.Key
)

// What an entity is read from besides a table of the program's own.
const (
	View     = entity.View
	External = entity.External
)

// The generated mutations of an entity.
const (
	Create = entity.Create
	Update = entity.Update
	Delete = entity.Delete
)

// The types of integers, those of what is sent as text, and those of the elements of arrays.
const (
	String        = entity.String
	Int           = entity.Int
	BigInt        = entity.BigInt
	Float         = entity.Float
	Float32       = entity.Float32
	Bool          = entity.Bool
	Time          = entity.Time
	UUID          = entity.UUID
	Decimal       = entity.Decimal
	Date          = entity.Date
	LocalDateTime = entity.LocalDateTime
	TimeOfDay     = entity.TimeOfDay
	Duration      = entity.Duration
	Inet          = entity.Inet
	Cidr          = entity.Cidr
	MacAddr       = entity.MacAddr

	IntRange           = entity.IntRange
	BigIntRange        = entity.BigIntRange
	DecimalRange       = entity.DecimalRange
	LocalDateTimeRange = entity.LocalDateTimeRange
	TimeRange          = entity.TimeRange
	DateRange          = entity.DateRange
)

// The types of ids.
const (
	UUIDKey  = entity.UUIDKey
	Int16Key = entity.Int16Key
	Int32Key = entity.Int32Key
	Int64Key = entity.Int64Key
	TextKey  = entity.TextKey
)

// The flags of a field.
const (
	Nullable  = entity.Nullable
	Unique    = entity.Unique
	Immutable = entity.Immutable
	Optional  = entity.Optional
	ReadOnly  = entity.ReadOnly
	Long      = entity.Long
	Trimmed   = entity.Trimmed
	Lowered   = entity.Lowered
	Equatable = entity.Equatable
	Verbatim  = entity.Verbatim
)

// The fields and edges without a type parameter.
var (
	BoolField  = entity.BoolField
	TimeField  = entity.TimeField
	UUIDField  = entity.UUIDField
	BytesField = entity.BytesField
	Item       = entity.Item
	EnumItem   = entity.EnumItem
	Limited    = entity.Limited
	Precise    = entity.Precise
	Padded     = entity.Padded
	Native     = entity.Native
	Caseless   = entity.Caseless
	Named      = entity.Named
	HasOne     = entity.HasOne
	HasMany    = entity.HasMany
	Needed     = entity.Needed
	ByViewer   = entity.ByViewer
	ManyToMany = entity.ManyToMany
	LinkIn     = entity.LinkIn

	InSchemas     = entity.InSchemas
	WithoutTables = entity.WithoutTables
	OnlyTables    = entity.OnlyTables
)

// IDField is the id of an entity.
func IDField[M, T any](of func(M) (T, bool), column string, typ entity.KeyType) Field {
	return entity.IDField(of, column, typ)
}

// ValidID is an id with a validator.
func ValidID[T any](f Field, validator *func(T) error) Field { return entity.ValidID(f, validator) }

// Given is an id that clients choose.
func Given[M, T any](f Field, set func(M, T)) Field { return entity.Given(f, set) }

// ByID calls a function of Ent with an id as its Go type.
func ByID[T, R any](f func(T) R, k Key) R { return f(entity.GoID[T](k)) }

// StringField is a text.
func StringField[T ~string](name, column string, flags Flags, validator *func(T) error) Field {
	return entity.StringField(name, column, flags, validator)
}

// EnumField is a text of a fixed set.
func EnumField[T ~string](name, column string, flags Flags, validator func(T) error) Field {
	return entity.EnumField(name, column, flags, validator)
}

// IntField is an integer.
func IntField[T entity.Integer](name, column string, typ entity.Type, flags Flags, validator *func(T) error) Field {
	return entity.IntField(name, column, typ, flags, validator)
}

// FloatField is a floating point number.
func FloatField[T ~float64 | ~float32](name, column string, flags Flags, validator *func(T) error) Field {
	return entity.FloatField(name, column, flags, validator)
}

// StringOf, IntOf and FloatOf are fields with a type of Go of the app's own, that which the setter
// of Ent's mutation takes.
func StringOf[M any, T ~string](name, column string, flags Flags, set func(M, T)) Field {
	return entity.StringOf(name, column, flags, set)
}

// IntOf is like [StringOf].
func IntOf[M any, T entity.Integer](name, column string, typ entity.Type, flags Flags, set func(M, T)) Field {
	return entity.IntOf(name, column, typ, flags, set)
}

// FloatOf is like [StringOf].
func FloatOf[M any, T ~float64 | ~float32](name, column string, flags Flags, set func(M, T)) Field {
	return entity.FloatOf(name, column, flags, set)
}

// TextField is of a type that is sent to Postgres as text, with the type of Go that the setter of
// Ent's mutation takes.
func TextField[M, T any](name, column string, typ entity.Type, flags Flags, set func(M, T), validator *func(T) error) Field {
	return entity.TextField(name, column, typ, flags, set, validator)
}

// CustomField is of a scalar that the app declares, by the text of its column.
func CustomField[M, T any](name, column, scalar, sqlType string, flags Flags, set func(M, T)) Field {
	return entity.CustomField(name, column, scalar, sqlType, flags, set)
}

// JSONField is a document of the type that the setter of Ent's mutation takes.
func JSONField[M, T any](name, column string, flags Flags, set func(M, T)) Field {
	return entity.JSONField(name, column, flags, set)
}

// ListField is an array of the type of Go, a slice, that the setter of Ent's mutation takes.
func ListField[M, T any](name, column string, item Field, flags Flags, set func(M, T)) Field {
	return entity.ListField(name, column, item, flags, set)
}

// Own is a to-one edge whose foreign key is a column of the entity itself.
func Own[M, T any](name, typ, column, input string, required, immutable bool, set func(M, T), clear func(M)) Edge {
	return entity.Own(name, typ, column, input, required, immutable, set, clear)
}

// Settable lets inputs set and clear a to-one edge whose foreign key is a column of the target.
func Settable[M, T any](e Edge, input string, immutable bool, set func(M, T), clear func(M)) Edge {
	return entity.Settable(e, input, immutable, set, clear)
}

// Writable lets inputs add to and remove from a to-many edge.
func Writable[M, T any](e Edge, input, addInput, removeInput string, add, remove func(M, ...T)) Edge {
	return entity.Writable(e, input, addInput, removeInput, add, remove)
}
