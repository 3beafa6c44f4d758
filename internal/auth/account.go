package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"entgo.io/ent"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

var appName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// adopt takes over what the app's user entity is, and refuses what cannot work with it.
func (a *Auth) adopt() error {
	if !appName.MatchString(a.o.Name) {
		return fmt.Errorf("sign-in: the app's name %q must be lower case letters, digits, _ and -, beginning with a letter", a.o.Name)
	}
	if a.o.Ent.Account == nil {
		return errors.New("sign-in: no entity embeds kit.Account: add it to the mixins of the one that signs in, or give the app no Auth")
	}
	a.account = *a.o.Ent.Account
	if a.user = a.o.Entities.Entity(a.account.Entity); a.user == nil {
		return fmt.Errorf("sign-in: the API does not serve %s, the entity that signs in: remove entity.Skip()", a.account.Entity)
	}
	has := a.account
	switch {
	case has.PasswordHash != "" && has.Username == "" && has.Email == "":
		return fmt.Errorf("sign-in: %s has a password, but neither a user name nor an e-mail address to sign in with: add one by kit.Account", has.Entity)
	case has.PasswordHash != "" && has.Sessions != "" && has.Attempts == "":
		return errors.New("sign-in: passwords could be guessed without limit: embed kit.Attempt in a schema")
	case a.o.Provider != nil && (has.Identities == "" || has.Attempts == ""):
		return errors.New("sign-in: an OpenID provider is set (OIDC_ISSUER), which needs the tables of identities and attempts: embed kit.Identity and kit.Attempt in schemas")
	case has.Tokens != "" && a.o.Entities.Entity(has.TokenEntity) == nil:
		return fmt.Errorf("sign-in: the API does not serve %s, which createAccessToken makes: remove entity.Skip()", has.TokenEntity)
	}
	return nil
}

// lacks refuses a mutation for which the app lacks something.
func lacks(mutation, what string) error {
	return api.Problem(api.CodeNotImplemented, "", mutation+" needs "+what)
}

// mayUsePasswords refuses what is done with passwords where the app has none.
func (a *Auth) mayUsePasswords(mutation string) error {
	switch {
	case a.account.PasswordHash == "":
		return lacks(mutation, "a password: "+a.account.Entity+" has none")
	case a.account.Sessions == "":
		return lacks(mutation, "a table of sessions: embed kit.Session in a schema")
	}
	return nil
}

// account is a user as sign-in knows one.
type account struct {
	viewer viewer.Viewer // the zero value without such a user
	hash   *string       // of the password; nil without one
}

func toAccount(row pgx.CollectableRow) (acc account, err error) {
	err = row.Scan(postgres.Key(&acc.viewer.UserID), &acc.viewer.Role, &acc.hash)
	return acc, err
}

// find looks up a user by one of the statements for it. Without one it gives the zero
// value, on which the same work can be done.
func (a *Auth) find(ctx context.Context, sql string, value any) (acc account, err error) {
	if s, ok := value.(string); ok && strings.ContainsRune(s, 0) { // Postgres has no such text
		return acc, nil
	}
	rows, err := a.db.Apart().Query(system(ctx), sql, value)
	if err == nil {
		acc, err = pgx.CollectExactlyOneRow(rows, toAccount)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return account{}, fmt.Errorf("look up account: %w", err)
	}
	return acc, nil
}

// accountOf looks up a user by what they sign in with: the e-mail address when it holds an @
// and the entity has one, else the user name. It gives that as it is compared, too.
func (a *Auth) accountOf(ctx context.Context, name string) (acc account, as string, err error) {
	column, sql := a.account.Username, a.sql.byUsername
	if a.account.Email != "" && (column == "" || strings.Contains(name, "@")) {
		column, sql = a.account.Email, a.sql.byEmail
	}
	name = strings.TrimSpace(name)
	as = strings.ToLower(name)
	if f := a.user.FieldByColumn(column); f == nil || f.Flags.Has(entity.Lowered) {
		name = as
	}
	acc, err = a.find(ctx, sql, name)
	return acc, as, err
}

// accountIn reads a user in a transaction.
func (a *Auth) accountIn(ctx context.Context, w *entity.Write, id key.Key) (account, error) {
	return row(ctx, w, "read account", toAccount, a.sql.byID, id)
}

// create makes a user of the values of a create input, by the hooks and validators of the
// app. Its rules are not asked: whoever signs up is nobody yet.
func (a *Auth) create(ctx context.Context, w *entity.Write, values map[string]any) (key.Key, error) {
	return w.Create(system(ctx), a.user, values)
}

// setHash gives a user a new password, by the hooks of the app.
func (a *Auth) setHash(ctx context.Context, w *entity.Write, user key.Key, hash string) error {
	return a.change(ctx, w, "set password", user, a.account.PasswordHash, hash)
}

// change sets one column of a user, by the hooks and validators of the app.
func (a *Auth) change(ctx context.Context, w *entity.Write, what string, user key.Key, column string, value any) error {
	if err := mutate(system(ctx), w, a.user.NewUpdate(w.Client, user), map[string]any{column: value}); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// mutate writes values by an Ent mutation.
func mutate(ctx context.Context, w *entity.Write, m ent.Mutation, values map[string]any) error {
	for _, column := range slices.Sorted(maps.Keys(values)) {
		if err := m.SetField(column, values[column]); err != nil {
			return err
		}
	}
	_, err := w.Client.Mutate(ctx, m)
	return err
}

// renewHash keeps another hash of the same password. Nothing about the user changes by it,
// so that no hook runs and the time of the last change stays. Where the password has been
// changed meanwhile, nothing is kept.
func (a *Auth) renewHash(ctx context.Context, w *entity.Write, acc *account, hash string) error {
	tag, err := exec(ctx, w, "renew hash of password", a.sql.replaceHash, acc.viewer.UserID, *acc.hash, hash)
	if err == nil && tag.RowsAffected() > 0 {
		acc.hash = &hash
	}
	return err
}

// CheckNew says what is wrong with a new password; the error is for the client.
func (a *Auth) CheckNew(ctx context.Context, password string) error {
	err := CheckPassword(password)
	if err == nil && a.o.CheckPassword != nil {
		err = a.o.CheckPassword(ctx, password)
	}
	return err
}

// nameOf is the key of an input for a column of the user entity.
func (a *Auth) nameOf(column string) string {
	if f := a.user.FieldByColumn(column); f != nil {
		return cmp.Or(f.Name, column)
	}
	return column
}
