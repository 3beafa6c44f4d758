package entity

import (
	"strings"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// UUIDv7 is the SQL expression that makes a version 7 UUID, so that rows inserted by hand and links
// inserted in bulk get an id that sorts by creation, like those made in Go.
// Postgres has uuidv7() only from 18 on. Source: RFC 9562, section 5.7.
const UUIDv7 = `encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid`

// Base gives an entity what every entity has: a time-ordered id and the times of
// its creation and last change.
type Base struct{ mixin.Schema }

// Fields of Base.
func (Base) Fields() []ent.Field {
	return append([]ent.Field{
		field.UUID("id", uuid.UUID{}).
			Default(func() uuid.UUID { return uuid.Must(uuid.NewV7()) }).
			Immutable().
			Annotations(entsql.DefaultExpr(UUIDv7)).
			Comment("Version 7 UUID; sorts by creation."),
	}, times()...)
}

// Indexes of Base: lists are ordered by creation time.
func (Base) Indexes() []ent.Index {
	return []ent.Index{index.Fields("created_at", "id")}
}

// Annotations of Base: comments are written to the database too.
func (Base) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.WithComments(true)}
}

// Link is Base for an edge schema, the entity behind a many-to-many edge. Its id
// comes from the database, because Ent writes all links of one call with the same
// Go-side defaults, which would give them one id.
type Link struct{ mixin.Schema }

// Fields of Link.
func (Link) Fields() []ent.Field {
	return append([]ent.Field{
		field.UUID("id", uuid.UUID{}).
			Immutable().
			Annotations(entsql.DefaultExpr(UUIDv7)).
			Comment("Version 7 UUID, made by the database; sorts by creation."),
	}, times()...)
}

// Annotations of Link: comments are written to the database too.
func (Link) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.WithComments(true)}
}

// Trigrams is an index for the filters Contains, HasSuffix, EqualFold and ContainsFold
// of a text field, with which Postgres otherwise reads every row. It needs words of
// three letters or more. The extension pg_trgm comes with the migration.
func Trigrams(field string) ent.Index {
	return index.Fields(field).Annotations(entsql.IndexType("GIN"), entsql.OpClass("gin_trgm_ops"))
}

func times() []ent.Field {
	return []ent.Field{
		field.Time("created_at").
			Default(Now).
			Immutable().
			Annotations(entsql.DefaultExpr("now()"), Managed()).
			Comment("When it was created."),
		field.Time("updated_at").
			Default(Now).
			UpdateDefault(Now).
			Annotations(entsql.DefaultExpr("now()"), Managed()).
			Comment("When it was last changed."),
	}
}

// Now is the time in UTC with the precision of a Postgres timestamp, so that a value that is
// written and read again is the same.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// UserOwned gives an entity a foreign key to User and the edge that goes with it.
// The zero value adds the field user_id and the required edge "user" of many
// entities to one User.
type UserOwned struct {
	mixin.Schema
	// Unique makes the relation one-to-one: a User has at most one of these.
	Unique bool
	// Optional allows entities that belong to nobody.
	Optional bool
	// BackRef is the name of the edge on User that leads back; required.
	BackRef string
	// User is the type of the entity that owns, such as Member.Type, whose id may be of any type;
	// by default the entity that is called User, whose id is then a UUID.
	User any
	// Viewer takes the signed-in user who creates the entity, as the annotation of this name does.
	Viewer bool
	// Field is the foreign key's name and ends in "_id"; by default "user_id". The
	// edge has the same name without the ending.
	Field string
}

// Fields of UserOwned: the foreign key.
func (o UserOwned) Fields() []ent.Field {
	comment := "The " + o.edge() + " it belongs to."
	if owner := schemaOf(o.User); owner != nil {
		f := References(o.column(), owner, comment)
		if o.Optional {
			f.Optional()
		}
		return []ent.Field{f}
	}
	f := field.UUID(o.column(), uuid.UUID{}).Comment(comment)
	if o.Optional {
		f.Optional().Nillable()
	}
	return []ent.Field{f}
}

// Edges of UserOwned: from the entity to its User.
func (o UserOwned) Edges() []ent.Edge {
	e := edge.From(o.edge(), o.user()).
		Ref(o.BackRef).
		Field(o.column()).
		Unique().
		Comment("The " + o.edge() + " it belongs to.")
	if !o.Optional {
		e.Required()
	}
	if o.Viewer {
		e.Annotations(Viewer())
	}
	return []ent.Edge{e}
}

// Indexes of UserOwned: the foreign key with the id, the order in which a User's
// own list is read. A one-to-one key has its unique index already.
func (o UserOwned) Indexes() []ent.Index {
	if o.Unique {
		return nil
	}
	return []ent.Index{index.Fields(o.column(), "id")}
}

func (o UserOwned) column() string {
	if o.Field == "" {
		return "user_id"
	}
	return o.Field
}

func (o UserOwned) edge() string { return strings.TrimSuffix(o.column(), "_id") }

// user is the type of the owner. Ent takes no more than its name from it.
func (o UserOwned) user() any {
	if o.User != nil {
		return o.User
	}
	type User struct{ ent.Schema }
	return User.Type
}
