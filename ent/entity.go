// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package ent

import (
	"context"

	"entgo.io/ent"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/ent/accesstoken"
	"github.com/entgraph/entgraph/ent/auditlog"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/ent/profile"
	"github.com/entgraph/entgraph/ent/tag"
	"github.com/entgraph/entgraph/ent/tagging"
	"github.com/entgraph/entgraph/ent/user"
	"github.com/entgraph/entgraph/internal/entity"
)

// Mutate runs a mutation of any entity on the client in the context.
func Mutate(ctx context.Context, m ent.Mutation) (ent.Value, error) {
	return FromContext(ctx).Mutate(ctx, m)
}

// Entities describes every entity that the API serves.
var Entities = []entity.Entity{
	{Name: "AccessToken", Field: "accessToken", Plural: "accessTokens", Prefix: "token", Table: "access_tokens",
		Fields: []entity.Field{
			entity.IDField(),
			entity.TimeField("createdAt", "created_at", entity.Immutable|entity.Optional|entity.ReadOnly),
			entity.TimeField("updatedAt", "updated_at", entity.Optional|entity.ReadOnly),
			entity.Limited(entity.StringField("name", "name", entity.Immutable|entity.Trimmed, &accesstoken.NameValidator), 100),
			entity.EnumField("scope", "scope", entity.Immutable, accesstoken.ScopeValidator),
			entity.TimeField("expiresAt", "expires_at", entity.Immutable),
			entity.TimeField("usedAt", "used_at", entity.Nullable|entity.Optional|entity.ReadOnly),
		},
		Edges: []entity.Edge{
			entity.Own("user", "User", "user_id", "userID", true, false, (*AccessTokenMutation).SetUserID, (*AccessTokenMutation).ClearUser),
		},
		Without: []entity.RootKind{entity.Create, entity.Update},
		Policy:  &accesstoken.Policy,
		Create:  func(ctx context.Context) entity.Mutation { return FromContext(ctx).AccessToken.Create().Mutation() },
		Update: func(ctx context.Context, id uuid.UUID) entity.Mutation {
			return FromContext(ctx).AccessToken.UpdateOneID(id).Mutation()
		},
		Delete: func(ctx context.Context, id uuid.UUID) error {
			return FromContext(ctx).AccessToken.DeleteOneID(id).Exec(ctx)
		},
	},
	{Name: "AuditLog", Field: "auditLog", Plural: "auditLogs", Prefix: "audit", Table: "audit_logs",
		Fields: []entity.Field{
			entity.IDField(),
			entity.TimeField("createdAt", "created_at", entity.Immutable|entity.Optional|entity.ReadOnly),
			entity.StringField[string]("actor", "actor", entity.Immutable|entity.Long, nil),
			entity.StringField[string]("requestID", "request_id", entity.Nullable|entity.Immutable|entity.Optional|entity.Long, nil),
			entity.EnumField("action", "action", entity.Immutable, auditlog.ActionValidator),
			entity.StringField[string]("entity", "entity", entity.Immutable|entity.Long, nil),
			entity.StringField[string]("entityID", "entity_id", entity.Immutable|entity.Long, nil),
			entity.JSONField("before", "before", entity.Nullable|entity.Immutable|entity.Optional, (*AuditLogMutation).SetBefore),
			entity.JSONField("after", "after", entity.Nullable|entity.Immutable|entity.Optional, (*AuditLogMutation).SetAfter),
		},
		Edges:   []entity.Edge{},
		Without: []entity.RootKind{entity.Create, entity.Update, entity.Delete},
		Policy:  &auditlog.Policy,
		Create:  func(ctx context.Context) entity.Mutation { return FromContext(ctx).AuditLog.Create().Mutation() },
		Update: func(ctx context.Context, id uuid.UUID) entity.Mutation {
			return FromContext(ctx).AuditLog.UpdateOneID(id).Mutation()
		},
		Delete: func(ctx context.Context, id uuid.UUID) error {
			return FromContext(ctx).AuditLog.DeleteOneID(id).Exec(ctx)
		},
	},
	{Name: "Post", Field: "post", Plural: "posts", Prefix: "post", Table: "posts",
		Fields: []entity.Field{
			entity.IDField(),
			entity.TimeField("createdAt", "created_at", entity.Immutable|entity.Optional|entity.ReadOnly),
			entity.TimeField("updatedAt", "updated_at", entity.Optional|entity.ReadOnly),
			entity.Limited(entity.StringField("title", "title", entity.Trimmed, &post.TitleValidator), 200),
			entity.StringField("body", "body", entity.Optional|entity.Long, &post.BodyValidator),
			entity.EnumField("status", "status", entity.Optional, post.StatusValidator),
			entity.TimeField("publishedAt", "published_at", entity.Nullable|entity.Optional),
		},
		Edges: []entity.Edge{
			entity.Own("author", "User", "author_id", "authorID", true, false, (*PostMutation).SetAuthorID, (*PostMutation).ClearAuthor),
			entity.Writable(entity.ManyToMany("tags", "Tag", "taggings", "post_id", "tag_id", "Tagging"), "tagIDs", "addTagIDs", "removeTagIDs", (*PostMutation).AddTagIDs, (*PostMutation).RemoveTagIDs),
			entity.HasMany("taggings", "Tagging", "post_id"),
		},
		Search: &entity.Search{Column: "search", Config: "english", Fields: []entity.SearchField{{Column: "title", Weight: "A"}, {Column: "body", Weight: "B"}}},
		Policy: &post.Policy,
		Create: func(ctx context.Context) entity.Mutation { return FromContext(ctx).Post.Create().Mutation() },
		Update: func(ctx context.Context, id uuid.UUID) entity.Mutation {
			return FromContext(ctx).Post.UpdateOneID(id).Mutation()
		},
		Delete: func(ctx context.Context, id uuid.UUID) error { return FromContext(ctx).Post.DeleteOneID(id).Exec(ctx) },
	},
	{Name: "Profile", Field: "profile", Plural: "profiles", Prefix: "profile", Table: "profiles",
		Fields: []entity.Field{
			entity.IDField(),
			entity.TimeField("createdAt", "created_at", entity.Immutable|entity.Optional|entity.ReadOnly),
			entity.TimeField("updatedAt", "updated_at", entity.Optional|entity.ReadOnly),
			entity.Limited(entity.StringField("firstName", "first_name", entity.Nullable|entity.Optional|entity.Trimmed, &profile.FirstNameValidator), 100),
			entity.Limited(entity.StringField("lastName", "last_name", entity.Nullable|entity.Optional|entity.Trimmed, &profile.LastNameValidator), 100),
			entity.StringField("bio", "bio", entity.Nullable|entity.Optional|entity.Long, &profile.BioValidator),
		},
		Edges: []entity.Edge{
			entity.Own("user", "User", "user_id", "userID", true, false, (*ProfileMutation).SetUserID, (*ProfileMutation).ClearUser),
		},
		Policy: &profile.Policy,
		Create: func(ctx context.Context) entity.Mutation { return FromContext(ctx).Profile.Create().Mutation() },
		Update: func(ctx context.Context, id uuid.UUID) entity.Mutation {
			return FromContext(ctx).Profile.UpdateOneID(id).Mutation()
		},
		Delete: func(ctx context.Context, id uuid.UUID) error {
			return FromContext(ctx).Profile.DeleteOneID(id).Exec(ctx)
		},
	},
	{Name: "Tag", Field: "tag", Plural: "tags", Prefix: "tag", Table: "tags",
		Fields: []entity.Field{
			entity.IDField(),
			entity.TimeField("createdAt", "created_at", entity.Immutable|entity.Optional|entity.ReadOnly),
			entity.TimeField("updatedAt", "updated_at", entity.Optional|entity.ReadOnly),
			entity.Limited(entity.StringField("name", "name", entity.Unique|entity.Trimmed, &tag.NameValidator), 50),
		},
		Edges: []entity.Edge{
			entity.Writable(entity.ManyToMany("posts", "Post", "taggings", "tag_id", "post_id", "Tagging"), "postIDs", "addPostIDs", "removePostIDs", (*TagMutation).AddPostIDs, (*TagMutation).RemovePostIDs),
			entity.HasMany("taggings", "Tagging", "tag_id"),
		},
		Policy: &tag.Policy,
		Create: func(ctx context.Context) entity.Mutation { return FromContext(ctx).Tag.Create().Mutation() },
		Update: func(ctx context.Context, id uuid.UUID) entity.Mutation {
			return FromContext(ctx).Tag.UpdateOneID(id).Mutation()
		},
		Delete: func(ctx context.Context, id uuid.UUID) error { return FromContext(ctx).Tag.DeleteOneID(id).Exec(ctx) },
	},
	{Name: "Tagging", Field: "tagging", Plural: "taggings", Prefix: "tagging", Table: "taggings",
		Fields: []entity.Field{
			entity.IDField(),
			entity.TimeField("createdAt", "created_at", entity.Immutable|entity.Optional|entity.ReadOnly),
			entity.TimeField("updatedAt", "updated_at", entity.Optional|entity.ReadOnly),
			entity.IntField[int]("position", "position", entity.Int, entity.Optional, &tagging.PositionValidator),
		},
		Edges: []entity.Edge{
			entity.Own("post", "Post", "post_id", "postID", true, false, (*TaggingMutation).SetPostID, (*TaggingMutation).ClearPost),
			entity.Own("tag", "Tag", "tag_id", "tagID", true, false, (*TaggingMutation).SetTagID, (*TaggingMutation).ClearTag),
		},
		Policy: &tagging.Policy,
		Create: func(ctx context.Context) entity.Mutation { return FromContext(ctx).Tagging.Create().Mutation() },
		Update: func(ctx context.Context, id uuid.UUID) entity.Mutation {
			return FromContext(ctx).Tagging.UpdateOneID(id).Mutation()
		},
		Delete: func(ctx context.Context, id uuid.UUID) error {
			return FromContext(ctx).Tagging.DeleteOneID(id).Exec(ctx)
		},
	},
	{Name: "User", Field: "user", Plural: "users", Prefix: "user", Table: "users",
		Fields: []entity.Field{
			entity.IDField(),
			entity.TimeField("createdAt", "created_at", entity.Immutable|entity.Optional|entity.ReadOnly),
			entity.TimeField("updatedAt", "updated_at", entity.Optional|entity.ReadOnly),
			entity.Limited(entity.StringField("username", "username", entity.Unique|entity.Trimmed|entity.Lowered, &user.UsernameValidator), 32),
			entity.Limited(entity.StringField("email", "email", entity.Unique|entity.Trimmed|entity.Lowered, &user.EmailValidator), 254),
			entity.EnumField("role", "role", entity.Optional, user.RoleValidator),
		},
		Edges: []entity.Edge{
			entity.HasOne("profile", "Profile", "user_id"),
			entity.HasMany("posts", "Post", "author_id"),
			entity.HasMany("accessTokens", "AccessToken", "user_id"),
		},
		Computed: []entity.ComputedField{
			{Name: "displayName", Type: "String!", Needs: []string{"username", "profile.first_name", "profile.last_name"}},
		},
		Policy: &user.Policy,
		Create: func(ctx context.Context) entity.Mutation { return FromContext(ctx).User.Create().Mutation() },
		Update: func(ctx context.Context, id uuid.UUID) entity.Mutation {
			return FromContext(ctx).User.UpdateOneID(id).Mutation()
		},
		Delete: func(ctx context.Context, id uuid.UUID) error { return FromContext(ctx).User.DeleteOneID(id).Exec(ctx) },
	},
}
