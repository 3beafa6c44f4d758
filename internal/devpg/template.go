package devpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/sqltext"
)

const (
	templatePrefix = "entgraph_template_"
	// templateLife is how long a template of other migrations stays. To make it
	// again costs about a second.
	templateLife = 7 * 24 * time.Hour
	// buildTime bounds the making of a template.
	buildTime = 5 * time.Minute
	// templateLock is the advisory lock under which templates are made; the
	// number is the package's own.
	templateLock = 0x656e7467 // "entg"
)

// template is what this process knows about one template.
type template struct {
	once sync.Once
	err  error
}

// clone makes a database from the template, which it makes first if need be.
func (s *testServer) clone(ctx context.Context, tpl Template, name string) error {
	source := templateName(tpl.Key)
	create := func() error {
		if err := s.ready(tpl); err != nil {
			return err
		}
		return s.admin(ctx, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "create database "+sqltext.Ident(name)+" template "+sqltext.Ident(source)+s.strategy)
			return err
		})
	}
	err := create()
	if sqltext.State(err) == pgerrcode.InvalidCatalogName {
		// A process with other migrations found it too old and dropped it.
		s.forget(tpl.Key)
		err = create()
	}
	if err != nil {
		return fmt.Errorf("clone template %s: %w", source, err)
	}
	return nil
}

// templateName returns the database name of a key of any form.
func templateName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return templatePrefix + hex.EncodeToString(sum[:8])
}

// ready makes the template unless it is complete; once per process and key. One
// failed test must not end the work of others, so no test's context is used.
func (s *testServer) ready(tpl Template) error {
	s.mu.Lock()
	known := s.templates[tpl.Key]
	if known == nil {
		known = &template{}
		s.templates[tpl.Key] = known
	}
	s.mu.Unlock()
	known.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), buildTime)
		defer cancel()
		known.err = s.makeTemplate(ctx, tpl)
	})
	return known.err
}

func (s *testServer) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.templates, key)
}

// makeTemplate makes the template unless another process has made it.
func (s *testServer) makeTemplate(ctx context.Context, tpl Template) error {
	name := templateName(tpl.Key)
	return withConn(ctx, s.url(""), func(conn *pgx.Conn) error {
		// Closing the connection gives the lock back.
		if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", templateLock); err != nil {
			return fmt.Errorf("wait for template: %w", err)
		}
		complete, err := isComplete(ctx, conn, name)
		if err != nil || complete {
			return err
		}
		if err := dropOldTemplates(ctx, conn); err != nil {
			return err
		}
		return s.fillTemplate(ctx, conn, tpl, name)
	})
}

// isComplete says whether the template is there and finished. To be a template
// that refuses connections is the mark, set last and in one statement; without
// connections no clone ever fails with "being accessed by other users".
func isComplete(ctx context.Context, conn *pgx.Conn, name string) (complete bool, err error) {
	err = conn.QueryRow(ctx, `select exists (select from pg_database
		where datname = $1 and datistemplate and not datallowconn)`, name).Scan(&complete)
	if err != nil {
		return false, fmt.Errorf("look for template: %w", err)
	}
	return complete, nil
}

func (s *testServer) fillTemplate(ctx context.Context, conn *pgx.Conn, tpl Template, name string) error {
	if err := dropDatabase(ctx, conn, name); err != nil { // one whose maker was killed
		return err
	}
	if _, err := conn.Exec(ctx, "create database "+sqltext.Ident(name)+" template template0"+s.strategy); err != nil {
		return fmt.Errorf("create template: %w", err)
	}
	if err := tpl.Build(ctx, s.url(name)); err != nil {
		return errors.Join(fmt.Errorf("build template: %w", err), dropDatabase(ctx, conn, name))
	}
	for _, sql := range []string{
		"comment on database " + sqltext.Ident(name) + " is '" + time.Now().UTC().Format(time.RFC3339) + "'",
		"alter database " + sqltext.Ident(name) + " is_template true allow_connections false",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("finish template: %w", err)
		}
	}
	return nil
}

// dropOldTemplates drops the templates of migrations of long ago, but for those of
// other roles of a given server. It runs when a new one is made, which is rare.
func dropOldTemplates(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `select datname, coalesce(shobj_description(oid, 'pg_database'), '')
		from pg_database where starts_with(datname, $1) and datistemplate
		and pg_has_role(datdba, 'usage')`, templatePrefix)
	if err != nil {
		return fmt.Errorf("list templates: %w", err)
	}
	type old struct{ Name, Made string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[old])
	if err != nil {
		return fmt.Errorf("list templates: %w", err)
	}
	for _, o := range all {
		made, err := time.Parse(time.RFC3339, o.Made)
		if err != nil || time.Since(made) < templateLife {
			continue
		}
		if _, err := conn.Exec(ctx, "alter database "+sqltext.Ident(o.Name)+" is_template false"); err != nil {
			return fmt.Errorf("drop old template: %w", err)
		}
		if err := dropDatabase(ctx, conn, o.Name); err != nil {
			return err
		}
	}
	return nil
}
