package schemadiff

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	// Up are statements without semicolon; those of Down undo them. A line of an Up or
	// Down that starts with "--" is a comment on the statement that it is in.
	Up, Down []string
	// DownBare is whether each statement of Down runs by itself; else it is one transaction.
	DownBare bool
	// OneWay says why there is no Down; "" where there is one.
	OneWay string
	// Compatible is whether programs of the schema before need not know of it, Beside
	// whether it disturbs them and makes good for that. Not set by [Plan].
	Compatible, Beside bool

	undo     []string     // what Down begins with
	beside   []*expansion // whose second columns it adds
	contract *expander    // that it is the contract of
}

// Plan leads the database of conn to the state want and gives the files that do so:
// none when there is nothing to do. The database is changed and holds no rows.
func Plan(ctx context.Context, conn Conn, want *State, o Options) ([]File, error) {
	o.Online = o.Online || o.Expand
	p := newPlanner(ctx, conn, want, o)
	start, err := p.read()
	if err != nil {
		return nil, err
	}
	var files []File
	var states []*State
	if o.Expand {
		files, states, err = p.planExpand(start)
	} else {
		files, states, err = p.plan(start)
	}
	if err != nil || !o.Down {
		return files, err
	}
	return files, p.planBack(files, states)
}

// plan gives the files, and the state before and after each.
func (p *planner) plan(start *State) ([]File, []*State, error) {
	for _, f := range []func() error{p.rename, p.decide, p.build} {
		if err := f(); err != nil {
			return nil, nil, err
		}
	}
	return p.run(start)
}

type planner struct {
	ctx  context.Context
	conn Conn
	opt  Options
	oracle
	from, to *State

	renamed map[Key]Key    // by new key: the old one
	merged  map[Key]string // enum values that become another
	back    Answers        // lead back
	steps   []step
	late    []step // after all others of their phase
	phase   map[Key]phase
	again   map[Key]bool      // dropped and made again, because of something below
	swapped map[Key]bool      // types that are made anew
	freed   map[Key]bool      // sequences that are dropped already
	loose   map[Key][]Key     // functions that go, by domains that call them
	unsure  map[Key]bool      // tables with columns that may have been renamed
	bare    map[Key]bool      // columns that have lost their default for the time
	parted  map[Key]bool      // columns that heirs keep when their table gives them up
	there   map[Key]phase     // when a column is there, though perhaps without values yet
	dropped map[Key]bool      // gone already, and made again by this plan
	holding bool              // the rights of those are kept already
	settled []step            // the steps before build
	fills   map[Key][]filling // by table
	// oldTypes drop the types that were made anew, in the order in which they were.
	oldTypes []string
	adopt    map[Key]string // indexes that were built already, by what they become
	partial  bool           // another planner goes on from where this one ends
}

// phase is the file a statement goes to.
type phase int

const (
	early    phase = iota // what must be committed before the rest
	main                  // in one transaction
	build                 // each by itself: batches and concurrent indexes
	finish                // in one transaction
	validate              // in one transaction
	phases
)

type step struct {
	phase phase
	sql   string
	done  bool                     // a rename, run already
	fills Key                      // the table whose rows the statement fills
	more  func() ([]string, error) // gives the statements, instead of sql, when their turn has come
}

func newPlanner(ctx context.Context, conn Conn, want *State, o Options) *planner {
	return &planner{
		ctx: ctx, conn: conn, opt: o, to: want,
		oracle:  oracle{flags: o.Flags.clone(), hints: o.Hints, ask: o.Ask, used: map[string]bool{}},
		renamed: map[Key]Key{}, merged: map[Key]string{}, phase: map[Key]phase{}, again: map[Key]bool{}, swapped: map[Key]bool{}, bare: map[Key]bool{}, unsure: map[Key]bool{}, freed: map[Key]bool{}, loose: map[Key][]Key{}, there: map[Key]phase{}, parted: map[Key]bool{}, fills: map[Key][]filling{},
	}
}

func (a Answers) clone() Answers {
	return Answers{maps.Clone(a.Rename), maps.Clone(a.Backfill), maps.Clone(a.Using), maps.Clone(a.UsingBack), append([]string(nil), a.AllowDrop...)}
}

func (p *planner) read() (_ *State, err error) {
	p.from, err = Read(p.ctx, p.conn, p.opt.Except...)
	return p.from, err
}

func (p *planner) exec(sql string) error {
	if _, err := p.conn.ExecContext(p.ctx, sql); err != nil {
		return fmt.Errorf("try planned statement: %w\n%s", err, sql)
	}
	return nil
}

// rename settles names until nothing but other changes is left. Renames are run at
// once: Postgres then tells what else they have changed.
func (p *planner) rename() error {
	for range 5 {
		statements, err := p.matchNames()
		if err != nil || len(statements) == 0 {
			return err
		}
		if len(p.open) > 0 {
			return nil
		}
		for _, sql := range statements {
			if err := p.exec(sql); err != nil {
				return err
			}
			p.steps = append(p.steps, step{phase: early, sql: sql, done: true})
		}
		if _, err := p.read(); err != nil {
			return err
		}
	}
	return errors.New("plan renames: there is no end of them")
}

// decide collects what is open, before anything but names is changed.
func (p *planner) decide() error {
	if len(p.open) == 0 { // else names are not settled
		p.partColumns()
		if err := p.check(); err != nil {
			return err
		}
	}
	for _, c := range p.to.of(Column) {
		if p.to.Objects[c.table()] == nil || p.from.Objects[c.table()] == nil {
			continue
		}
		old := p.from.Objects[c.Key]
		if old == nil && p.unsure[c.table()] {
			continue // it may be another under a new name
		}
		if _, err := p.backfill(old, c); err != nil {
			return err
		}
		if old != nil {
			if _, err := p.using(old, c); err != nil {
				return err
			}
			if err := p.computed(old, c); err != nil {
				return err
			}
		}
	}
	if len(p.open) > 0 {
		return &UndecidedError{p.open}
	}
	if p.partial {
		return nil
	}
	return p.unused()
}

// check refuses what cannot be planned.
func (p *planner) check() error {
	var all []string
	for _, k := range p.from.Diff(p.to) {
		if k.Kind == Other {
			all = append(all, k.Name)
		}
	}
	all = append(all, p.rebuilt()...)
	for _, t := range p.to.of(Composite) {
		if what := p.uncast(t); what != "" {
			all = append(all, what)
		}
	}
	if err := p.checkPartitions(); err != nil {
		return err
	}
	for _, t := range p.to.of(Table) {
		if old := p.from.Objects[t.Key]; old != nil && old.Attr.Partition != t.Attr.Partition {
			all = append(all, "another partition key of table "+t.Key.String())
		}
	}
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("plan change: %s cannot be planned: write that change into a migration of your own first (migrate new)", strings.Join(all, ", "))
}
