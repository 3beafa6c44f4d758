package schemadiff

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Options say how to plan.
type Options struct {
	// Flags answer questions; one that answers nothing is an error.
	Flags Answers
	// Hints answer too, after Flags, and may be about what has long been done.
	Hints Answers
	// Ask asks a person and gives one of the choices. When nil, open questions are an
	// [UndecidedError].
	Ask func(Question) (string, error)
	// Online spreads the work so that big tables stay in use: indexes are built
	// CONCURRENTLY, constraints are added NOT VALID and validated later, rows are filled
	// in batches. The plan then has more than one file.
	Online bool
	// Expand lets old and new programs run side by side: a rename or a change of type
	// becomes one part that adds, one that fills, and one that takes away. It implies
	// Online. What cannot be done so is an [ErrExpand].
	Expand bool
	// Down plans the way back of each file too.
	Down bool
	// Except names tables of the schema public that are not looked at.
	Except []string
}

// File is a part of the way. Files are applied in order, each whole.
type File struct {
	// Part says what it is for: "" for the first or only one, else "values", "build",
	// "finish" or "validate". With Options.Expand it is "expand", "backfill", "finish",
	// "validate", then "contract" and what begins so.
	Part string
	// Tx is whether the file runs in one transaction; else each statement runs by itself.
	Tx bool
	// Up are the statements of the file; those of Down undo them.
	Up, Down []Statement
	// DownBare is whether each statement of Down runs by itself; else it is one transaction.
	DownBare bool
	// OneWay says why there is no Down; "" where there is one.
	OneWay string
	// Contract is whether it belongs to the second stage of Options.Expand.
	Contract bool
	// Compatible is whether programs of the schema before need not know of it, Beside
	// whether it disturbs them and makes up for it. Not set by [Plan].
	Compatible, Beside bool

	undo   []Statement  // what Down begins with
	beside []*expansion // whose second columns it adds
	swaps  *expander    // which plans its way back
}

// Plan leads the database of conn to the state want and gives the files that do so:
// none when there is nothing to do. The database is changed and holds no rows.
func Plan(ctx context.Context, conn Conn, want *State, o Options) ([]File, error) {
	o.Online = o.Online || o.Expand
	w := newWay(&trial{ctx, conn}, newDecisions(o), want, o)
	start, err := w.read()
	if err != nil {
		return nil, err
	}
	var files []File
	var states []*State
	if o.Expand {
		files, states, err = w.planExpand(start)
	} else {
		files, states, err = w.plan(start)
	}
	if err != nil || !o.Down {
		return files, err
	}
	return files, w.planBack(files, states)
}

// plan gives the files, and the state before and after each.
func (w *way) plan(start *State) ([]File, []*State, error) {
	for _, f := range []func() error{w.rename, w.decide, w.build} {
		if err := f(); err != nil {
			return nil, nil, err
		}
	}
	return w.run(start)
}

// way is the way to a state while it is planned. What it is made of does not know of it:
// a trial runs statements, decisions answer questions, a matching finds what has another
// name, a disturbance what cannot stay as it is, and a schedule says which file a statement
// goes to. The way itself writes the statements.
type way struct {
	*trial
	*pair
	*decisions
	*guess
	*matching
	*disturbance
	*schedule
	opt Options

	freed   map[Key]bool      // sequences that are dropped already
	bare    map[Key]bool      // columns that have lost their default for the time
	fills   map[Key][]filling // by table
	holding bool              // the rights of what was dropped are kept already
	// oldTypes drop the types that were made again, in the order in which they were.
	oldTypes []Statement
	adopt    map[Key]string // indexes that were built already, by what they become
	partial  bool           // another way goes on from where this one ends
}

// pair is the state to start from, which changes while names are settled, and the wanted one.
type pair struct{ from, to *State }

// newWay is a way to the state want, from the one that the next read finds.
func newWay(t *trial, d *decisions, want *State, o Options) *way {
	p := &pair{to: want}
	return &way{
		trial: t, pair: p, decisions: d, guess: &guess{t, p}, opt: o,
		matching:    &matching{pair: p, decisions: d, renamed: map[Key]Key{}, merged: map[Key]string{}, unsure: map[Key]bool{}},
		disturbance: &disturbance{pair: p, decisions: d, again: map[Key]bool{}, swapped: map[Key]bool{}, loose: map[Key][]Key{}, parted: map[Key]bool{}},
		schedule:    &schedule{online: o.Online, phase: map[Key]phase{}, there: map[Key]phase{}},
		freed:       map[Key]bool{}, bare: map[Key]bool{}, fills: map[Key][]filling{},
	}
}

func (w *way) read() (_ *State, err error) {
	w.from, err = Read(w.ctx, w.conn, w.opt.Except...)
	return w.from, err
}

// rename settles names until nothing but other changes is left. Renames are run at
// once: Postgres then tells what else they have changed.
func (w *way) rename() error {
	for range 5 {
		statements, err := w.matchNames()
		if err != nil || len(statements) == 0 {
			return err
		}
		if len(w.open) > 0 {
			return nil
		}
		if err := w.begin(statements); err != nil {
			return err
		}
	}
	return errors.New("plan renames: each one leads to another; spread them over two migrations")
}

// decide collects what is open, before anything but names is changed.
func (w *way) decide() error {
	if len(w.open) == 0 { // else names are not settled
		w.partColumns()
		if err := w.check(); err != nil {
			return err
		}
	}
	for _, c := range w.to.of(Column) {
		if w.to.Objects[c.table()] == nil || w.from.Objects[c.table()] == nil {
			continue
		}
		old := w.from.Objects[c.Key]
		if old == nil && w.unsure[c.table()] {
			continue // it may be another under a new name
		}
		if _, err := w.backfill(old, c); err != nil {
			return err
		}
		if old != nil {
			if _, err := w.using(old, c); err != nil {
				return err
			}
			if err := w.computed(old, c); err != nil {
				return err
			}
		}
	}
	if len(w.open) > 0 {
		return &UndecidedError{w.open}
	}
	if w.partial {
		return nil
	}
	return w.unused()
}

// check refuses what cannot be planned.
func (w *way) check() error {
	var all []string
	for _, k := range w.from.Diff(w.to) {
		if k.Kind == Other {
			all = append(all, k.Name)
		}
	}
	all = append(all, w.rebuilt()...)
	for _, t := range w.to.of(Composite) {
		if what := w.uncast(t); what != "" {
			all = append(all, what)
		}
	}
	if err := w.checkPartitions(); err != nil {
		return err
	}
	for _, t := range w.to.of(Table) {
		if old := w.from.Objects[t.Key]; old != nil && old.Attr.Partition != t.Attr.Partition {
			all = append(all, "another partition key of table "+t.Key.String())
		}
	}
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("plan change: %s cannot be planned: write that change into a migration of your own first (migrate new)", strings.Join(all, ", "))
}
