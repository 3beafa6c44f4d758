package codegen

import (
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// The entities of entity.OneOf: a note on a post, a film or another note.
type (
	Note struct{ ent.Schema }
	Post struct{ ent.Schema }
	Film struct{ ent.Schema }
)

var cascade = entsql.OnDelete(entsql.Cascade)

func noteEdges() []ent.Edge {
	return []ent.Edge{
		edge.To("post", Post.Type).Unique().Annotations(cascade),
		edge.From("film", Film.Type).Ref("notes").Unique(),
	}
}

func noteDefs(note entityDef) []entityDef {
	note.name = "Note"
	if note.annotations == nil {
		note.annotations = []schema.Annotation{declare.OneOf("the_subject", "post", "film")}
	}
	if note.edges == nil {
		note.edges = noteEdges()
	}
	return []entityDef{note, {name: "Post"}, {name: "Film", edges: []ent.Edge{edge.To("notes", Note.Type).Annotations(cascade)}}}
}

// TestOneOf checks what the API and the database get of entity.OneOf.
func TestOneOf(t *testing.T) {
	t.Parallel()
	m := mustModel(t, noteDefs(entityDef{annotations: []schema.Annotation{declare.OneOf("the_subject", "post", "film"), entsql.Checks(map[string]string{"other": "TRUE"})}})...)
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "ent.graphql", Input: m.sdl()})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Types["NoteTheSubject"]; got == nil || strings.Join(got.Types, " ") != "Post Film" {
		t.Errorf("the union is %v", got)
	}
	for path, want := range map[string]string{
		"Note.theSubject": "NoteTheSubject!", "Note.post": "Post", "CreateNoteInput.theSubjectID": "ID!", "UpdateNoteInput.theSubjectID": "ID",
		"CreateNoteInput.postID": "", "NoteWhereInput.hasFilmWith": "[FilmWhereInput!]", "CreateFilmInput.noteIDs": "", "UpdateFilmInput.addNoteIDs": "",
	} {
		typ, name, _ := strings.Cut(path, ".")
		got := ""
		if def := s.Types[typ]; def != nil && def.Fields.ForName(name) != nil {
			got = def.Fields.ForName(name).Type.String()
		}
		if got != want {
			t.Errorf("%s has the type %q, want %q", path, got, want)
		}
	}
	checks := m.entities[0].node.EntSQL().Checks
	if got, want := checks["notes_the_subject_one_of"], `num_nonnulls("note_post", "film_notes") = 1`; got != want || checks["other"] != "TRUE" {
		t.Errorf("the CHECKs are %v, want %s among them", checks, want)
	}
}

// TestOneOfMayBeHidden checks when the field may be null: where somebody sees the note and not
// what it is on.
func TestOneOfMayBeHidden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		read rule.Cond
		null bool
	}{
		"everyone":  {rule.Everyone(), true},
		"all seen":  {rule.Any(rule.Visible("post"), rule.Visible("film")), false},
		"and more":  {rule.All(rule.SignedIn(), rule.Any(rule.Visible("post"), rule.Visible("film"))), false},
		"or others": {rule.Any(rule.Visible("post"), rule.SignedIn()), true},
		"one seen":  {rule.Visible("post"), false},
	} {
		defs := noteDefs(entityDef{policy: rule.Policy{Read: tc.read, Write: rule.Everyone()}})
		defs[1].policy = rule.Policy{Read: rule.SignedIn(), Write: rule.Everyone()}
		m := mustModel(t, defs...)
		if got := m.graph.Entity("Note").OneOf[0].MayBeNull(); got != tc.null {
			t.Errorf("%s: the subject may be null: %t, want %t", name, got, tc.null)
		}
	}
}

// TestRefusedOneOf checks that what exactly one edge cannot be kept of is refused, with what to do.
func TestRefusedOneOf(t *testing.T) {
	t.Parallel()
	with := func(edges ...ent.Edge) []entityDef { return noteDefs(entityDef{edges: append(noteEdges(), edges...)}) }
	one := func(edges ...string) []schema.Annotation {
		return []schema.Annotation{declare.OneOf("subject", edges...)}
	}
	named := func(defs []entityDef, edges ...string) []entityDef {
		defs[0].annotations = one(edges...)
		return defs
	}
	skipped := noteDefs(entityDef{})
	skipped[1].annotations = []schema.Annotation{declare.Skip()}
	required := noteDefs(entityDef{})
	required[2].edges = []ent.Edge{edge.To("notes", Note.Type).Required().Annotations(cascade)}
	for name, tc := range map[string]struct {
		defs []entityDef
		want string
	}{
		"one edge":     {named(with(), "post"), `Note: entity.OneOf("subject"): name at least two edges`},
		"no such edge": {named(with(), "post", "flim"), `Note shows no edge "flim": name edges as the schema does`},
		"twice":        {named(with(), "post", "post"), `the edge "post" is named twice`},
		"to many":      {named(with(edge.To("posts", Post.Type)), "posts", "film"), `the edge "posts" has no foreign key in this entity's own table`},
		"pair":         {named(with(edge.To("twin", Note.Type).Unique()), "twin", "film"), `the edge "twin" has no foreign key in this entity's own table`},
		"required":     {named(with(edge.To("other", Post.Type).Unique().Required().Annotations(cascade)), "other", "film"), `the edge "other" is required, though only one of them leads somewhere: remove Required`},
		"set null":     {named(with(edge.To("other", Post.Type).Unique()), "other", "film"), `the edge "other" would lead nowhere once the Post is deleted, and so would the others: give the edge Note.other entsql.OnDelete(entsql.Cascade)`},
		"same type":    {named(with(edge.To("other", Post.Type).Unique().Annotations(cascade)), "other", "post"), `the edges "other" and "post" both lead to Post`},
		"immutable":    {named(with(edge.To("other", Post.Type).Unique().Immutable().Annotations(cascade)), "other", "film"), "some of its edges are Immutable and some are not"},
		"skipped":      {skipped, "Note.theSubject: one of the edges post, film is not served"},
		"far end":      {required, "Film.notes: the edge is required, but what it leads to may belong to something else by entity.OneOf: remove Required"},
		"name":         {noteDefs(entityDef{annotations: []schema.Annotation{declare.OneOf("post", "post", "film")}}), `Note has two fields of the name "post"`},
		"two of them":  {noteDefs(entityDef{annotations: append(one("post", "film"), one("post", "film")...)}), `the edge "post" is named twice`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := modelOf(t, tc.defs...)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}
