package command

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	options "github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/postgres"
)

// adminRole finds the role that user create --admin gives: the one of the app that is called
// ADMIN, in whatever case.
func adminRole(of *entity.Account) (string, error) {
	if of.Role == "" {
		return "", fmt.Errorf("%s has no role: leave out --admin", of.Entity)
	}
	i := slices.IndexFunc(of.Roles, func(role string) bool { return strings.EqualFold(role, "ADMIN") })
	if i < 0 {
		return "", fmt.Errorf("there is no role ADMIN: choose another with --role instead of --admin; the roles are %s", strings.Join(of.Roles, ", "))
	}
	return of.Roles[i], nil
}

func (a *app) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Make users, and change their passwords and roles",
		Long: `Make users, and change their passwords and roles: in the database of DATABASE_URL, or in
the private Postgres.

A password is asked for on the terminal, or is the first line of the standard input, without
a byte order mark before it. It is never an argument, which other users of the machine could
read.`,
		Args: cobra.NoArgs,
		RunE: lacksCommand,
	}
	cmd.AddCommand(a.userCreateCommand(), a.userPasswordCommand(), a.userRoleCommand())
	return cmd
}

// userExample makes an admin of what the app's users have.
func (a *app) userExample() string {
	example := "  " + a.Name + " user create"
	if account := a.Ent.Account; account != nil {
		if account.Username != "" {
			example += " --username ada"
		}
		if account.Email != "" {
			example += " --email ada@example.com"
		}
	}
	return example + " --admin"
}

func (a *app) userCreateCommand() *cobra.Command {
	var u auth.NewUser
	var admin, without bool
	var set []string
	cmd := &cobra.Command{
		Use:     "create",
		Short:   "Make a user who can sign in",
		Example: a.userExample(),
		Args:    cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if admin && u.Role != "" {
			return errors.New("--admin and --role say the same thing: use one of them")
		}
		var err error
		if admin && a.Ent.Account != nil {
			if u.Role, err = adminRole(a.Ent.Account); err != nil {
				return err
			}
		}
		if u.Values, err = pairs(set); err != nil {
			return err
		}
		in := cmd.InOrStdin()
		return work(func(ctx context.Context, _ []string) error {
			return a.withAuth(ctx, func(ctx context.Context, signIn *auth.Auth) error {
				if !without && a.Ent.Account.PasswordHash != "" {
					if u.Password, err = a.password(in); err != nil {
						return err
					}
				}
				if _, err := signIn.CreateUser(ctx, u); err != nil {
					return fmt.Errorf("make %s: %w%s", entity.AnyOne(a.Ent.Account.Entity), err, a.lacking(u))
				}
				fmt.Fprintf(a.stdout, "made the %s %s\n", a.Ent.Account.Entity, cmp.Or(u.Username, u.Email))
				return nil
			})
		})(cmd, args)
	}
	cmd.Flags().StringVar(&u.Username, "username", "", "the user `name`")
	cmd.Flags().StringVar(&u.Email, "email", "", "the e-mail `address`")
	cmd.Flags().BoolVar(&admin, "admin", false, "give the role that is called ADMIN")
	cmd.Flags().StringVar(&u.Role, "role", "", "the `role` (default: the one that people get who sign up)")
	cmd.Flags().StringArrayVar(&set, "set", nil, "another value that a new user needs, as `key=text`; may be repeated")
	cmd.Flags().BoolVar(&without, "no-password", false, "the user signs in by an OpenID provider, or gets a password later")
	return cmd
}

// lacking names the flags of the values that a new user needs and was not given, "" for none.
func (a *app) lacking(u auth.NewUser) string {
	account, flags := a.Ent.Account, ""
	given := []string{account.Username, account.Email, account.Role, account.PasswordHash}
	for _, e := range a.Ent.Entities {
		if e.Name != account.Entity {
			continue
		}
		for _, f := range e.Fields {
			_, set := u.Values[f.Name]
			if !set && f.Type != entity.ID && !slices.Contains(given, f.Column) && !f.Flags.Has(entity.Optional) && !f.Flags.Has(entity.Nullable) && !f.Flags.Has(entity.ReadOnly) {
				flags += " --set " + f.Name + "=..."
			}
		}
	}
	if flags != "" {
		flags = "\nadd what a new " + account.Entity + " needs:" + flags
	}
	return flags
}

func (a *app) userPasswordCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "password NAME",
		Short: "Change the password of a user, and end all of their sessions",
		Long:  "Change the password of the user with a name or an e-mail address, and end all of their\nsessions.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := cmd.InOrStdin()
			return work(func(ctx context.Context, args []string) error {
				return a.withAuth(ctx, func(ctx context.Context, signIn *auth.Auth) error {
					password, err := a.password(in)
					if err != nil {
						return err
					}
					if err := signIn.SetPassword(ctx, args[0], password); err != nil {
						return err
					}
					fmt.Fprintf(a.stdout, "%s has a new password, and all their sessions have ended\n", args[0])
					return nil
				})
			})(cmd, args)
		},
	}
}

func (a *app) userRoleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "role NAME ROLE",
		Short: "Change the role of a user, from their next operation on",
		Args:  cobra.ExactArgs(2),
		RunE: work(func(ctx context.Context, args []string) error {
			return a.withAuth(ctx, func(ctx context.Context, signIn *auth.Auth) error {
				role := args[1]
				if roles := a.Ent.Account.Roles; len(roles) > 0 && !slices.Contains(roles, role) {
					return fmt.Errorf("there is no role %s: the roles are %s", role, strings.Join(roles, ", "))
				}
				if err := signIn.SetRole(ctx, args[0], role); err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%s has the role %s\n", args[0], role)
				return nil
			})
		}),
	}
}

// withAuth runs f with the sign-in of the configured database, as its owner.
func (a *app) withAuth(ctx context.Context, f func(context.Context, *auth.Auth) error) error {
	if a.Ent.Account == nil {
		return errors.New("no entity embeds kit.Account: there are no users")
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	cfg.OIDCIssuer = "" // nobody signs in here
	return a.withSchema(ctx, cfg, func(db *postgres.DB, schema *executor.Schema) error {
		signIn, err := a.signingIn().newAuth(ctx, cfg, db, schema, a.logger(cfg))
		if err != nil {
			return err
		}
		return f(ctx, signIn)
	})
}

// signingIn is the app with a sign-in, which the commands on users need: also where the server
// has none, since its users come from elsewhere.
func (a *app) signingIn() *app {
	if a.Auth != nil {
		return a
	}
	b := *a
	b.Auth = &options.Options{}
	return &b
}

// password asks for a password twice on a terminal, where it is not shown, and reads it from
// the first line elsewhere.
func (a *app) password(in io.Reader) (string, error) {
	if !terminal(in) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		const mark = "\ufeff" // some editors and shells write it first
		if line = strings.TrimRight(strings.TrimPrefix(line, mark), "\r\n"); line == "" {
			return "", errors.New("there is no password: type it on a terminal, or give it as the first line of the standard input")
		}
		return line, nil
	}
	first, err := a.hidden(in, "Password: ")
	if err != nil {
		return "", err
	}
	again, err := a.hidden(in, "Again: ")
	if err == nil && first != again {
		err = errors.New("the two passwords differ: nothing was changed")
	}
	return first, err
}

func (a *app) hidden(in io.Reader, question string) (string, error) {
	fmt.Fprint(a.stderr, question)
	text, err := term.ReadPassword(int(in.(*os.File).Fd())) // a terminal is a file
	fmt.Fprintln(a.stderr)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(text), nil
}

// pairs reads values given as key=text.
func pairs(given []string) (map[string]any, error) {
	values := map[string]any{}
	for _, pair := range given {
		key, text, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--set %s must be key=text", pair)
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("--set %s is given twice: once is enough", key)
		}
		values[key] = text
	}
	return values, nil
}
