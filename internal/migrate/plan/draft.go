package plan

import (
	"context"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// DraftOptions are for [Draft].
type DraftOptions struct {
	Scratch database.Scratch
	// Hints answer questions from the schema, and Ask a person; see [schemadiff.Options].
	Hints schemadiff.Answers
	Ask   func(schemadiff.Question) (string, error)
	// Ours gives what migrations and drafts have made. What the database has besides, such as
	// the tables that a library makes for itself, stays, unless it hangs on what goes. Default
	// nil: all is ours.
	Ours Ours
	// Kept makes it faster to draft again. Default nil: nothing is kept.
	Kept *Kept
}

// Ours gives keys of objects; it is called only when a database has more than is wanted.
type Ours func(context.Context) (map[schemadiff.Key]bool, error)

// Draft gives the statements that lead a database of development to a state without a file
// of the migration directory: nothing when it is there, or has only more. It changes only
// scratch databases. What would be lost says [database.Draft], which runs them and knows the
// rows: here what goes is not asked about, unless it may have got another name.
func Draft(ctx context.Context, url string, want *schemadiff.State, o DraftOptions) ([]database.Step, error) {
	have, err := readLive(ctx, url)
	if err != nil {
		return nil, err
	}
	if want, err = want.PartitionedAs(have); err != nil {
		return nil, err
	}
	if want, err = o.Ours.beside(ctx, have, want); err != nil || have.Equal(want) {
		return nil, err
	}
	if steps, ok := o.Kept.planned(have, want, o.Hints); ok {
		return steps, nil
	}
	diff := SchemaDiffOptions{
		SourceOptions: SourceOptions{Scratch: o.Scratch, Desired: Desired{Hints: o.Hints}},
		From:          Source(url),
		Ask:           o.ask,
	}
	files, err := o.Kept.plan(ctx, diff, have, want)
	if err != nil {
		return nil, err
	}
	steps := make([]database.Step, len(files))
	for i, f := range files {
		steps[i].Transaction = f.Tx
		for _, s := range f.Up {
			steps[i].Statements = append(steps[i].Statements, s.SQL)
		}
	}
	o.Kept.keep(have, want, o.Hints, steps)
	return steps, nil
}

// ask answers questions that have one answer, which may give data up, and passes others on: a
// value for rows that have none is somebody's choice also where one is proposed.
func (o DraftOptions) ask(q schemadiff.Question) (string, error) {
	switch {
	case len(q.Choices) == 1 && (q.Drops || strings.HasPrefix(q.Choices[0], "--using ")):
		return q.Choices[0], nil
	case o.Ask == nil:
		return "", &schemadiff.UndecidedError{Questions: []schemadiff.Question{q}}
	}
	return o.Ask(q)
}

// Same reports whether a database is in a state, and has only what is not ours besides.
func Same(ctx context.Context, url string, want *schemadiff.State, ours Ours) (bool, error) {
	have, err := readLive(ctx, url)
	if err != nil {
		return false, err
	}
	if want, err = want.PartitionedAs(have); err != nil {
		return false, err
	}
	want, err = ours.beside(ctx, have, want)
	return err == nil && have.Equal(want), err
}

// beside gives a state with what a database has of others, and with its names.
func (f Ours) beside(ctx context.Context, have, want *schemadiff.State) (*schemadiff.State, error) {
	want = want.NamedAs(have)
	more := func(k schemadiff.Key) bool { return want.Objects[k] == nil }
	if f == nil || !slices.ContainsFunc(have.Diff(want), more) {
		return want, nil
	}
	ours, err := f(ctx)
	if err != nil || ours == nil {
		return want, err
	}
	return want.Beside(have, func(k schemadiff.Key) bool { return !ours[k] }), nil
}
