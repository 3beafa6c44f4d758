package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/postgres"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check this machine and say what is missing and how to get it",
		Long: `Check this machine and say what is missing and how to get it.

It changes nothing. It exits with 1 when something is missing or wrong that the server
or its development needs; what only some tasks need is a warning.`,
		Args: cobra.NoArgs,
		RunE: work(func(ctx context.Context, _ []string) error { return a.doctor(ctx) }),
	}
}

// finding is what one check found.
type finding struct {
	name   string
	state  state
	detail string
	fix    string // how to get what is missing
}

type state int

const (
	fine    state = iota
	warning       // some tasks do not work
	missing       // nothing works
	wrong         // nothing works, because of a value
)

func (s state) String() string { return [...]string{"ok", "warn", "MISSING", "WRONG"}[s] }

// databaseTimeout bounds each question to the database.
const databaseTimeout = 5 * time.Second

func (a *app) doctor(ctx context.Context) error {
	cfg, err := a.config()
	findings := []finding{{name: "settings", detail: "all values are valid"}}
	if err != nil {
		findings[0] = finding{"settings", wrong, problems(err), "correct these variables"}
	}
	findings = append(findings, a.tools(ctx)...)
	if err == nil {
		findings = append(findings, a.database(ctx, cfg)...)
	}
	findings = append(findings, a.space()...)
	bad := 0
	for _, f := range findings {
		a.printFinding(f)
		if f.state >= missing {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks found something missing or wrong", bad, len(findings))
	}
	return nil
}

// problems lists what is wrong with the settings, a line for each.
func problems(err error) string {
	var settings *config.Error
	if !errors.As(err, &settings) {
		return err.Error()
	}
	var lines []string
	for _, p := range settings.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func (a *app) printFinding(f finding) {
	indented := strings.ReplaceAll(f.detail, "\n", "\n                       ")
	fmt.Fprintf(a.stdout, "%-8s %-13s %s\n", f.state, f.name, indented)
	if f.state != fine && f.fix != "" {
		fmt.Fprintf(a.stdout, "%-8s %-13s -> %s\n", "", "", f.fix)
	}
}

// database checks the given database, or that a private one can be had.
func (a *app) database(ctx context.Context, cfg config.Config) []finding {
	if cfg.DatabaseURL == "" {
		return []finding{a.privatePostgres(cfg)}
	}
	url := string(cfg.DatabaseURL)
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	db, err := a.open(ctx, cfg, url, a.logger(cfg))
	if err != nil {
		return []finding{{"database", missing, fmt.Sprintf("%s: %v", cfg.DatabaseURL, err), "start it, or correct DATABASE_URL, or unset it for a private Postgres"}}
	}
	defer db.Close()
	var version string
	if err := db.Read.QueryRow(ctx, "SELECT pg_catalog.current_setting('server_version')").Scan(&version); err != nil {
		return []finding{{"database", missing, err.Error(), ""}}
	}
	findings := []finding{{name: "database", detail: fmt.Sprintf("Postgres %s at %s", version, cfg.DatabaseURL)}}
	if detail := lettersOf(db); detail != "" {
		findings = append(findings, finding{"locale", warning, detail,
			"create the database again with a UTF-8 locale: LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' from Postgres 17 on, LC_CTYPE 'C.UTF-8' before"})
	}
	return append(findings, a.migrations(ctx, url))
}

// lettersOf says which letters a database does not know the upper and lower case of; "" when it
// knows all.
func lettersOf(db *postgres.DB) string {
	switch f := db.Folding; {
	case !f.Letters:
		return "filters such as containsFold ignore the case of the letters A to Z alone, and the server has no collation that knows others"
	case f.Collation != "" && !f.Beyond:
		return "full-text search and columns of the type citext ignore the case of the letters A to Z alone; filters such as containsFold ask the collation " + f.Collation
	}
	return ""
}

func (a *app) migrations(ctx context.Context, url string) finding {
	status, err := database.NewGate(a.Migrations, a.Ent.Expected(), a.Ent.External...).Read(ctx, url)
	if err == nil {
		err = status.Err()
	}
	var problem *migrate.StateError
	switch {
	case err == nil:
		return finding{name: "migrations", detail: "the database is up to date"}
	case errors.As(err, &problem):
		return finding{"migrations", warning, fmt.Sprintf("%v: %s", problem.Reason, problem.Detail), problem.Advice}
	}
	return finding{"migrations", warning, err.Error(), ""}
}

// privatePostgres asks every way of getting a server, and lists them all when none
// works.
func (a *app) privatePostgres(cfg config.Config) finding {
	o, err := a.private(cfg)
	if err != nil {
		return finding{"postgres", missing, err.Error(), "set DATABASE_URL"}
	}
	attempts := devpg.Probe(o)
	for _, attempt := range attempts {
		if attempt.OK {
			return finding{name: "postgres", detail: attempt.Way + ": " + attempt.Detail}
		}
	}
	err = &devpg.NotFoundError{Attempts: attempts}
	return finding{"postgres", missing, err.Error(), "or set DATABASE_URL to a server of yours"}
}
