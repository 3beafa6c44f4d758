package kit

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// AuditLog holds who changed what, one row for each row of an entity that was made, changed or
// deleted. Triggers write it in the transaction of the change, so that nothing goes past it: not a
// cascade, and not SQL by hand. The generator makes them for every entity that the API serves;
// entity.NoAudit leaves one out. Of a field that its entity's policy hides from somebody who may
// read the log, and of one that the API does not show, the log has no values.
type AuditLog struct{ ent.Schema }

// Mixin of AuditLog.
func (AuditLog) Mixin() []ent.Mixin { return []ent.Mixin{auditLog{}} }

// Policy of AuditLog: the role [Admin] reads it, and nobody writes it. For another rule, which an
// app with roles of its own needs, declare the method again:
//
//	func (AuditLog) Policy() ent.Policy { return rule.Policy{Read: rule.Role("STAFF")} }
func (AuditLog) Policy() ent.Policy { return rule.Policy{Read: rule.Role(Admin)} }

type auditLog struct{ mixin.Schema }

// Fields of auditLog. They are plain text, so that a row says the same when what it names is gone.
func (auditLog) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).
			Immutable().
			Annotations(entsql.DefaultExpr(entity.UUIDv7)).
			Comment("Version 7 UUID; sorts by time."),
		field.Time("created_at").
			Default(entity.Now).
			Immutable().
			Annotations(entsql.DefaultExpr("now()"), entity.Managed()).
			Comment("When the transaction began that made the change."),
		field.Text("actor").
			Immutable().
			Comment("Who made it: the id of a user, anonymous, system, or the word role with the name of the database role of somebody who used no API."),
		field.Text("request_id").
			Optional().
			Nillable().
			Immutable().
			Comment("The request that it came with, as in the log and in X-Request-Id; null outside of the API."),
		field.Enum("action").
			NamedValues("Create", "CREATE", "Update", "UPDATE", "Delete", "DELETE").
			Immutable().
			SchemaType(map[string]string{dialect.Postgres: "varchar(16)"}).
			Comment("What was done."),
		field.Text("entity").Immutable().Comment("What it was done to, such as Post."),
		field.Text("entity_id").Immutable().Comment("The id of what was changed, as in the API."),
		field.JSON("before", map[string]any{}).
			Optional().
			Immutable().
			Comment("The columns before: of a change those that differ; null for what was made. A secret is only named."),
		field.JSON("after", map[string]any{}).
			Optional().
			Immutable().
			Comment("The columns after: of a change those that differ; null for what was deleted. A secret is only named."),
	}
}

// Indexes of auditLog: the story of one thing, and of one user.
func (auditLog) Indexes() []ent.Index {
	return []ent.Index{index.Fields("entity_id", "id"), index.Fields("actor", "id"), index.Fields("created_at", "id")}
}

// Annotations of auditLog.
func (auditLog) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("What was changed, by whom and with which request."),
		entsql.WithComments(true),
		entity.Prefix("audit"),
		entity.Without(entity.Create, entity.Update, entity.Delete),
		As(Changes),
		entsql.Checks(map[string]string{"audit_logs_action_values": `action IN ('CREATE', 'UPDATE', 'DELETE')`}),
	}
}
