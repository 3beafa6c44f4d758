package kit

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"github.com/entgraph/entgraph/entity"
)

// The roles of an [Account] that names none.
const (
	Member = "MEMBER"
	Admin  = "ADMIN"
)

// Account is the mixin of the entity whose rows sign in. At least one of Username and Email must
// be set, unless the schema declares such a field itself with [As].
type Account struct {
	mixin.Schema
	// Username gives users a public name: 3 to 32 characters of a-z, 0-9 and _, beginning with
	// a letter, unique without regard to case.
	Username bool
	// Email gives users an e-mail address, unique without regard to case. Who else sees it is
	// for the entity's policy.
	Email bool
	// Roles are the values of the field role, upper case; the first is that of whoever signs
	// up. Default [Member] and [Admin]. Who may give which role is for the entity's policy: see
	// rule.Policy.Sets, which the generator asks for.
	Roles []string
	// NoRole leaves the field role out: all users may do the same.
	NoRole bool
	// NoPassword leaves out the password, and with it signUp, signIn and changePassword: users
	// come with the tokens of an OpenID provider.
	NoPassword bool
	// NoSignUp leaves out signUp: users are made by others, or by the command user create.
	NoSignUp bool
}

// Fields of Account, in this order: username, email, role, password_hash.
func (a Account) Fields() []ent.Field {
	var out []ent.Field
	if a.Username {
		out = append(out, field.String("username").
			SchemaType(map[string]string{dialect.Postgres: "varchar(32)"}).
			Unique().
			Validate(validUsername).
			Annotations(entity.Trim(), entity.Lower(), As(Username)).
			Comment("Public name, unique without regard to case; kept in lower case."))
	}
	if a.Email {
		out = append(out, field.String("email").
			SchemaType(map[string]string{dialect.Postgres: "varchar(254)"}).
			Unique().
			Validate(entity.Email).
			Annotations(entity.Trim(), entity.Lower(), As(Email)).
			Comment("E-mail address, unique without regard to case; kept in lower case."))
	}
	if !a.NoRole {
		out = append(out, a.role())
	}
	if !a.NoPassword {
		out = append(out, field.String("password_hash").
			SchemaType(map[string]string{dialect.Postgres: "varchar(255)"}).
			Validate(entity.Length(1, 255)).
			Optional().
			Nillable().
			Sensitive().
			Annotations(As(PasswordHash)).
			Comment("Hash of the password; null for a user who cannot sign in with one."))
	}
	return out
}

func (a Account) roles() []string {
	if len(a.Roles) == 0 {
		return []string{Member, Admin}
	}
	return a.Roles
}

func (a Account) role() ent.Field {
	var named []string
	size := 16
	for _, r := range a.roles() {
		named = append(named, constName(r), r)
		size = max(size, len(r))
	}
	return field.Enum("role").
		NamedValues(named...).
		Default(a.roles()[0]).
		SchemaType(map[string]string{dialect.Postgres: fmt.Sprintf("varchar(%d)", size)}).
		Annotations(As(Role)).
		Comment("What the user may do.")
}

// constName is how Ent's constant of a role is called after its type: "SUPER_USER" is SuperUser.
func constName(role string) string {
	var b strings.Builder
	for _, word := range strings.Split(strings.ToLower(role), "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// Annotations of Account: CHECKs of what its fields accept.
func (a Account) Annotations() []schema.Annotation {
	checks := map[string]string{}
	if a.Username {
		checks["users_username_format"] = `username ~ '^[a-z][a-z0-9_]{2,31}$'`
	}
	if a.Email {
		checks["users_email_format"] = `email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'`
	}
	if !a.NoRole {
		checks["users_role_values"] = "role IN ('" + strings.Join(a.roles(), "', '") + "')"
	}
	part := As(Users)
	part.NoSignUp = a.NoSignUp
	return []schema.Annotation{part, entsql.Checks(checks)}
}

var usernamePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{2,31}$`)

// validUsername accepts 3 to 32 characters of a-z, 0-9 and _, beginning with a letter.
// Only ASCII: look-alike letters of other scripts would make two names look alike.
func validUsername(s string) error {
	if !usernamePattern.MatchString(s) {
		return errors.New("must have 3 to 32 characters, only a-z, 0-9 and _, beginning with a letter")
	}
	return nil
}
