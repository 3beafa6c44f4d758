package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/entgraph/entgraph/entity"
)

// Attempt counts how often something was tried of which too much is refused, such as
// passwords of one account. It is kept out of the API: package auth alone reads and
// writes it.
type Attempt struct{ ent.Schema }

// Fields of Attempt.
func (Attempt) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").
			SchemaType(map[string]string{dialect.Postgres: "varchar(64)"}).
			Immutable().
			Comment("SHA-256 of what is counted, in hexadecimal digits."),
		field.Int("count").Comment("How often, since the count began."),
		field.Time("ends_at").Comment("When the count begins anew."),
	}
}

// Indexes of Attempt: those that have ended are looked for by time.
func (Attempt) Indexes() []ent.Index { return []ent.Index{index.Fields("ends_at")} }

// Annotations of Attempt.
func (Attempt) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("How often something was tried of which too much is refused."),
		entsql.WithComments(true),
		entity.Skip(),
	}
}
