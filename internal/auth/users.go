package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// NewUser is a user as [Auth.CreateUser] makes one.
type NewUser struct {
	// Username and Email are what the user signs in with; "" where the app's entity has none.
	Username, Email string
	// Role is one of the app's roles. Default: that of whoever signs up.
	Role string
	// Values are others of the entity's create input, by key.
	Values map[string]any
	// Password is what signs them in. "": they have none yet.
	Password string
}

// CreateUser makes a user for a command, by the hooks and validators of the app; its rules are
// not asked. The error is for whoever types the command.
func (a *Auth) CreateUser(ctx context.Context, u NewUser) (id key.Key, err error) {
	values := maps.Clone(u.Values)
	if values == nil {
		values = map[string]any{}
	}
	for _, given := range []struct{ what, column, value string }{
		{"user name", a.account.Username, u.Username}, {"e-mail address", a.account.Email, u.Email}, {"role", a.account.Role, u.Role},
	} {
		switch {
		case given.value == "":
		case given.column == "":
			return id, fmt.Errorf("%s has no %s", a.account.Entity, given.what)
		case values[a.nameOf(given.column)] != nil:
			return id, fmt.Errorf("the %s is given twice: once is enough", given.what)
		default:
			values[a.nameOf(given.column)] = given.value
		}
	}
	hash, err := a.newHash(ctx, u.Password)
	if err != nil {
		return id, err
	}
	err = a.o.Transact(system(ctx), func(ctx context.Context, w *entity.Write) error {
		if id, err = a.create(ctx, w, values); err != nil || hash == "" {
			return err
		}
		return a.setHash(ctx, w, id, hash)
	})
	return id, a.told(err)
}

// newHash is that of a password which a command was given, "" for none.
func (a *Auth) newHash(ctx context.Context, password string) (string, error) {
	switch {
	case password == "":
		return "", nil
	case a.account.PasswordHash == "":
		return "", fmt.Errorf("%s has no password", a.account.Entity)
	}
	if err := a.CheckNew(ctx, password); err != nil {
		return "", fmt.Errorf("the password %w", err)
	}
	return a.hash(ctx, password)
}

// SetPassword gives the user of a name or e-mail address another password, for a command, and
// ends all of their sessions.
func (a *Auth) SetPassword(ctx context.Context, name, password string) error {
	if password == "" {
		return errors.New("the password is empty")
	}
	id, err := a.userOf(ctx, name)
	if err != nil {
		return err
	}
	hash, err := a.newHash(ctx, password)
	if err != nil {
		return err
	}
	return a.o.Transact(system(ctx), func(ctx context.Context, w *entity.Write) error {
		if err := a.setHash(ctx, w, id, hash); err != nil {
			return err
		}
		return a.revokeAll(ctx, w, id)
	})
}

// SetRole gives the user of a name or e-mail address another role, for a command. It counts
// from their next operation on.
func (a *Auth) SetRole(ctx context.Context, name, role string) error {
	f := a.user.FieldByColumn(a.account.Role)
	if a.account.Role == "" || f == nil {
		return fmt.Errorf("%s has no role", a.account.Entity)
	}
	value, err := f.Parse(role)
	if err != nil {
		return fmt.Errorf("the role %q %w", role, err)
	}
	id, err := a.userOf(ctx, name)
	if err != nil {
		return err
	}
	return a.o.Transact(system(ctx), func(ctx context.Context, w *entity.Write) error {
		return a.change(ctx, w, "set role", id, a.account.Role, value)
	})
}

// userOf finds a user for a command.
func (a *Auth) userOf(ctx context.Context, name string) (key.Key, error) {
	if a.account.Username == "" && a.account.Email == "" {
		return key.Key{}, fmt.Errorf("%s has neither a user name nor an e-mail address to find one by", a.account.Entity)
	}
	acc, _, err := a.accountOf(ctx, name)
	if err == nil && !acc.viewer.SignedIn() {
		err = fmt.Errorf("there is no user %q", strings.TrimSpace(name))
	}
	return acc.viewer.UserID, err
}

// told says what is wrong with an input to somebody who sees no path to it.
func (a *Auth) told(err error) error {
	var input *entity.InputError
	var conflict *entity.ConflictError
	switch {
	case errors.As(err, &input):
		var all []error
		for _, f := range input.Fields {
			all = append(all, fmt.Errorf("%v: %s", f.Path[len(f.Path)-1], f.Message))
		}
		return errors.Join(all...)
	case errors.As(err, &conflict):
		return fmt.Errorf("%s: %s", strings.Join(conflict.Fields, ", "), conflict.Message)
	}
	if field, invalid := a.o.Ent.Invalid(err); invalid {
		return fmt.Errorf("%s: is missing, or not valid", a.nameOf(field))
	}
	return err
}
