package entity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// no is the id of a row of the world, by its number.
func no(n byte) key.Key { return key.UUID(uuid.UUID{15: n}) }

// idField is the id of an entity of the world.
func idField() Field {
	return IDField(func(m *recorded) (key.Key, bool) { return m.id, m.id != key.Key{} }, "id", UUIDKey)
}

// recorded is a mutation that notes what it is told, as "title=x", "body cleared" or
// "tags+1,2".
type recorded struct {
	ent.Mutation
	typ    string
	id     key.Key
	told   []string
	values map[string]ent.Value
}

func (m *recorded) note(format string, args ...any) {
	m.told = append(m.told, fmt.Sprintf(format, args...))
}
func (m *recorded) Type() string { return m.typ }

func (m *recorded) SetField(column string, v ent.Value) error {
	m.note("%s=%v", column, v)
	m.values[column] = v
	return nil
}

func (m *recorded) ClearField(column string) error {
	m.note("%s cleared", column)
	return nil
}

func (m *recorded) Field(column string) (ent.Value, bool) {
	v, ok := m.values[column]
	return v, ok
}

func (m *recorded) edge(name, sign string, ids []key.Key) {
	if len(ids) == 0 {
		return
	}
	var numbers []string
	for _, id := range ids {
		numbers = append(numbers, id.String()[35:])
	}
	m.note("%s%s%s", name, sign, strings.Join(numbers, ","))
}

// toOne is an edge by a foreign key of the entity.
func toOne(name, typ, column string, required bool) Edge {
	return Own(name, typ, column, name+"ID", required, false,
		func(m *recorded, id key.Key) {
			m.values[column] = id
			m.edge(name, "=", []key.Key{id})
		}, func(m *recorded) { m.note("%s cleared", name) })
}

// toMany lets inputs write an edge whose keys are those of a singular, such as "tag".
func toMany(e Edge, one string) Edge {
	name := upperFirst(one) + "IDs"
	return Writable(e, one+"IDs", "add"+name, "remove"+name,
		func(m *recorded, ids ...key.Key) { m.edge(e.Name, "+", ids) }, func(m *recorded, ids ...key.Key) { m.edge(e.Name, "-", ids) })
}

// world is a database of maps, and the client whose mutations it takes.
type world struct {
	graph *Graph
	rows  map[string]map[key.Key]map[string]ent.Value // table -> id -> columns
	ends  map[string][]key.Key                        // edge -> what it leads to
	data  map[string]ent.Value                        // of all links
	fails error                                       // what the database says of the next mutation
	last  *recorded
}

func (w *world) Mutate(_ context.Context, m ent.Mutation) (ent.Value, error) {
	w.last = m.(*recorded)
	if w.last.id == (key.Key{}) {
		w.last.id = no(200)
	}
	return nil, w.fails
}

func (w *world) find(ctx context.Context, _ *postgres.Tx, e *Entity, c rule.Cond, ids []key.Key) (out []key.Key, err error) {
	for _, id := range ids {
		row, ok := w.rows[e.Table][id]
		field := func(column string) (ent.Value, bool) {
			if column == "id" {
				return id, true
			}
			v, ok := row[column]
			return v, ok
		}
		if ok && c.Holds(viewer.FromContext(ctx), field).Op == rule.OpEveryone {
			out = append(out, id)
		}
	}
	return out, nil
}

func (w *world) lock(ctx context.Context, tx *postgres.Tx, e *Entity, c rule.Cond, id key.Key) error {
	if found, _ := w.find(ctx, tx, e, c, []key.Key{id}); len(found) == 0 {
		return ErrNotFound
	}
	return nil
}

func (w *world) targets(_ context.Context, _ *postgres.Tx, e *Edge, _ key.Key, among []key.Key, most int) (out []key.Key, err error) {
	for _, id := range w.ends[e.Name] {
		if (among == nil || slices.Contains(among, id)) && len(out) < most {
			out = append(out, id)
		}
	}
	return out, nil
}

// links finds links that fulfil a condition, all of which there are and have the same data.
func (w *world) links(ctx context.Context, _ *postgres.Tx, e *Edge, c rule.Cond, from key.Key, to []key.Key) (out []key.Key, err error) {
	not := c.Op == rule.OpNot // of what the values tell
	if not {
		c = c.Kids[0]
	}
	for _, id := range to {
		field := func(column string) (ent.Value, bool) {
			v, ok := map[string]ent.Value{e.LinkFrom: from, e.LinkTo: id}[column]
			if !ok {
				v, ok = w.data[column]
			}
			return v, ok
		}
		if holds := c.Holds(viewer.FromContext(ctx), field).Op == rule.OpEveryone; holds != not {
			out = append(out, id)
		}
	}
	return out, nil
}

// newWorld joins entities to a graph over rows: posts 1 and 2, users 1 to 3, of whom 3 is
// hidden, and tags 1 to 9, of which 9 is hidden.
func newWorld(t testing.TB, tables []*schema.Table, entities ...Entity) *world {
	t.Helper()
	w := &world{ends: map[string][]key.Key{}, rows: map[string]map[key.Key]map[string]ent.Value{}}
	for table, n := range map[string]byte{"posts": 2, "users": 3, "tags": 9} {
		w.rows[table] = map[key.Key]map[string]ent.Value{}
		for i := byte(1); i <= n; i++ {
			w.rows[table][no(i)] = map[string]ent.Value{"hidden": table != "posts" && i == n}
		}
	}
	for i := range entities {
		e := &entities[i]
		name := strings.ToLower(e.Name)
		e.Field, e.Plural, e.Prefix, e.Table = name, name+"s", name, name+"s"
		e.NewCreate = func(Client) Mutation { return &recorded{typ: e.Name, values: map[string]ent.Value{}} }
		e.NewUpdate = func(_ Client, id key.Key) Mutation {
			return &recorded{typ: e.Name, id: id, values: map[string]ent.Value{}}
		}
		e.DeleteOne = func(context.Context, Client, key.Key) error { return w.fails }
	}
	g, err := New(entities, tables, Store{Lock: w.lock, Targets: w.targets, Rows: w.find, Links: w.links, MaxLinks: 4})
	if err != nil {
		t.Fatal(err)
	}
	w.graph = g
	return w
}

// blog is a world of posts, users and tags. Everybody sees and writes all of it but what is
// hidden.
func blog(t testing.TB, tables ...*schema.Table) *world {
	t.Helper()
	open := ent.Policy(rule.Policy{Read: rule.Is("hidden", false), Write: rule.Everyone()})
	all := ent.Policy(rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()})
	name := StringField[string]("name", "name", Unique, nil)
	return newWorld(t, tables,
		Entity{Name: "Post", Policy: &all, Fields: []Field{
			idField(), TimeField("createdAt", "created_at", ReadOnly),
			StringField[string]("title", "title", Trimmed, nil),
			StringField[string]("firstLine", "first_line", Nullable|Optional, nil),
			IntField[int8]("rank", "rank", Int, Optional, nil),
		}, Edges: []Edge{
			toOne("author", "User", "author_id", true), toOne("editor", "User", "editor_id", false), toOne("parent", "Post", "parent_id", false),
			toMany(HasMany("replies", "Post", "parent_id"), "reply"),
			toMany(ManyToMany("tags", "Tag", "post_tags", "post_id", "tag_id", ""), "tag"),
			HasMany("hints", "Tag", "post_id"),
		}},
		Entity{Name: "User", Policy: &open, Fields: []Field{idField(), name}},
		Entity{Name: "Tag", Policy: &open, Fields: []Field{idField(), name}, Edges: []Edge{{Name: "post", Type: "Post", Unique: true, Column: "post_id"}}},
	)
}

// said lists what an error says, each as "path: message".
func said(err error) []string {
	switch err := err.(type) {
	case nil:
		return nil
	case *InputError:
		var out []string
		for _, f := range err.Fields {
			path := ""
			for _, step := range f.Path[1:] {
				path += fmt.Sprintf("%v ", step)
			}
			out = append(out, strings.TrimSpace(path)+": "+f.Message)
		}
		return out
	case *ConflictError:
		if len(err.Places) > 0 {
			var out []string
			for _, place := range err.Places {
				out = append(out, "conflict "+strings.Trim(fmt.Sprint(place[1:]), "[]")+": "+err.Message)
			}
			return out
		}
		return []string{"conflict " + strings.Join(err.Fields, ",") + ": " + err.Message}
	}
	return []string{err.Error()}
}
