package entity

import (
	"bytes"
	"strings"
	"testing"
	"testing/quick"

	"entgo.io/ent"
	"github.com/google/uuid"
	"go.jetify.com/typeid"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

func testGraph(t testing.TB) *Graph {
	t.Helper()
	open := ent.Policy(rule.Policy{Read: rule.Everyone()})
	g, err := New([]Entity{
		{Name: "Post", Field: "post", Plural: "posts", Prefix: "post", Table: "posts", Policy: &open, Fields: []Field{idField()}},
		{Name: "User", Field: "user", Plural: "users", Prefix: "user", Table: "users", Policy: &open, Fields: []Field{idField()}},
	}, nil, Store{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestIDRoundTrip(t *testing.T) {
	t.Parallel()
	g := testGraph(t)
	post := g.Entity("Post")
	same := func(raw uuid.UUID) bool {
		id := key.UUID(raw)
		text := post.FormatID(id)
		want, err := typeid.FromUUIDBytesWithPrefix("post", raw[:])
		if err != nil {
			return false
		}
		back, err := post.ParseID(text)
		e, again, err2 := g.ParseID(text)
		return err == nil && err2 == nil && back == id && again == id && e == post &&
			text == want.String()
	}
	if err := quick.Check(same, &quick.Config{MaxCount: 5000}); err != nil {
		t.Error(err)
	}
}

func TestIDsSortAsTheirUUIDs(t *testing.T) {
	t.Parallel()
	post := testGraph(t).Entity("Post")
	sorted := func(a, b uuid.UUID) bool {
		return (bytes.Compare(a[:], b[:]) < 0) == (post.FormatID(key.UUID(a)) < post.FormatID(key.UUID(b)))
	}
	if err := quick.Check(sorted, nil); err != nil {
		t.Error(err)
	}
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	g := testGraph(t)
	good := g.Entity("Post").FormatID(key.UUID(uuid.Must(uuid.NewV7())))
	for name, tc := range map[string]struct {
		in   any
		want string
	}{
		"not a text":      {42, "must be the id of a Post"},
		"nothing":         {"", "is not the id of a Post"},
		"another type":    {strings.Replace(good, "post", "user", 1), "is the id of another type (user), not of a Post"},
		"upper case":      {strings.ToUpper(good), "is not the id of a Post"},
		"too short":       {good[:len(good)-1], "is not the id of a Post"},
		"too long":        {good + "0", "is not the id of a Post"},
		"overflow":        {"post_8" + good[6:], "is not the id of a Post"},
		"bad digit":       {good[:len(good)-1] + "u", "is not the id of a Post"},
		"a bare uuid":     {uuid.NewString(), "is not the id of a Post"},
		"a megabyte":      {strings.Repeat("x", 1<<20), "is not the id of a Post"},
		"prefix of 1e6":   {strings.Repeat("x", 1<<20) + good[4:], "is not the id of a Post"},
		"NUL byte":        {good[:10] + "\x00" + good[11:], "is not the id of a Post"},
		"invalid unicode": {good[:10] + "\xff" + good[11:], "is not the id of a Post"},
	} {
		if _, err := g.Entity("Post").ParseID(tc.in); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
	if _, _, err := g.ParseID("tag" + good[4:]); err == nil {
		t.Error("an unknown prefix is accepted")
	}
}

func FuzzParseID(f *testing.F) {
	g := testGraph(f)
	f.Add("post_01h455vb4pex5vsknk084sn02q")
	f.Add("user_7zzzzzzzzzzzzzzzzzzzzzzzzz")
	f.Fuzz(func(t *testing.T, text string) {
		e, id, err := g.ParseID(text)
		if err != nil {
			return
		}
		if got := e.FormatID(id); got != text {
			t.Errorf("%q is accepted, but its canonical form is %q", text, got)
		}
	})
}

func TestAnyOne(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Post": "a Post", "Order": "an Order", "Item": "an Item", "User": "a User", "Unit": "a Unit", "Uncle": "an Uncle",
		"Uuid": "a Uuid", "Event": "an Event", "European": "a European", "OneOff": "a OneOff", "": "a ",
	} {
		if got := AnyOne(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}
