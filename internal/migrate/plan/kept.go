package plan

import (
	"context"
	"errors"
	"reflect"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Kept is what one [Draft] leaves for the next on the same database: a scratch database, which
// is in the state that the plan led to, so that a plan that begins there need not make all of
// it, most of the work, and the plan, which can so be made before it is needed. The zero value
// is usable; a nil one keeps nothing. Call [Kept.Close] in the end. Not safe for concurrent use.
type Kept struct {
	session *database.Session
	drop    func(context.Context) error
	has     *schemadiff.State // what the scratch database is; nil when that is not known

	from, to *schemadiff.State // of the last plan
	hints    schemadiff.Answers
	steps    []database.Step
}

// Close drops the scratch database.
func (k *Kept) Close(ctx context.Context) error {
	if k.session == nil {
		return nil
	}
	drop := k.drop
	k.session, k.drop, k.has = nil, nil, nil
	return drop(ctx)
}

// planned gives the last plan if it is the one from a state to another.
func (k *Kept) planned(have, want *schemadiff.State, hints schemadiff.Answers) ([]database.Step, bool) {
	if k == nil || k.from == nil || !k.from.Equal(have) || !k.to.Equal(want) || !reflect.DeepEqual(k.hints, hints) {
		return nil, false
	}
	return k.steps, true
}

func (k *Kept) keep(have, want *schemadiff.State, hints schemadiff.Answers, steps []database.Step) {
	if k != nil {
		k.from, k.to, k.hints, k.steps = have, want, hints, steps
	}
}

// plan plans in the scratch database if that is where the live one is, else in a new copy.
func (k *Kept) plan(ctx context.Context, o SchemaDiffOptions, have, want *schemadiff.State) ([]schemadiff.File, error) {
	if k == nil {
		return o.plan(ctx, want)
	}
	// The server may have been started again meanwhile.
	if k.has == nil || !k.has.Equal(have) || k.session.SQL().PingContext(ctx) != nil {
		if err := k.copy(ctx, o); err != nil {
			return nil, err
		}
	}
	k.has = nil
	files, err := o.planOn(ctx, k.session, want)
	if err != nil {
		return nil, errors.Join(err, k.Close(ctx))
	}
	k.has = want
	return files, nil
}

// copy makes a new scratch database of the live one.
func (k *Kept) copy(ctx context.Context, o SchemaDiffOptions) (err error) {
	_ = k.Close(ctx) // the server may have been started again; it drops what is left at its next start
	if k.session, k.drop, err = database.OpenScratch(ctx, o.Scratch); err != nil {
		return err
	}
	if err := o.From.copyTo(ctx, k.session, o.SourceOptions); err != nil {
		return errors.Join(err, k.Close(ctx))
	}
	return nil
}
