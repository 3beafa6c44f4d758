package codegen

import (
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// parts are the entities that are something to the engine, by the annotations of package kit and
// not by their names.
type parts struct {
	nodes  map[kit.Part]*gen.Type
	fields map[kit.Part]*gen.Field // of the entity of users
	// noSignUp tells that nobody signs up.
	noSignUp bool
}

var entityParts = []kit.Part{kit.Users, kit.Sessions, kit.AccessTokens, kit.Identities, kit.Attempts, kit.Changes}

// findParts reads the parts. It refuses what sign-in could not work with.
func findParts(g *gen.Graph) (parts, error) {
	p := parts{nodes: map[kit.Part]*gen.Type{}, fields: map[kit.Part]*gen.Field{}}
	var errs []error
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return p, fmt.Errorf("read annotation of %s: %w", node.Name, err)
		}
		part := kit.Part(a.Part)
		if part == "" {
			continue
		}
		switch other := p.nodes[part]; {
		case !slices.Contains(entityParts, part):
			errs = append(errs, fmt.Errorf("%s: kit.As(%q) is for a field of the entity with kit.Account", node.Name, part))
		case other != nil:
			errs = append(errs, fmt.Errorf("%s and %s are both the %s of the app: keep one of them", other.Name, node.Name, part))
		default:
			p.nodes[part] = node
		}
		p.noSignUp = p.noSignUp || a.NoSignUp
	}
	for _, node := range g.Nodes {
		errs = append(errs, p.addFields(node))
	}
	return p, errors.Join(append(errs, p.checkOwners(), p.checkUsers())...)
}

// addFields reads which fields of the entity of users are what.
func (p *parts) addFields(node *gen.Type) error {
	var errs []error
	for _, f := range node.Fields {
		a, err := annotation(f.Annotations)
		if err != nil {
			return fmt.Errorf("read annotation of %s.%s: %w", node.Name, f.Name, err)
		}
		part := kit.Part(a.Part)
		if part == "" {
			continue
		}
		refuse := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("%s.%s: "+format, append([]any{node.Name, f.Name}, args...)...))
		}
		switch {
		case slices.Contains(entityParts, part) || node != p.nodes[kit.Users]:
			refuse("kit.As(%q) is for a field of the entity with kit.Account: move or remove it", part)
		case p.fields[part] != nil:
			refuse("%s is the %s already: keep one of them", p.fields[part].Name, part)
		case part == kit.Role && !f.IsEnum():
			refuse("a role must be a field.Enum")
		case part == kit.PasswordHash && (!f.Sensitive() || !f.Nillable):
			refuse("the hash of a password must be Sensitive, Optional and Nillable")
		case (part == kit.Username || part == kit.Email) && (!f.IsString() || !f.Unique || f.Optional):
			refuse("what users sign in with must be a string, Unique and not Optional")
		}
		p.fields[part] = f
	}
	return errors.Join(errs...)
}

// owned are the parts that belong to a user.
var owned = []kit.Part{kit.Sessions, kit.AccessTokens, kit.Identities}

// checkOwners refuses what belongs to another entity than that of the users.
func (p *parts) checkOwners() error {
	var errs []error
	users := p.nodes[kit.Users]
	for _, part := range owned {
		node := p.nodes[part]
		if node == nil {
			continue
		}
		i := slices.IndexFunc(node.Edges, func(e *gen.Edge) bool { return e.Name == "user" })
		switch {
		case i < 0:
			errs = append(errs, fmt.Errorf("%s: the edge user is missing: leave the mixins of what it embeds in place", node.Name))
		case users == nil:
			errs = append(errs, fmt.Errorf("%s belongs to %s, which has no sign-in: add kit.Account{Email: true} to the mixins of %[2]s", node.Name, node.Edges[i].Type.Name))
		case node.Edges[i].Type != users:
			errs = append(errs, fmt.Errorf("%s belongs to %s, but %s has kit.Account: embed it with [%[3]s]", node.Name, node.Edges[i].Type.Name, users.Name))
		}
	}
	return errors.Join(errs...)
}

// checkUsers refuses an account that nobody could sign in to, or anybody by guessing.
func (p *parts) checkUsers() error {
	users := p.nodes[kit.Users]
	if users == nil {
		return nil
	}
	var errs []error
	if p.fields[kit.Username] == nil && p.fields[kit.Email] == nil {
		errs = append(errs, fmt.Errorf("%s: kit.Account has nothing to sign in with: set Username, Email or both", users.Name))
	}
	if p.passwords() && p.nodes[kit.Attempts] == nil {
		errs = append(errs, fmt.Errorf("%s: passwords could be guessed without limit: add type Attempt struct{ kit.Attempt } to the schema, or set NoPassword", users.Name))
	}
	if p.nodes[kit.Identities] != nil && p.fields[kit.Email] == nil {
		errs = append(errs, fmt.Errorf("%s: users of an OpenID provider are known by their e-mail address: set Email, or remove %s", users.Name, p.nodes[kit.Identities].Name))
	}
	if a, err := annotation(users.Annotations); err == nil && a.Skip {
		errs = append(errs, fmt.Errorf("%s: the entity with kit.Account is a part of the API: remove entity.Skip()", users.Name))
	}
	return errors.Join(errs...)
}

// passwords tells whether users sign in with passwords: both a hash and sessions are there.
func (p *parts) passwords() bool {
	return p.fields[kit.PasswordHash] != nil && p.nodes[kit.Sessions] != nil
}

// account is what the engine is told, nil without an entity of users.
func (p *parts) account() *entity.Account {
	users := p.nodes[kit.Users]
	if users == nil {
		return nil
	}
	table := func(part kit.Part) string {
		if node := p.nodes[part]; node != nil {
			return node.Table()
		}
		return ""
	}
	column := func(part kit.Part) string {
		if f := p.fields[part]; f != nil {
			return f.StorageKey()
		}
		return ""
	}
	a := &entity.Account{
		Entity: users.Name, Table: users.Table(),
		Username: column(kit.Username), Email: column(kit.Email), Role: column(kit.Role), PasswordHash: column(kit.PasswordHash),
		Sessions: table(kit.Sessions), Tokens: table(kit.AccessTokens), Identities: table(kit.Identities), Attempts: table(kit.Attempts),
	}
	if users.HasOneFieldID() && users.ID.StorageKey() != "id" {
		a.ID = users.ID.StorageKey()
	}
	if node := p.nodes[kit.AccessTokens]; node != nil {
		a.TokenEntity = node.Name
	}
	a.Roles = p.roles()
	return a
}

// roles are the values of the role, that of a new user first.
func (p *parts) roles() []string {
	f := p.fields[kit.Role]
	if f == nil {
		return nil
	}
	roles := slices.Clone(f.EnumValues())
	if first, ok := f.DefaultValue().(string); ok {
		slices.SortStableFunc(roles, func(a, b string) int { return boolInt(b == first) - boolInt(a == first) })
	}
	return roles
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkRole refuses a role that everybody who may change a user could give themselves.
func (m *model) checkRole() error {
	users, role := m.parts.nodes[kit.Users], m.parts.fields[kit.Role]
	if users == nil || role == nil {
		return nil
	}
	e := m.graph.Entity(users.Name)
	f := e.FieldByColumn(role.StorageKey())
	if f == nil || f.Flags.Has(entity.ReadOnly) || !e.Has(entity.Create) && !e.Has(entity.Update) {
		return nil // no input has it
	}
	if _, ok := e.Rules().Sets[f.Column]; ok {
		return nil
	}
	roles := m.parts.roles()
	return fmt.Errorf("%s: whoever may change a user could give any role: say in its Policy who may, such as Sets: rule.Fields{%q: rule.Any(rule.Is(%[2]q, %q), rule.Role(%q))}",
		e.Name, f.Column, roles[0], roles[len(roles)-1])
}

// changes is the entity that is the audit log, "" without one.
func (p *parts) changes() string {
	if node := p.nodes[kit.Changes]; node != nil {
		return node.Name
	}
	return ""
}

// auditReaders says who reads the audit log.
func (m *model) auditReaders() rule.Cond {
	if log := m.graph.Entity(m.parts.changes()); log != nil {
		return log.Rules().Read
	}
	return rule.Nobody()
}
