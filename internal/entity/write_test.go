package entity

import (
	"context"
	"errors"
	"slices"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

type vals = map[string]any

// TestInputs moves inputs into mutations: of posts by users, whose tags are 1, 2 and 9, which
// is hidden.
func TestInputs(t *testing.T) {
	t.Parallel()
	w := blog(t)
	w.ends["tags"] = []key.Key{no(1), no(2), no(9)}
	post := func(n byte) string { return w.graph.Entity("Post").FormatID(no(n)) }
	user := func(n byte) string { return w.graph.Entity("User").FormatID(no(n)) }
	tag := func(n byte) string { return w.graph.Entity("Tag").FormatID(no(n)) }
	tags := func(ns ...byte) (out []any) {
		for _, n := range ns {
			out = append(out, tag(n))
		}
		return out
	}
	const create, update = true, false
	for name, tc := range map[string]struct {
		creates bool
		input   vals
		want    []string // what the mutation is told
		said    []string // instead
	}{
		"fields":               {create, vals{"title": " a ", "rank": 3, "authorID": user(1)}, []string{"rank=3", "title=a", "author=1"}, nil},
		"nothing":              {update, vals{}, nil, nil},
		"null leaves empty":    {create, vals{"firstLine": nil}, nil, nil},
		"null clears":          {update, vals{"firstLine": nil, "editorID": nil}, []string{"first_line cleared", "editor cleared"}, nil},
		"no editor":            {create, vals{"editorID": nil}, nil, nil},
		"null is refused":      {update, vals{"title": nil, "authorID": nil}, nil, []string{"authorID: must not be null", "title: must not be null"}},
		"what nobody may set":  {update, vals{"id": post(1), "createdAt": "2026-01-31T12:00:00Z", "hintIDs": tags(1), "x": 1}, nil, []string{"createdAt: is not an input of Post", "hintIDs: is not an input of Post", "id: is not an input of Post", "x: is not an input of Post"}},
		"everything at once":   {create, vals{"title": 3, "rank": 1000, "authorID": tag(1), "tagIDs": []any{"x", tag(1), tag(9), tag(77)}}, nil, []string{"authorID: is the id of another type (tag), not of a User", "rank: must be between -128 and 127", "tagIDs 0: is not the id of a Tag", "tagIDs 2: names something that does not exist", "tagIDs 3: names something that does not exist", "title: must be a string"}},
		"a hidden author":      {update, vals{"authorID": user(3)}, nil, []string{"authorID: names something that does not exist"}},
		"a list":               {create, vals{"tagIDs": tags(2, 1, 2)}, []string{"tags+2,1"}, nil},
		"one for a list":       {create, vals{"tagIDs": tag(1)}, []string{"tags+1"}, nil},
		"a creation adds none": {create, vals{"addTagIDs": tags(1)}, nil, []string{"addTagIDs: is not an input of Post"}},
		"set":                  {update, vals{"tagIDs": tags(3, 1)}, []string{"tags+3", "tags-2"}, nil},
		"set the same":         {update, vals{"tagIDs": tags(1, 2)}, nil, nil},
		"set nothing":          {update, vals{"tagIDs": nil}, []string{"tags-1,2"}, nil},
		"add":                  {update, vals{"addTagIDs": tags(2, 3)}, []string{"tags+3"}, nil},
		"remove":               {update, vals{"removeTagIDs": tags(2, 3)}, []string{"tags-2"}, nil},
		"add and remove":       {update, vals{"addTagIDs": tags(3), "removeTagIDs": tags(1)}, []string{"tags+3", "tags-1"}, nil},
		"null adds nothing":    {update, vals{"addTagIDs": nil, "removeTagIDs": nil}, nil, nil},
		"both of one":          {update, vals{"addTagIDs": tags(3, 4), "removeTagIDs": tags(1, 4)}, nil, []string{"removeTagIDs 1: is in addTagIDs too"}},
		"set and added":        {update, vals{"tagIDs": tags(3), "addTagIDs": tags(4)}, nil, []string{"addTagIDs: cannot be given together with tagIDs, which sets the whole list"}},
		"too many":             {update, vals{"tagIDs": tags(1, 2, 3, 4, 5)}, nil, []string{"tagIDs: 5 ids are too many, at most 4 are allowed (MAX_LINKS)"}},
		"its own parent":       {update, vals{"parentID": post(1), "replyIDs": []any{post(1), post(2)}}, []string{"parent=1", "replies+2"}, nil},
		"not its own reply":    {update, vals{"parentID": post(1), "removeReplyIDs": []any{post(1)}}, nil, []string{"removeReplyIDs: contradicts parentID about the Post itself"}},
	} {
		w.last = nil
		ctx, e, write := t.Context(), w.graph.Entity("Post"), w.graph.Write(nil, w)
		var err error
		if tc.creates {
			_, err = write.Create(ctx, e, tc.input)
		} else {
			err = write.Update(ctx, e, no(1), tc.input)
		}
		if got := said(err); !slices.Equal(got, tc.said) {
			t.Errorf("%s says %q, want %q", name, got, tc.said)
		}
		if (w.last != nil) != (tc.said == nil) || w.last != nil && !slices.Equal(w.last.told, tc.want) {
			t.Errorf("%s: the mutation is told %+v, want %q", name, w.last, tc.want)
		}
	}
}

// TestInputOfWhatIsNotThere tells that before anything about the edges, and leaves it to Ent
// where there are none.
func TestInputOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	w := blog(t)
	e, write := w.graph.Entity("Post"), w.graph.Write(nil, w)
	if err := write.Update(t.Context(), e, no(77), vals{"authorID": w.graph.Entity("User").FormatID(no(3))}); !errors.Is(err, ErrNotFound) {
		t.Errorf("with an edge: %v", err)
	}
	if err := write.Update(t.Context(), e, no(77), vals{"title": "a"}); err != nil || w.last == nil {
		t.Errorf("without: %v", err)
	}
	for n, want := range map[byte]bool{2: true, 3: false, 77: false} {
		if sees, err := write.Sees(t.Context(), w.graph.Entity("User"), no(n)); err != nil || sees != want {
			t.Errorf("sees user %d: %t, %v", n, sees, err)
		}
	}
}

// TestLinks asks the rules of what is behind an edge: of the links of a many-to-many edge,
// and of the targets whose foreign key it is.
func TestLinks(t *testing.T) {
	t.Parallel()
	me := viewer.Viewer{UserID: no(1)}
	mine := rule.Owner("post_id")
	ofMine := rule.Has("tag", rule.Owner("id"))
	for name, tc := range map[string]struct {
		link, target rule.Cond // on writing
		updates      byte      // the post, 0 creates one
		input        vals
		denied       bool
	}{
		"everybody links":              {rule.Everyone(), rule.Nobody(), 1, vals{"addTagIDs": []byte{3}}, false},
		"nobody links":                 {rule.Nobody(), rule.Everyone(), 1, vals{"addTagIDs": []byte{3}}, true},
		"nobody unlinks":               {rule.Nobody(), rule.Everyone(), 1, vals{"removeTagIDs": []byte{2}}, true},
		"what is linked already":       {rule.Nobody(), rule.Nobody(), 1, vals{"addTagIDs": []byte{2}}, false},
		"what is not linked":           {rule.Nobody(), rule.Nobody(), 1, vals{"removeTagIDs": []byte{3}}, false},
		"links to one's own":           {mine, rule.Nobody(), 1, vals{"addTagIDs": []byte{3}}, false},
		"links to another's":           {mine, rule.Nobody(), 2, vals{"addTagIDs": []byte{3}}, true},
		"links of a new one":           {mine, rule.Nobody(), 0, vals{"tagIDs": []byte{3}}, true},
		"links by the other side":      {ofMine, rule.Nobody(), 2, vals{"addTagIDs": []byte{1}}, false},
		"links by another's other":     {ofMine, rule.Nobody(), 2, vals{"addTagIDs": []byte{1, 3}}, true},
		"links by what they will hold": {rule.Is("position", 0), rule.Nobody(), 1, vals{"addTagIDs": []byte{3}}, false},
		"links by what none will hold": {rule.Is("position", 1), rule.Nobody(), 1, vals{"addTagIDs": []byte{3}}, true},
		"new ones by what they hold":   {rule.Is("position", 0), rule.Nobody(), 0, vals{"tagIDs": []byte{3}}, false},
		"new ones by what none hold":   {rule.Is("position", 1), rule.Nobody(), 0, vals{"tagIDs": []byte{3}}, true},
		"unlinks by what they hold":    {rule.Is("position", 0), rule.Nobody(), 1, vals{"removeTagIDs": []byte{2}}, false},
		"unlinks by what none holds":   {rule.Is("position", 1), rule.Nobody(), 1, vals{"removeTagIDs": []byte{2}}, true},
		"everybody's target":           {rule.Nobody(), rule.Everyone(), 1, vals{"addHintIDs": []byte{3}}, false},
		"nobody's target":              {rule.Nobody(), rule.Nobody(), 1, vals{"addHintIDs": []byte{3}}, true},
		"target as it will be":         {rule.Nobody(), mine, 1, vals{"addHintIDs": []byte{4}}, false},
		"target of another as it was":  {rule.Nobody(), mine, 1, vals{"addHintIDs": []byte{3}}, true},
		"target that is let go":        {rule.Nobody(), mine, 1, vals{"removeHintIDs": []byte{5}}, true},
	} {
		read := rule.Everyone()
		post := ent.Policy(rule.Policy{Read: read, Write: read})
		tag, link := ent.Policy(rule.Policy{Read: read, Write: tc.target}), ent.Policy(rule.Policy{Read: read, Write: tc.link})
		own := func(name, typ, column string) Edge {
			return Edge{Name: name, Type: typ, Unique: true, Required: true, Column: column}
		}
		w := newWorld(t, nil,
			Entity{Name: "Post", Policy: &post, Fields: []Field{idField()}, Edges: []Edge{
				toMany(ManyToMany("tags", "Tag", "taggings", "post_id", "tag_id", "Tagging"), "tag"), toMany(HasMany("hints", "Tag", "post_id"), "hint"),
			}},
			Entity{Name: "Tag", Policy: &tag, Fields: []Field{idField()}, Edges: []Edge{own("post", "Post", "post_id")}},
			Entity{Name: "Tagging", Policy: &link, Fields: []Field{idField()}, Edges: []Edge{own("post", "Post", "post_id"), own("tag", "Tag", "tag_id")}},
		)
		w.data = map[string]ent.Value{"position": 0}
		w.ends["tags"], w.ends["hints"] = []key.Key{no(2)}, []key.Key{no(5)}
		for n, owner := range map[byte]byte{3: 2, 4: 1, 5: 1} {
			w.rows["tags"][no(n)]["post_id"] = no(owner)
		}
		values := vals{}
		for key, numbers := range tc.input {
			var ids []any
			for _, n := range numbers.([]byte) {
				ids = append(ids, w.graph.Entity("Tag").FormatID(no(n)))
			}
			values[key] = ids
		}
		ctx, write := viewer.NewContext(t.Context(), me), w.graph.Write(nil, w)
		var err error
		if tc.updates == 0 {
			_, err = write.Create(ctx, w.graph.Entity("Post"), values)
		} else {
			err = write.Update(ctx, w.graph.Entity("Post"), no(tc.updates), values)
		}
		if err == nil {
			err = write.Settle(ctx)
		}
		if errors.Is(err, privacy.Deny) != tc.denied || !tc.denied && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWriteFromContext finds a Write in its own context alone; the binder outside of one
// reads and does not decide on writes.
func TestWriteFromContext(t *testing.T) {
	t.Parallel()
	w := blog(t)
	write := w.graph.Write(nil, w)
	if found, err := WriteFromContext(write.NewContext(context.Background())); found != write || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := WriteFromContext(t.Context()); !errors.Is(err, errOutside) {
		t.Errorf("outside: %v", err)
	}
	for name, tc := range map[string]struct {
		binder rule.Binder
		holds  bool
		err    error
	}{
		"outside": {w.graph.Binder(), false, errOutside},
		"inside":  {write.Binder(), true, nil},
	} {
		if _, err := tc.binder.Predicate("Post", rule.Has("author", rule.Everyone()), viewer.Viewer{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if ok, err := tc.binder.Holds(t.Context(), "Post", rule.Visible("author"), no(1), viewer.Viewer{}); ok != tc.holds || !errors.Is(err, tc.err) {
			t.Errorf("%s: holds %t, %v", name, ok, err)
		}
		if _, err := tc.binder.Holds(t.Context(), "Nothing", rule.Visible("author"), no(1), viewer.Viewer{}); err == nil {
			t.Errorf("%s: a rule of an entity that there is not", name)
		}
	}
}
