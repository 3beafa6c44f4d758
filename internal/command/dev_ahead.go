package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// plans are what the rounds of dev leave for the next ones, so that a draft makes in the scratch
// databases only what has changed. It is for one goroutine at a time.
type plans struct {
	kept   plan.Kept
	states map[string]*schemadiff.State // see settling
	wants  want
}

// want is the schema that was generated last, as Postgres has it.
type want struct {
	text  string // that of which state was made
	state *schemadiff.State
	hints schemadiff.Answers
}

// read gives the schema that was generated last in a checkout.
func (p *plans) read(ctx context.Context, root string, scratch database.Scratch) (want, error) {
	d, err := wanted(root)
	if err != nil {
		return want{}, err
	}
	text, err := textOf(d)
	if err != nil {
		return want{}, err
	}
	if p.wants.state == nil || p.wants.text != text {
		state, err := plan.ReadSource(ctx, "ent://", plan.SourceOptions{Desired: d, Scratch: scratch})
		if err != nil {
			return want{}, err
		}
		p.wants = want{text: text, state: state}
	}
	p.wants.hints = d.Hints
	return p.wants, nil
}

// textOf is all that a schema is made of.
func textOf(d plan.Desired) (string, error) {
	text := d.Schema
	if d.Objects == nil {
		return text, nil
	}
	files, err := fs.Glob(d.Objects, "*.sql")
	for _, name := range files {
		content, rerr := fs.ReadFile(d.Objects, name)
		err = errors.Join(err, rerr)
		text += fmt.Sprintf("\n%s %d\n%s", name, len(content), content)
	}
	if err != nil {
		return "", fmt.Errorf("read the schema: %w", err)
	}
	return text, nil
}

// build builds the program, and plans meanwhile what the database lacks.
func (s *supervisor) build(ctx context.Context) error {
	planning, stop := context.WithCancel(ctx)
	defer stop()
	var plans sync.WaitGroup
	if s.child != nil && usesPrivate(s.cfg) {
		plans.Go(func() { s.planAhead(planning) })
	}
	err := s.src.build(ctx)
	if err != nil {
		stop()
	}
	plans.Wait()
	return err
}

// planAhead plans what bring is about to do, so that it finds it done. It changes the scratch
// databases alone and asks nobody: a program that does not compile changes no database. What
// fails here fails there too, and is said there.
func (s *supervisor) planAhead(ctx context.Context) {
	digest, err := s.digest()
	if err != nil {
		return
	}
	if now, err := s.at(digest); err != nil || now == s.schema {
		return
	}
	_ = s.withPrivate(ctx, func(ctx context.Context, to settling) error {
		st, err := database.ReadStatus(ctx, to.url, to.dir)
		if err != nil || len(st.Pending) > 0 { // which come first, and change where the plan begins
			return err
		}
		want, err := s.plans.read(ctx, s.src.root, to.scratch)
		if err != nil {
			return err
		}
		to.ask = asker{}
		_, err = to.plan(ctx, want.state, want.hints)
		return err
	})
}
