package migrate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	aschema "ariga.io/atlas/sql/schema"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// Scratch gives an empty database that is thrown away by drop.
type Scratch func(ctx context.Context) (url string, drop func(context.Context) error, err error)

// DiffOptions says what [Diff] compares and where it writes. All but AllowDrop and
// Now are required.
type DiffOptions struct {
	// Dir is the migration directory; it is created when it is missing.
	Dir string
	// Tables is the desired state, Ent's migrate.Tables.
	Tables []*entschema.Table
	// Scratch gives the databases to work in: two for each call.
	Scratch Scratch
	// Name describes the change, a verb and an object: "add_post_published".
	Name string
	// AllowDrop lists the tables ("posts") and columns ("posts.title") that may be
	// dropped with their data; "*" allows all.
	AllowDrop []string
	// Now gives the version. Default time.Now.
	Now func() time.Time
}

var migrationName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)

// Diff writes the migration that brings the directory's state to the tables' state,
// with atlas.sum, and gives the name of the file: "" when there is nothing to do.
// What it writes has been run on a scratch database and was seen to lead to the
// desired state. It fails with [ErrDestructive] when data would be lost that
// AllowDrop does not name.
func Diff(ctx context.Context, o DiffOptions) (string, error) {
	if !migrationName.MatchString(o.Name) {
		return "", fmt.Errorf("name migration %q: want lower-case words joined by _, such as add_post_published", o.Name)
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return "", fmt.Errorf("create migration directory: %w", err)
	}
	d, err := openDirectory(os.DirFS(o.Dir))
	if err != nil {
		return "", err
	}
	desired, err := inspectDesired(ctx, o)
	if err != nil {
		return "", err
	}
	plan, err := planFrom(ctx, d, desired, o)
	if err != nil || plan == nil {
		return "", err
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	if plan.Version, err = nextVersion(now(), d); err != nil {
		return "", err
	}
	return write(o.Dir, plan)
}

// inspectDesired loads the tables' statements into a scratch database and reads
// them back, so that both sides of the comparison are in Postgres' own words.
func inspectDesired(ctx context.Context, o DiffOptions) (desired *target, err error) {
	ddl, err := SchemaSQL(ctx, o.Tables)
	if err != nil {
		return nil, err
	}
	err = withScratch(ctx, o.Scratch, func(s *session) error {
		if _, err := s.conn.ExecContext(ctx, ddl); err != nil {
			return fmt.Errorf("load desired schema: %w", err)
		}
		desired, err = newTarget(ctx, s, o.Tables)
		return err
	})
	return desired, err
}

// planFrom replays the directory, plans the way to desired and tries it. The plan
// is nil when nothing is to be done.
func planFrom(ctx context.Context, d *directory, desired *target, o DiffOptions) (plan *atlas.Plan, err error) {
	err = withScratch(ctx, o.Scratch, func(s *session) error {
		if _, err := s.up(ctx, d, UpOptions{}.withDefaults()); err != nil {
			return fmt.Errorf("replay migrations: %w", err)
		}
		changes, err := s.changes(ctx, desired.state)
		if err != nil || len(changes) == 0 {
			return err
		}
		if err := checkLoss(changes, o.AllowDrop); err != nil {
			return err
		}
		desired.reword(changes)
		if plan, err = s.plan(ctx, o.Name, changes); err != nil {
			return err
		}
		if err := s.addExtensions(ctx, plan, o.Tables); err != nil {
			return err
		}
		return s.try(ctx, plan, desired.state)
	})
	return plan, err
}

// withScratch runs f on a new database and drops it.
func withScratch(ctx context.Context, scratch Scratch, f func(*session) error) (err error) {
	url, drop, err := scratch(ctx)
	if err != nil {
		return fmt.Errorf("create scratch database: %w", err)
	}
	defer func() {
		// Also after an interrupt nothing may stay behind.
		if derr := drop(context.WithoutCancel(ctx)); derr != nil {
			err = errors.Join(err, fmt.Errorf("drop scratch database: %w", derr))
		}
	}()
	s, err := openSession(ctx, url)
	if err != nil {
		return err
	}
	err = f(s)
	return errors.Join(err, s.close())
}

// inspect reads the schema without the revisions table.
func (s *session) inspect(ctx context.Context) (*aschema.Schema, error) {
	state, err := s.drv.InspectSchema(ctx, revisionSchema, &aschema.InspectOptions{Exclude: []string{revisionTable}})
	if err != nil {
		return nil, fmt.Errorf("inspect schema: %w", err)
	}
	return state, nil
}

// changes lists what is missing between the session's database and desired.
func (s *session) changes(ctx context.Context, desired *aschema.Schema) ([]aschema.Change, error) {
	current, err := s.inspect(ctx)
	if err != nil {
		return nil, err
	}
	drops := dropChanged(current, desired)
	changes, err := s.drv.SchemaDiff(current, desired, aschema.DiffNormalized())
	if err != nil {
		return nil, fmt.Errorf("compare schemas: %w", err)
	}
	return withDrops(changes, drops), nil
}

// plan turns changes into statements without schema names: the schema is chosen by
// search_path.
func (s *session) plan(ctx context.Context, name string, changes []aschema.Change) (*atlas.Plan, error) {
	plan, err := s.drv.PlanChanges(ctx, name, changes, func(o *atlas.PlanOptions) {
		o.SchemaQualifier = new(string)
		o.Indent = "  "
		o.Mode = atlas.PlanModeDeferred
	})
	if err != nil {
		return nil, fmt.Errorf("plan migration: %w", err)
	}
	return plan, nil
}

// try runs the plan and checks that it leads to desired.
func (s *session) try(ctx context.Context, plan *atlas.Plan, desired *aschema.Schema) error {
	for _, c := range plan.Changes {
		if _, err := s.conn.ExecContext(ctx, c.Cmd); err != nil {
			return fmt.Errorf("try planned statement: %w\n%s", err, c.Cmd)
		}
	}
	left, err := s.changes(ctx, desired)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("try planned migration: the database would still differ from the schema in %s", strings.Join(changed(left), ", "))
	}
	return nil
}
