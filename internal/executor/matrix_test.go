package executor_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// row is a row as a rule sees it: columns, and to-one edges by their names.
type row map[string]any

// attempt is one write, with the row as it is and as it would become.
type attempt struct {
	name, entity, query string
	before, after       row // nil where there is none
	sets                []string
	// by, when set, gives the code instead: for a field that is written by hand.
	by func(asker) string
}

// holds is the plain meaning of a condition on a row.
func holds(g *entity.Graph, e *entity.Entity, c rule.Cond, v viewer.Viewer, r row) bool {
	each := func(kid rule.Cond) bool { return holds(g, e, kid, v, r) }
	target := func() (*entity.Entity, row) {
		next, _ := r[c.Name].(row)
		return e.EdgeByName(c.Name).Target, next
	}
	switch c.Op {
	case rule.OpEveryone:
		return true
	case rule.OpSignedIn:
		return v.SignedIn()
	case rule.OpRole:
		return v.SignedIn() && slices.Contains(c.Values, any(v.Role))
	case rule.OpOwner:
		return v.SignedIn() && r[c.Name] == v.UserID.Any()
	case rule.OpIn:
		return slices.Contains(c.Values, r[c.Name])
	case rule.OpAny:
		return slices.ContainsFunc(c.Kids, each)
	case rule.OpAll:
		return !slices.ContainsFunc(c.Kids, func(kid rule.Cond) bool { return !each(kid) })
	case rule.OpHas:
		e, next := target()
		return next != nil && holds(g, e, c.Kids[0], v, next)
	case rule.OpVisible:
		e, next := target()
		return next != nil && holds(g, e, e.Rules().Read, v, next)
	}
	return false
}

// hidden is the outcome of a write to what the viewer does not see: that of one to what
// is not there, whichever it is.
const hidden = "hidden"

// asker is who asks, and how.
type asker struct {
	viewer.Viewer
	api   *apitest.API // with what it carries; the server may be another
	token bool         // by an access token
	ended bool         // what it carries does not hold
}

// outcome is the code that a write must end with, "" where it goes through.
func (a attempt) outcome(g *entity.Graph, who asker) string {
	switch {
	case who.ended:
		return "UNAUTHENTICATED"
	case who.ReadOnly:
		return "FORBIDDEN"
	case a.by != nil:
		return a.by(who)
	}
	v := who.Viewer
	e := g.Entity(a.entity)
	p := e.Rules()
	sees := a.before == nil || holds(g, e, p.Read, v, a.before)
	may := func(op rule.Cond, r row) bool { return r == nil || holds(g, e, rule.Any(p.Write, op), v, r) }
	op := p.Update
	switch {
	case a.before == nil:
		op = p.Create
	case a.after == nil:
		op = p.Delete
	}
	ok := may(op, a.before) && may(op, a.after)
	for _, column := range a.sets {
		ok = ok && holds(g, e, p.Sets[column], v, a.after)
	}
	switch {
	case v.System || ok && sees:
		return ""
	case !sees:
		return hidden
	case v == viewer.Viewer{}:
		return "UNAUTHENTICATED"
	}
	return "FORBIDDEN"
}

// library has two authors with everything that can be written, and who writes.
type library struct {
	ada, eve, admin, reader uuid.UUID
	ids                     map[string]string    // API ids by name
	tokens                  map[string]uuid.UUID // whose access token it is
	api                     *apitest.API
	owner                   *pgxpool.Pool // of the tables, whom no row-level security binds
	graph                   *entity.Graph
}

func newLibrary(t *testing.T, change ...func(*apitest.Options)) *library {
	t.Helper()
	g, err := entity.New(ent.Engine.Entities, migrate.Tables, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	// With pools of one a second connection that is taken while one is held is never had.
	l := &library{api: apitest.New(t, append(change, poolsOfOne)...), graph: g, ids: map[string]string{}, tokens: map[string]uuid.UUID{}}
	if l.owner, err = pgxpool.New(t.Context(), l.api.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.owner.Close)
	user := func(name, role string) uuid.UUID {
		l.ids[name] = create(t, l.api, "User", vars{"username": name, "email": name + "@example.com", "role": role})
		id, err := g.Entity("User").ParseID(l.ids[name])
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := id.UUID()
		return raw
	}
	l.ada, l.eve, l.admin = user("ada", "MEMBER"), user("eve", "MEMBER"), user("admin", "ADMIN")
	l.reader = user("reader", "MEMBER")
	l.ids["tag"] = create(t, l.api, "Tag", vars{"name": "go"})
	l.ids["free tag"] = create(t, l.api, "Tag", vars{"name": "sql"})
	for _, name := range []string{"ada", "eve"} {
		l.ids[name+" profile"] = create(t, l.api, "Profile", vars{"userID": l.ids[name]})
		for _, status := range []string{"DRAFT", "PUBLISHED"} {
			post := name + " " + status
			l.ids[post] = create(t, l.api, "Post", vars{"title": post, "status": status, "authorID": l.ids[name]})
			l.ids[post+" link"] = create(t, l.api, "Tagging", vars{"postID": l.ids[post], "tagID": l.ids["tag"]})
		}
	}
	for name, id := range map[string]uuid.UUID{"ada": l.ada, "eve": l.eve} {
		_, l.ids[name+" token"] = newToken(t, l.api.As(viewer.Viewer{UserID: key.UUID(id), Role: "MEMBER"}), "READ")
		l.tokens[name+" token"] = id
	}
	return l
}

// newToken makes an access token for who asks and returns its text and id.
func newToken(t *testing.T, api *apitest.API, scope string) (text, id string) {
	t.Helper()
	answer := api.Query(t, fmt.Sprintf(`mutation { createAccessToken(input: {name: "x", scope: %s}) { token accessToken { id } } }`, scope), nil)
	return answer.At(t, "createAccessToken.token").(string), answer.At(t, "createAccessToken.accessToken.id").(string)
}

// attempts lists writes of every entity: each operation, on rows of oneself and of
// others, with changes that keep and that move what the rules look at. In the queries
// @name stands for an id.
func (l *library) attempts() []attempt {
	user := func(id uuid.UUID, role string) row { return row{"id": id, "role": role} }
	post := func(author uuid.UUID, status string) row { return row{"author_id": author, "status": status} }
	link := func(author uuid.UUID, status string) row { return row{"post": post(author, status), "tag": row{}} }
	all := []attempt{
		{name: "make a user", entity: "User", query: `createUser(input: {username: "zoe", email: "zoe@example.com"}) { user { id } }`, after: user(uuid.Nil, "MEMBER"), sets: []string{"role"}},
		{name: "make an admin", entity: "User", query: `createUser(input: {username: "zoe", email: "zoe@example.com", role: ADMIN}) { user { id } }`, after: user(uuid.Nil, "ADMIN"), sets: []string{"role"}},
		{name: "rename ada", entity: "User", query: `updateUser(id: @ada, input: {username: "zoe"}) { user { id } }`, before: user(l.ada, "MEMBER"), after: user(l.ada, "MEMBER")},
		{name: "make ada an admin", entity: "User", query: `updateUser(id: @ada, input: {role: ADMIN}) { user { id } }`, before: user(l.ada, "MEMBER"), after: user(l.ada, "ADMIN"), sets: []string{"role"}},
		{name: "leave ada a member", entity: "User", query: `updateUser(id: @ada, input: {role: MEMBER}) { user { id } }`, before: user(l.ada, "MEMBER"), after: user(l.ada, "MEMBER"), sets: []string{"role"}},
		{name: "make the admin a member", entity: "User", query: `updateUser(id: @admin, input: {role: MEMBER}) { user { id } }`, before: user(l.admin, "ADMIN"), after: user(l.admin, "MEMBER"), sets: []string{"role"}},
		{name: "delete who wrote nothing", entity: "User", query: `deleteUser(id: @reader) { deletedID }`, before: user(l.reader, "MEMBER")},
		{name: "delete the admin", entity: "User", query: `deleteUser(id: @admin) { deletedID }`, before: user(l.admin, "ADMIN")},
		{name: "make a token", entity: "AccessToken", query: `createAccessToken(input: {name: "y", scope: READ}) { token }`, by: func(who asker) string {
			switch {
			case !who.SignedIn():
				return "UNAUTHENTICATED"
			case who.token:
				return "FORBIDDEN"
			}
			return ""
		}},
		{name: "make a tag", entity: "Tag", query: `createTag(input: {name: "new"}) { tag { id } }`, after: row{}},
		{name: "rename a tag", entity: "Tag", query: `updateTag(id: @tag, input: {name: "new"}) { tag { id } }`, before: row{}, after: row{}},
		{name: "delete a tag", entity: "Tag", query: `deleteTag(id: @free_tag) { deletedID }`, before: row{}},
		{name: "make a profile", entity: "Profile", query: `createProfile(input: {userID: @admin}) { profile { id } }`, after: row{"user_id": l.admin}},
	}
	for _, who := range []struct {
		name string
		id   uuid.UUID
	}{{"ada", l.ada}, {"eve", l.eve}} {
		other, otherID := "eve", l.eve
		if who.name == "eve" {
			other, otherID = "ada", l.ada
		}
		of := func(format string, args ...any) string {
			return strings.ReplaceAll(strings.ReplaceAll(fmt.Sprintf(format, args...), "@me", "@"+who.name), "@you", "@"+other)
		}
		all = append(all,
			attempt{name: "change the profile of " + who.name, entity: "Profile", query: of(`updateProfile(id: @me_profile, input: {bio: "x"}) { profile { id } }`), before: row{"user_id": who.id}, after: row{"user_id": who.id}},
			attempt{name: "revoke the token of " + who.name, entity: "AccessToken", query: of(`deleteAccessToken(id: @me_token) { deletedID }`), before: row{"user_id": who.id}},
			attempt{name: "delete the profile of " + who.name, entity: "Profile", query: of(`deleteProfile(id: @me_profile) { deletedID }`), before: row{"user_id": who.id}},
		)
		for _, status := range []string{"DRAFT", "PUBLISHED"} {
			is, flipped := post(who.id, status), "PUBLISHED"
			if status == "PUBLISHED" {
				flipped = "DRAFT"
			}
			name := " of " + who.name + ", " + status
			all = append(all,
				attempt{name: "write" + name, entity: "Post", query: of(`createPost(input: {title: "x", status: %s, authorID: @me}) { post { id } }`, status), after: is},
				attempt{name: "touch" + name, entity: "Post", query: of(`updatePost(id: @me_%s, input: {}) { post { id } }`, status), before: is, after: is},
				attempt{name: "edit" + name, entity: "Post", query: of(`updatePost(id: @me_%s, input: {title: "y"}) { post { id } }`, status), before: is, after: is},
				attempt{name: "flip" + name, entity: "Post", query: of(`updatePost(id: @me_%s, input: {status: %s}) { post { id } }`, status, flipped), before: is, after: post(who.id, flipped)},
				attempt{name: "give away" + name, entity: "Post", query: of(`updatePost(id: @me_%s, input: {authorID: @you}) { post { id } }`, status), before: is, after: post(otherID, status)},
				attempt{name: "delete" + name, entity: "Post", query: of(`deletePost(id: @me_%s) { deletedID }`, status), before: is},
				attempt{name: "move link" + name, entity: "Tagging", query: of(`updateTagging(id: @me_%s_link, input: {position: 3}) { tagging { id } }`, status), before: link(who.id, status), after: link(who.id, status)},
				attempt{name: "unlink" + name, entity: "Tagging", query: of(`deleteTagging(id: @me_%s_link) { deletedID }`, status), before: link(who.id, status)},
			)
		}
		all = append(all,
			attempt{name: "link a published post of " + who.name, entity: "Tagging", query: of(`createTagging(input: {postID: @me_PUBLISHED, tagID: @free_tag}) { tagging { id } }`), after: link(who.id, "PUBLISHED")},
			attempt{name: "hang a link of " + who.name + " to another post", entity: "Tagging", query: of(`updateTagging(id: @me_PUBLISHED_link, input: {postID: @you_PUBLISHED, tagID: @free_tag}) { tagging { id } }`),
				before: link(who.id, "PUBLISHED"), after: link(otherID, "PUBLISHED")},
		)
	}
	return all
}

// rows are the rows of the library by entity and by name.
func (l *library) rows(t *testing.T) map[string]map[string]row {
	t.Helper()
	out := map[string]map[string]row{"User": {}, "Tag": {"tag": {}, "free tag": {}}, "Profile": {}, "Post": {}, "Tagging": {}, "AccessToken": {}, "AuditLog": {}}
	for name, id := range map[string]uuid.UUID{"ada": l.ada, "eve": l.eve, "admin": l.admin, "reader": l.reader} {
		out["User"][name] = row{"id": id}
	}
	logged, err := l.owner.Query(t.Context(), "SELECT id FROM public.audit_logs")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(logged, pgx.RowTo[uuid.UUID])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		text := l.graph.Entity("AuditLog").FormatID(key.UUID(id))
		l.ids[text], out["AuditLog"][text] = text, row{}
	}
	for name, id := range l.tokens {
		out["AccessToken"][name] = row{"user_id": id}
	}
	for name, id := range map[string]uuid.UUID{"ada": l.ada, "eve": l.eve} {
		out["Profile"][name+" profile"] = row{"user_id": id}
		for _, status := range []string{"DRAFT", "PUBLISHED"} {
			post := row{"author_id": id, "status": status}
			out["Post"][name+" "+status] = post
			out["Tagging"][name+" "+status+" link"] = row{"post": post, "tag": row{}}
		}
	}
	return out
}

// text puts the ids into a query. Longer names first: one may begin another.
func (l *library) text(query string) string {
	names := make([]string, 0, len(l.ids))
	for name := range l.ids {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		query = strings.ReplaceAll(query, "@"+strings.ReplaceAll(name, " ", "_"), fmt.Sprintf("%q", l.ids[name]))
	}
	return query
}

// viewers asks as somebody of each kind, without a sign-in.
func (l *library) viewers() map[string]asker {
	out := map[string]asker{}
	for name, v := range map[string]viewer.Viewer{
		"anonymous": {},
		"ada":       {UserID: key.UUID(l.ada), Role: "MEMBER"},
		"eve":       {UserID: key.UUID(l.eve), Role: "MEMBER"},
		"admin":     {UserID: key.UUID(l.admin), Role: "ADMIN"},
		"reader":    {UserID: key.UUID(l.reader), Role: "MEMBER"},
		"system":    viewer.System(),
	} {
		out[name] = asker{Viewer: v, api: l.api.As(v)}
	}
	return out
}

// carriers asks with each kind of sign-in. What they make stays in the database, and is
// ada's.
func (l *library) carriers(t *testing.T) map[string]asker {
	t.Helper()
	ada := viewer.Viewer{UserID: key.UUID(l.ada), Role: "MEMBER"}
	session := l.api.Session(t, l.ada, time.Hour)
	write, writeID := newToken(t, session, "WRITE")
	read, readID := newToken(t, session, "READ")
	ended, endedID := newToken(t, session, "WRITE")
	if _, err := l.owner.Exec(t.Context(), `UPDATE access_tokens SET expires_at = now() WHERE token_hash = sha256($1::text::bytea)`, ended); err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{"write token": writeID, "read token": readID, "ended token": endedID} {
		l.ids[name], l.tokens[name] = id, l.ada
	}
	return map[string]asker{
		"session":       {Viewer: ada, api: session},
		"ended session": {api: l.api.Session(t, l.ada, -time.Hour), ended: true},
		"write token":   {Viewer: ada, api: l.api.Bearer(write), token: true},
		"read token":    {Viewer: viewer.Viewer{UserID: key.UUID(l.ada), Role: "MEMBER", ReadOnly: true}, api: l.api.Bearer(read), token: true},
		"ended token":   {api: l.api.Bearer(ended), ended: true},
		"forged token":  {api: l.api.Bearer(write + "x"), ended: true},
	}
}

var idArgument = regexp.MustCompile(`\(id: @[a-zA-Z_]+`)

// try runs a write beside a field that always fails and so undoes it, and gives the code
// of its error, "" without one.
func (l *library) try(t *testing.T, api *apitest.API, query string) (code, body string) {
	t.Helper()
	answer := api.Query(t, "mutation { "+l.text(query)+` undo: deletePost(id: "nothing") { deletedID } }`, nil)
	if path := answer.Errors[0].Path; len(path) == 0 || path[0] != "undo" {
		code = answer.Errors[0].Code()
	}
	return code, string(answer.Body)
}

// writes tries every write as every viewer over HTTP, and reports what differs from the
// plain meaning of the policies until it is told to stop. Each is undone, so that all of
// them meet the same rows.
func (l *library) writes(t *testing.T, askers map[string]asker, report func(string) (stop bool)) (through, refused int) {
	t.Helper()
	for name, v := range askers {
		api := l.api.Like(v.api)
		for _, a := range l.attempts() {
			got, body := l.try(t, api, a.query)
			want := a.outcome(l.graph, v)
			if want == hidden {
				missing, other := l.try(t, api, idArgument.ReplaceAllString(a.query, `(id: "`+l.graph.Entity(a.entity).Prefix+`_01h455vb4pex5vsknk084sn02q"`))
				if want = missing; body != other {
					got = "another answer than to what is missing, " + other
				}
			}
			if got != want && report(fmt.Sprintf("%s: %s: got %q, want %q: %s", name, a.name, got, want, body)) {
				return through, refused
			}
			if want == "" {
				through++
			} else {
				refused++
			}
		}
	}
	return through, refused
}

// reads lists every entity as every viewer over HTTP, and reports what differs.
func (l *library) reads(t *testing.T, askers map[string]asker, report func(string) (stop bool)) {
	t.Helper()
	for name, v := range askers {
		api := l.api.Like(v.api)
		for typ, rows := range l.rows(t) {
			e := l.graph.Entity(typ)
			p, fields := e.Rules(), slices.Sorted(maps.Keys(e.Rules().Fields))
			want := map[string]map[string]bool{}
			for key, r := range rows {
				if !v.System && !holds(l.graph, e, p.Read, v.Viewer, r) {
					continue
				}
				want[l.ids[key]] = map[string]bool{}
				for _, f := range fields {
					want[l.ids[key]][f] = v.System || holds(l.graph, e, p.Fields[f], v.Viewer, r)
				}
			}
			var answer map[string]struct {
				TotalCount int
				Nodes      []map[string]any
			}
			response := api.Query(t, fmt.Sprintf("{ all: %s(first: 100) { totalCount nodes { id %s } } }", e.Plural, strings.Join(fields, " ")), nil)
			if v.ended {
				if body := string(response.Body); !slices.Equal(response.Codes(), []string{"UNAUTHENTICATED"}) || len(response.Data) > 0 {
					report(fmt.Sprintf("%s reads %s: %s", name, e.Plural, body))
				}
				continue
			}
			response.Into(t, &answer)
			got := map[string]map[string]bool{}
			for _, n := range answer["all"].Nodes {
				shown := map[string]bool{}
				for _, f := range fields {
					shown[f] = n[f] != nil
				}
				got[n["id"].(string)] = shown
			}
			if fmt.Sprint(got) == fmt.Sprint(want) && answer["all"].TotalCount == len(want) {
				continue
			}
			if report(fmt.Sprintf("%s reads %s: got %v, want %v", name, e.Plural, got, want)) {
				return
			}
		}
	}
}

// TestMatrix compares every read and write of every viewer with the plain meaning of the
// policies.
func TestMatrix(t *testing.T) {
	t.Parallel()
	testMatrix(t, newLibrary(t))
}

// TestMatrixWithRowSecurity does the same to a server that row-level security binds: it
// changes nothing.
func TestMatrixWithRowSecurity(t *testing.T) {
	t.Parallel()
	testMatrix(t, newLibrary(t, rowSecurity))
}

func rowSecurity(o *apitest.Options) { o.RowSecurity = true }

func testMatrix(t *testing.T, l *library) {
	t.Helper()
	fail := func(s string) bool { t.Error(s); return false }
	askers := l.viewers()
	maps.Copy(askers, l.carriers(t))
	through, refused := l.writes(t, askers, fail)
	if through < 150 || refused < 400 {
		t.Errorf("%d went through and %d were refused: the matrix has lost its point", through, refused)
	}
	l.reads(t, askers, fail)
}

// TestLinksFollowTheRules writes links of a many-to-many edge from both of its sides: the
// rules of the link decide, whoever writes.
func TestLinksFollowTheRules(t *testing.T) {
	t.Parallel()
	testLinks(t, newLibrary(t))
}

// TestLinksWithRowSecurity does the same where row-level security is in force.
func TestLinksWithRowSecurity(t *testing.T) {
	t.Parallel()
	testLinks(t, newLibrary(t, rowSecurity))
}

func testLinks(t *testing.T, l *library) {
	t.Helper()
	for _, tc := range []struct{ who, query, want string }{
		{"ada", `updatePost(id: @ada_DRAFT, input: {addTagIDs: [@free_tag]}) { post { id } }`, ""},
		{"ada", `updatePost(id: @ada_DRAFT, input: {tagIDs: []}) { post { id } }`, ""},
		{"ada", `createPost(input: {title: "x", authorID: @ada, tagIDs: [@tag, @free_tag]}) { post { id } }`, ""},
		{"ada", `createPost(input: {title: "x", authorID: @eve, tagIDs: [@tag]}) { post { id } }`, "FORBIDDEN"},
		{"ada", `updatePost(id: @eve_PUBLISHED, input: {addTagIDs: [@free_tag]}) { post { id } }`, "FORBIDDEN"},
		{"ada", `createTag(input: {name: "x", postIDs: [@ada_DRAFT, @ada_PUBLISHED]}) { tag { id } }`, ""},
		{"ada", `createTag(input: {name: "x", postIDs: [@ada_PUBLISHED, @eve_PUBLISHED]}) { tag { id } }`, "FORBIDDEN"},
		{"eve", `createTag(input: {name: "x", postIDs: [@ada_PUBLISHED]}) { tag { id } }`, "FORBIDDEN"},
		{"admin", `updateTag(id: @free_tag, input: {addPostIDs: [@ada_PUBLISHED]}) { tag { id } }`, "FORBIDDEN"},
		{"admin", `updateTag(id: @tag, input: {removePostIDs: [@ada_PUBLISHED]}) { tag { id } }`, ""},
		{"admin", `updateTag(id: @tag, input: {postIDs: []}) { tag { id } }`, ""},
		{"system", `updateTag(id: @free_tag, input: {addPostIDs: [@ada_DRAFT, @eve_DRAFT]}) { tag { id } }`, ""},
	} {
		if got, body := l.try(t, l.viewers()[tc.who].api, tc.query); got != tc.want {
			t.Errorf("%s: %s: got %q, want %q: %s", tc.who, tc.query, got, tc.want, body)
		}
	}
}
