package codegen

import (
	"fmt"

	"entgo.io/ent/dialect"
	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// idField reads the id of a schema, which is a UUID, an integer or a text.
func idField(node *gen.Type, id *gen.Field) (entity.Field, error) {
	switch {
	case node.IsView() && id == nil:
		return entity.Field{}, nil // see checkPlace
	}
	typ, err := keyTypeOf(id)
	if err != nil {
		return entity.Field{}, fmt.Errorf("%s.%s: %w", node.Name, id.Name, err)
	}
	switch a, err := annotation(id.Annotations); {
	case err != nil:
		return entity.Field{}, fmt.Errorf("read annotation of %s.%s: %w", node.Name, id.Name, err)
	case a.Trim || a.Lower:
		return entity.Field{}, fmt.Errorf("%s.%s: an id is taken as it is given: remove Trim and Lower, and refuse what is not good by a validator such as Match", node.Name, id.Name)
	}
	f := entity.Field{Name: "id", Column: id.StorageKey(), Type: entity.ID, Key: typ, Flags: entity.Unique | entity.ReadOnly | entity.Immutable}
	if !isView(node) && givenID(node) {
		f.Flags &^= entity.ReadOnly
	}
	return f, nil
}

// givenID reports whether whoever creates an entity must say its id: neither Ent nor the database
// makes one.
func givenID(node *gen.Type) bool {
	return !node.ID.Default && !databaseDefault(node.ID) && !numbered(node)
}

// numbered reports whether the database numbers the rows.
func numbered(node *gen.Type) bool {
	return entity.IsSerial(node.ID.Column().SchemaType[dialect.Postgres]) || node.ID.PK().Increment
}

// checkOwner refuses a rule.Owner on a column that cannot hold the id of a user.
func (m *model) checkOwner(e *entityModel, c rule.Cond) error {
	f := e.column(c.Name)
	if f == nil {
		return fmt.Errorf("%s: rule.Owner(%q): there is no such column with the id of a user%s", e.Name, c.Name, e.hint())
	}
	typ, err := keyTypeOf(f)
	if err != nil {
		return fmt.Errorf("%s: rule.Owner(%q): the column is a field.%s, which holds no id of a user%s", e.Name, c.Name, entity.FieldName(f.Type.Type), e.hint())
	}
	users := m.parts.nodes[kit.Users]
	if users == nil || !users.HasOneFieldID() {
		return nil
	}
	if want, err := keyTypeOf(users.ID); err == nil && !typ.Like(want) {
		return fmt.Errorf("%s: rule.Owner(%q): the column is a %s, but the id of %s a %s", e.Name, c.Name, typ.SQL(), entity.AnyOne(users.Name), want.SQL())
	}
	return nil
}

// keyTypeOf is how a field holds ids.
func keyTypeOf(f *gen.Field) (entity.KeyType, error) {
	return entity.CheckKey(f.Type.Type, f.Column().SchemaType[dialect.Postgres])
}

// checkUsersID refuses an id of users with which signing in does not work: whoever signs up does
// not choose one.
func (m *model) checkUsersID() error {
	users := m.parts.nodes[kit.Users]
	switch {
	case users == nil || !users.HasOneFieldID():
		return nil
	case givenID(users):
		return fmt.Errorf("%s.id: whoever signs up gives no id: let Ent or the database make the id of the entity with kit.Account, by a default", users.Name)
	}
	return nil
}
