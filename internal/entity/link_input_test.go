package entity

import (
	"context"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

// changed is a mutation of a link: it tells its world which it is.
type changed struct {
	*recorded
	op    ent.Op
	found int
}

func (m *changed) Op() ent.Op                       { return m.op }
func (m *changed) SetOp(op ent.Op)                  { m.op = op }
func (m *changed) WhereP(...func(*sql.Selector))    {}
func (m *changed) Fields() []string                 { return m.told }
func (m *changed) ClearedFields() []string          { return nil }
func (m *changed) ID() (key.Key, bool)              { return key.Key{}, false }
func (m *changed) Field(c string) (ent.Value, bool) { return m.recorded.Field(c) }

// club is a client of a world of users who follow and befriend each other.
type club struct {
	*world
	linked []key.Key // whom the first user follows
	log    []string
}

func (w *club) Mutate(_ context.Context, m ent.Mutation) (ent.Value, error) {
	link, ok := m.(*changed)
	if !ok {
		w.log = append(w.log, "user")
		m.(*recorded).id = no(1)
		return nil, nil
	}
	w.log = append(w.log, strings.Join(append([]string{link.op.String()}, link.told...), " "))
	return link.found, nil
}

// end is an edge of a link to a user, by which its mutations are told who it links.
func end(name string) Edge {
	column := name + "_id"
	return Own(name, "User", column, name+"ID", true, false, func(m *changed, id key.Key) {
		m.values[column] = id
		m.edge(name, "=", []key.Key{id})
	}, func(*changed) {})
}

func newClub(t *testing.T, without ...RootKind) *club {
	t.Helper()
	all := ent.Policy(rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()})
	w := &club{world: &world{ends: map[string][]key.Key{"friends": {no(2), no(3)}}, rows: map[string]map[key.Key]map[string]ent.Value{"users": {no(1): {}, no(2): {}, no(3): {}, no(4): {}}}}, linked: []key.Key{no(2), no(3)}}
	link := func(name, column string, since []Field, ends ...Edge) Entity {
		return Entity{
			Name: name, Table: column, Policy: &all, Without: without, Edges: ends,
			Fields: append([]Field{IntField[int]("weight", "weight", Int, 0, nil), IntField[int]("rank", "rank", Int, ReadOnly, nil)}, since...),
			NewCreate: func(Client) Mutation {
				return &changed{recorded: &recorded{typ: name, values: map[string]ent.Value{}}, op: ent.OpCreate}
			},
			NewChange: func(Client) Mutation {
				return &changed{recorded: &recorded{typ: name, values: map[string]ent.Value{}}, op: ent.OpUpdate, found: 1}
			},
		}
	}
	follows := func(name, from, to string) Edge {
		return toMany(ManyToMany(name, "User", "follows", from, to, "Follow"), name)
	}
	g, err := New([]Entity{
		{
			Name: "User", Field: "user", Plural: "users", Prefix: "user", Table: "users", Policy: &all, Fields: []Field{idField()},
			Edges: []Edge{
				follows("following", "follower_id", "followed_id"), follows("followers", "followed_id", "follower_id"),
				ManyToMany("friends", "User", "friendships", "one_id", "other_id", "Friendship"),
			},
			NewCreate: func(Client) Mutation { return &recorded{typ: "User", values: map[string]ent.Value{}} },
			NewUpdate: func(_ Client, id key.Key) Mutation {
				return &recorded{typ: "User", id: id, values: map[string]ent.Value{}}
			},
		},
		link("Follow", "follows", []Field{IntField[int]("since", "since", Int, Immutable|Optional, nil)}, end("follower"), end("followed")),
		link("Friendship", "friendships", nil, end("one"), end("other")),
	}, nil, Store{
		Lock: w.lock, Rows: w.find, Targets: w.targets, MaxLinks: 3,
		Links: func(_ context.Context, _ *postgres.Tx, _ *Edge, _ rule.Cond, _ key.Key, to []key.Key) (out []key.Key, err error) {
			return slices.DeleteFunc(slices.Clone(to), func(id key.Key) bool { return !slices.Contains(w.linked, id) }), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.graph = g
	return w
}

// TestLinkInputs moves operations on links with data into mutations: of the first user, who follows
// the second and third.
func TestLinkInputs(t *testing.T) {
	t.Parallel()
	w := newClub(t)
	user := func(n byte) string { return w.graph.Entity("User").FormatID(no(n)) }
	item := func(n byte, more ...any) vals {
		out := vals{"id": user(n)}
		for i := 0; i < len(more); i += 2 {
			out[more[i].(string)] = more[i+1]
		}
		return out
	}
	list := func(items ...any) []any { return items }
	const create, update = true, false
	for name, tc := range map[string]struct {
		creates bool
		input   vals
		want    []string // the mutations, with what they are told
		said    []string // instead
	}{
		"nothing": {update, vals{"following": nil, "followers": vals{"add": nil}}, []string{"user"}, nil},
		"a new one": {
			create, vals{"following": vals{"add": list(item(2, "weight", 5))}},
			[]string{"user", "OpCreate weight=5 follower=1 followed=2"}, nil,
		},
		"everything": {
			update, vals{"following": vals{"add": list(item(4, "weight", 1, "since", 9)), "update": list(item(2, "weight", 7)), "remove": list(user(3), user(3))}},
			[]string{"user", "OpDelete", "OpUpdate weight=7", "OpCreate since=9 weight=1 follower=1 followed=4"}, nil,
		},
		"from the other end":     {create, vals{"followers": vals{"add": list(item(2, "weight", 5))}}, []string{"user", "OpCreate weight=5 followed=1 follower=2"}, nil},
		"no data":                {update, vals{"following": vals{"update": list(item(2))}}, []string{"user"}, nil},
		"what is not there goes": {update, vals{"following": vals{"remove": list(user(4))}}, []string{"user"}, nil},
		"there already":          {update, vals{"following": vals{"add": list(item(4), item(3), item(2))}}, nil, []string{"conflict following add 1 id: is linked already", "conflict following add 2 id: is linked already"}},
		"not there":              {update, vals{"following": vals{"update": list(item(4, "weight", 1))}}, nil, []string{"following update 0 id: is not linked"}},
		"bad values": {
			update, vals{"following": vals{"add": list(item(4, "weight", nil, "since", "x"), item(9)), "remove": list("x")}}, nil,
			[]string{"following add 0 since: must be an integer", "following add 0 weight: must not be null", "following add 1 id: names something that does not exist", "following remove 0: is not the id of a User"},
		},
		"twice":               {update, vals{"following": vals{"add": list(item(4), item(4))}}, nil, []string{"following add 1 id: is in the list already"}},
		"in two":              {update, vals{"following": vals{"update": list(item(2)), "remove": list(user(3), user(2))}}, nil, []string{"following remove 1: is in update too"}},
		"beside plain ids":    {update, vals{"following": vals{"add": list(item(4))}, "addFollowingIDs": list(user(2))}, nil, []string{"following add: cannot be given together with addFollowingIDs"}},
		"itself at both ends": {update, vals{"following": vals{"add": list(item(1))}, "followers": vals{"remove": list(user(1))}}, nil, []string{"following add 0 id: is the link of the User with itself, as in followers"}},
		"itself, plain":       {update, vals{"following": vals{"add": list(item(1))}, "removeFollowersIDs": list(user(1))}, nil, []string{"following add 0 id: is the link of the User with itself, as in removeFollowersIDs"}},
		"too many":            {update, vals{"following": vals{"remove": list(user(1), user(2), user(3), user(4))}}, nil, []string{"following.remove: 4 links are too many, at most 3 are allowed (MAX_LINKS)"}},
		"kept twice": {
			update, vals{"friends": vals{"add": list(item(4, "weight", 1)), "update": list(item(2, "weight", 7)), "remove": list(user(3))}},
			[]string{"user", "OpDelete", "OpDelete", "OpUpdate weight=7", "OpUpdate weight=7", "OpCreate weight=1 one=1 other=4", "OpCreate weight=1 other=1 one=4"}, nil,
		},
		"one's own friend": {update, vals{"friends": vals{"add": list(item(1, "weight", 1))}}, []string{"user", "OpCreate weight=1 one=1 other=1"}, nil},
		"all of them": {
			update, vals{"friends": vals{"set": list(item(4, "weight", 1), item(2, "weight", 7))}},
			[]string{"user", "OpDelete", "OpDelete", "OpUpdate weight=7", "OpUpdate weight=7", "OpCreate weight=1 one=1 other=4", "OpCreate weight=1 other=1 one=4"}, nil,
		},
		"all as it is": {update, vals{"friends": vals{"set": nil}}, []string{"user"}, nil},
		"all and more": {
			update, vals{"friends": vals{"set": list(item(2, "weight", 1)), "add": list(item(2, "weight", 1)), "remove": list()}}, nil,
			[]string{"friends add: cannot be given together with set, which sets all links", "friends remove: cannot be given together with set, which sets all links"},
		},
		"bad ones of all": {update, vals{"friends": vals{"set": list(item(2, "weight", nil), item(9, "weight", 1), item(2, "weight", 1))}}, nil,
			[]string{"friends set 0 weight: must not be null", "friends set 1 id: names something that does not exist", "friends set 2 id: is in the list already"}},
	} {
		w.log = nil
		var err error
		if write, e := w.graph.Write(nil, w), w.graph.Entity("User"); tc.creates {
			_, err = write.Create(t.Context(), e, tc.input)
		} else {
			err = write.Update(t.Context(), e, no(1), tc.input)
		}
		if got := said(err); !slices.Equal(got, tc.said) {
			t.Errorf("%s says %q, want %q", name, got, tc.said)
		}
		if !slices.Equal(w.log, tc.want) {
			t.Errorf("%s: the mutations are %q, want %q", name, w.log, tc.want)
		}
	}
}

// TestLinkOps lists what inputs may do where the schema leaves operations out.
func TestLinkOps(t *testing.T) {
	t.Parallel()
	friends := newClub(t).graph.Entity("User").EdgeByName("friends").LinkOps(false)
	if last := friends[len(friends)-1]; len(friends) != 4 || last.Key != "set" || !last.Whole {
		t.Errorf("links whose data can all be changed have no set: %v", friends)
	}
	for want, without := range map[string][]RootKind{
		"add weight since|add weight since, update weight, remove": nil,
		"|update weight, remove":                                   {Create},
		"add weight since|add weight since":                        {Update, Delete},
	} {
		e := newClub(t, without...).graph.Entity("User").EdgeByName("following")
		names := func(ops []LinkOp) string {
			var out []string
			for _, op := range ops {
				text := op.Key
				for _, f := range op.Fields {
					text += " " + f.Name
				}
				out = append(out, text)
			}
			return strings.Join(out, ", ")
		}
		if got := names(e.LinkOps(true)) + "|" + names(e.LinkOps(false)); got != want {
			t.Errorf("without %v: %s, want %s", without, got, want)
		}
	}
}
