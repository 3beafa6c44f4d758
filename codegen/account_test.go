package codegen

import (
	"slices"
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/entc/load"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// Member is a user entity by another name.
type Member struct{ ent.Schema }

// Mixin of Member: those who refer to one ask for its id.
func (Member) Mixin() []ent.Mixin { return []ent.Mixin{declare.Base{}} }

// Stranger is an entity without sign-in.
type Stranger struct{ ent.Schema }

// Mixin of Stranger.
func (Stranger) Mixin() []ent.Mixin { return []ent.Mixin{declare.Base{}} }

// What an app embeds.
type (
	Session      struct{ kit.Session[Member] }
	OtherSession struct{ kit.Session[Stranger] }
	Attempt      struct{ kit.Attempt }
	Key          struct{ kit.AccessToken[Member] }
	Identity     struct{ kit.Identity[Member] }
	Story        struct{ kit.AuditLog }
)

var adminsSet = rule.Fields{"role": rule.Any(rule.Is("role", kit.Member), rule.Role(kit.Admin))}

// member is the entity Member with an account.
func member(a kit.Account, fields ...ent.Field) entityDef {
	p := rule.Policy{Read: rule.Everyone(), Update: rule.Owner("id")}
	if !a.NoRole && len(a.Roles) == 0 {
		p.Sets = adminsSet
	}
	return entityDef{name: "Member", mixin: []ent.Mixin{declare.Base{}, a}, fields: fields, policy: p}
}

// appOf makes the model of an app.
func appOf(t *testing.T, schemas map[string]ent.Interface) (*model, error) {
	t.Helper()
	var list []*load.Schema
	for name, s := range schemas {
		list = append(list, loaded(t, s, name))
	}
	slices.SortFunc(list, func(a, b *load.Schema) int { return strings.Compare(a.Name, b.Name) })
	return modelOfSchemas(t, throughJSON(t, rule.Describe(schemas)), list...)
}

// TestAccountOfAnyColumn tells the engine in which column the ids of users are.
func TestAccountOfAnyColumn(t *testing.T) {
	t.Parallel()
	user := member(kit.Account{Email: true})
	user.mixin = []ent.Mixin{keyed{id: field.UUID("id", uuid.UUID{}).Default(uuid.New).StorageKey("user_no")}, kit.Account{Email: true}}
	user.policy = rule.Policy{Read: rule.Everyone(), Update: rule.Owner("user_no"), Sets: adminsSet}
	m, err := appOf(t, map[string]ent.Interface{"Member": user, "Session": Session{}, "Attempt": Attempt{}})
	if err != nil {
		t.Fatal(err)
	}
	if expr := m.accountExpr(); !strings.Contains(expr, `ID: "user_no"`) {
		t.Errorf("the engine is not told of the column: %s", expr)
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	m, err := appOf(t, map[string]ent.Interface{
		"Member": member(kit.Account{Email: true}, field.String("nickname").Comment("What friends say."), field.String("motto").Optional()),
		"Login":  Session{}, "Attempt": Attempt{}, "Key": Key{}, "Identity": Identity{}, "Story": Story{},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &entity.Account{
		Entity: "Member", Table: "members", Email: "email", Role: "role", PasswordHash: "password_hash", Roles: []string{"MEMBER", "ADMIN"},
		Sessions: "logins", Tokens: "keys", Identities: "identities", Attempts: "attempts", TokenEntity: "Key",
	}
	if diff := cmp.Diff(want, m.parts.account()); diff != "" {
		t.Errorf("the account (-want +got):\n%s", diff)
	}
	if got := m.parts.changes(); got != "Story" {
		t.Errorf("the audit log is %q", got)
	}
	text, err := m.table("example.com/app/ent")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(text), `Entity: "Member", Table: "members",`, `Email: "email", Role: "role", PasswordHash: "password_hash",`, `AuditLog: "Story",`, `TokenEntity: "Key",`)
	contains(t, m.authSDL(), "viewer: Member\n", "input SignUpInput {\n  \"\"\"E-mail address.\"\"\"\n  email: String!\n  \"\"\"What friends say.\"\"\"\n  nickname: String!\n  \"At least",
		"input SignInInput {\n  \"The e-mail address.\"\n  email: String!", "scope: KeyScope!", "accessToken: Key\n", "linkIdentity(token")
}

// TestPartsOfAnAccount checks what an app gets that embeds some of it.
func TestPartsOfAnAccount(t *testing.T) {
	t.Parallel()
	login := field.String("login").StorageKey("login_name").Unique().Annotations(kit.As(kit.Username)).Comment("As ever.")
	teamed := member(kit.Account{Email: true})
	teamed.edges = []ent.Edge{edge.To("stranger", Stranger.Type).Unique().Required()}
	for name, tc := range map[string]struct {
		schemas     map[string]ent.Interface
		has, hasNot []string
	}{
		"nothing":        {map[string]ent.Interface{"Alpha": entityDef{}}, nil, []string{"viewer"}},
		"an audit log":   {map[string]ent.Interface{"AuditLog": Story{}}, nil, []string{"viewer"}},
		"users alone":    {map[string]ent.Interface{"Member": member(kit.Account{Username: true})}, []string{"viewer: Member"}, []string{"Mutation", "input"}},
		"no password":    {map[string]ent.Interface{"Member": member(kit.Account{Email: true, NoPassword: true}), "Session": Session{}}, []string{"signOut"}, []string{"signIn", "SignUp", "changePassword"}},
		"tokens":         {map[string]ent.Interface{"Member": member(kit.Account{Email: true}), "Key": Key{}}, []string{"createAccessToken"}, []string{"signIn", "linkIdentity"}},
		"no sign-up":     {map[string]ent.Interface{"Member": member(kit.Account{Email: true, NoSignUp: true}), "Session": Session{}, "Attempt": Attempt{}}, []string{"signIn(", "changePassword"}, []string{"signUp", "SignUpInput"}},
		"an open team":   {map[string]ent.Interface{"Member": teamed, "Stranger": entityDef{}, "Session": Session{}, "Attempt": Attempt{}}, []string{"  strangerID: ID!\n"}, nil},
		"one's own name": {map[string]ent.Interface{"Member": member(kit.Account{NoRole: true}, login), "Session": Session{}, "Attempt": Attempt{}}, []string{"As ever.\"\"\"\n  login: String!", "The username.\""}, []string{"email", "role"}},
	} {
		m, err := appOf(t, tc.schemas)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := m.authSDL()
		contains(t, text, tc.has...)
		for _, part := range tc.hasNot {
			if strings.Contains(text, part) {
				t.Errorf("%s: has %s:\n%s", name, part, text)
			}
		}
		if _, err := m.table("example.com/app/ent"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if a := m.parts.account(); name == "one's own name" && (a.Username != "login_name" || a.Role != "" || a.Roles != nil) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestRefusedAccounts(t *testing.T) {
	t.Parallel()
	noSets := member(kit.Account{Email: true})
	noSets.policy = rule.Policy{Read: rule.Everyone(), Update: rule.Owner("id")}
	ruled := member(kit.Account{Email: true}, field.String("plan"))
	ruled.policy = rule.Policy{Read: rule.Everyone(), Sets: rule.Fields{"plan": rule.Nobody(), "role": rule.Nobody()}}
	hidden := member(kit.Account{Email: true, NoRole: true})
	hidden.annotations = []schema.Annotation{declare.Skip()}
	of := func(sets rule.Fields) entityDef { // a Member of one Stranger
		d := member(kit.Account{Email: true})
		d.policy = rule.Policy{Read: rule.Everyone(), Update: rule.Owner("id"), Sets: sets}
		d.edges = []ent.Edge{edge.To("team", Stranger.Type).Unique().Required()}
		return d
	}
	closed := map[string]ent.Interface{
		"Member": of(adminsSet), "Stranger": entityDef{policy: rule.Policy{Read: rule.SignedIn()}}, "Session": Session{}, "Attempt": Attempt{},
	}
	joined := map[string]ent.Interface{
		"Member": of(rule.Fields{"role": rule.Nobody(), "member_team": rule.Role(kit.Admin)}), "Stranger": entityDef{}, "Session": Session{}, "Attempt": Attempt{},
	}
	customers := func(a kit.Account, read rule.Cond) entityDef {
		a.Email, a.NoPassword = true, true
		d := member(a)
		d.policy = rule.Policy{Read: read, Sets: rule.Fields{"email": rule.Nobody()}}
		if !a.NoRole {
			d.policy = rule.Policy{Read: read, Sets: rule.Fields{"role": rule.Role("STAFF")}}
		}
		return d
	}
	shop := kit.Account{Roles: []string{"CUSTOMER", "STAFF"}}
	signs := func(d entityDef) map[string]ent.Interface {
		return map[string]ent.Interface{"Member": d, "Session": Session{}, "Attempt": Attempt{}}
	}
	for name, tc := range map[string]struct {
		schemas map[string]ent.Interface
		want    []string
	}{
		"nothing to sign in with": {map[string]ent.Interface{"Member": member(kit.Account{})}, []string{"Member: kit.Account has nothing to sign in with", "set Username, Email or both"}},
		"no account":              {map[string]ent.Interface{"Member": entityDef{}, "Session": Session{}}, []string{"Session belongs to Member, which has no sign-in", "add kit.Account{Email: true} to the mixins of Member"}},
		"another owner":           {map[string]ent.Interface{"Member": member(kit.Account{Email: true}), "Stranger": entityDef{}, "Session": OtherSession{}, "Attempt": Attempt{}}, []string{"Session belongs to Stranger, but Member has kit.Account", "embed it with [Member]"}},
		"no attempts":             {map[string]ent.Interface{"Member": member(kit.Account{Email: true}), "Session": Session{}}, []string{"Member: passwords could be guessed without limit", "type Attempt struct{ kit.Attempt }"}},
		"two logs":                {map[string]ent.Interface{"Story": Story{}, "Tale": Story{}}, []string{"Story and Tale are both the changes of the app", "keep one of them"}},
		"no rule of roles":        {map[string]ent.Interface{"Member": noSets}, []string{"Member: whoever may change a user could give any role", `Sets: rule.Fields{"role": rule.Any(rule.Is("role", "MEMBER"), rule.Role("ADMIN"))}`}},
		"a ruled field":           {signs(ruled), []string{"Member.plan: a new user needs it, and its rule in Sets keeps them from giving it", "give it a default"}},
		"a ruled edge":            {joined, []string{"Member.team: a new user needs it, and the rule of member_team in Sets keeps them from giving it", "make the edge Optional, or set NoSignUp"}},
		"a hidden neighbour":      {closed, []string{"Member.team: a new user gives its id before they are signed in, and not everybody may read every Stranger", "make the edge Optional, or set NoSignUp"}},
		"a hidden field":          {signs(member(kit.Account{Email: true}, field.String("plan").Sensitive())), []string{"Member.plan: a new user needs it, and the API does not show it"}},
		"a hidden account":        {map[string]ent.Interface{"Member": hidden}, []string{"Member: the entity with kit.Account is a part of the API", "remove entity.Skip()"}},
		"a field elsewhere":       {map[string]ent.Interface{"Alpha": entityDef{fields: fields(field.String("login").Unique().Annotations(kit.As(kit.Username)))}}, []string{`Alpha.login: kit.As("username") is for a field of the entity with kit.Account`}},
		"a weak name":             {map[string]ent.Interface{"Member": member(kit.Account{Email: true}, field.String("login").Annotations(kit.As(kit.Username)))}, []string{"Member.login: what users sign in with must be a string, Unique"}},
		"an open hash":            {map[string]ent.Interface{"Member": member(kit.Account{Email: true, NoPassword: true}, field.String("hash").Annotations(kit.As(kit.PasswordHash)))}, []string{"Member.hash: the hash of a password must be Sensitive"}},
		"an unknown role":         {map[string]ent.Interface{"Member": customers(shop, rule.Any(rule.Owner("id"), rule.Role("STAFF", "Staff")))}, []string{`Member: rule.Role("Staff") allows nobody: the roles of Member are CUSTOMER, STAFF`}},
		"another's role":          {map[string]ent.Interface{"Member": customers(shop, rule.Everyone()), "Stranger": entityDef{policy: rule.Policy{Read: rule.Role("STAF")}}}, []string{`Stranger: rule.Role("STAF") allows nobody`}},
		"a log for no role":       {map[string]ent.Interface{"Member": customers(shop, rule.Everyone()), "Story": Story{}}, []string{`Story: rule.Role("ADMIN") allows nobody: the roles of Member are CUSTOMER, STAFF`, "func (Story) Policy() ent.Policy {"}},
		"a log without roles":     {map[string]ent.Interface{"Member": customers(kit.Account{NoRole: true}, rule.Everyone()), "Story": Story{}}, []string{`Story: rule.Role("ADMIN") allows nobody: Member has no roles: say who reads it`}},
		"a viewer":                {map[string]ent.Interface{"Member": member(kit.Account{Email: true}), "Viewer": entityDef{}}, []string{"Viewer: the root field viewer is the user who asks"}},
	} {
		_, err := appOf(t, tc.schemas)
		if err == nil {
			t.Errorf("%s: nothing was refused", name)
			continue
		}
		contains(t, err.Error(), tc.want...)
	}
}

// TestTokensOfAUser checks the way back that an app's API may have.
func TestTokensOfAUser(t *testing.T) {
	t.Parallel()
	d := member(kit.Account{Email: true})
	d.edges = []ent.Edge{edge.From("keys", Key.Type).Ref("user")}
	m, err := appOf(t, map[string]ent.Interface{"Member": d, "Key": Key{}})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, m.sdl(), "\n  keys(first: Int,", "user: Member!\n")
}

// TestSecretsOfTheLog checks that the audit log has no value of a field which somebody who may
// read the log does not see of every row, whoever that is.
func TestSecretsOfTheLog(t *testing.T) {
	t.Parallel()
	seen := rule.Fields{"email": rule.Any(rule.Owner("id"), rule.Role(kit.Admin)), "homeTown": rule.Role("CLERK")}
	d := member(kit.Account{Email: true, Roles: []string{kit.Member, kit.Admin, "CLERK"}}, field.String("homeTown").StorageKey("town").Optional())
	d.policy = rule.Policy{Read: rule.Everyone(), Fields: seen, Sets: adminsSet}
	for name, tc := range map[string]struct {
		readers rule.Cond
		want    string
	}{
		"admins":         {rule.Role(kit.Admin), "password_hash town"},
		"clerks":         {rule.Role("CLERK"), "email password_hash"},
		"both":           {rule.Role("CLERK", kit.Admin), "email password_hash town"},
		"users":          {rule.SignedIn(), "email password_hash town"},
		"everybody's":    {rule.Everyone(), "email password_hash town"},
		"who did it":     {rule.Owner("actor"), "email password_hash town"},
		"nobody but SQL": {rule.Nobody(), "password_hash"},
	} {
		m, err := appOf(t, map[string]ent.Interface{"Member": d})
		if err != nil {
			t.Fatal(err)
		}
		e := m.byName("Member")
		if got := strings.Join(e.secretsFrom(m, tc.readers), " "); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q in\n%s", part, text)
		}
	}
}
