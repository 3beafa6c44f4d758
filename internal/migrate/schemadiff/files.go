package schemadiff

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// emit adds statements.
func (p *planner) emit(at phase, statements ...Statement) {
	if !p.opt.Online && at != early {
		at = main
	}
	for _, s := range statements {
		p.steps = append(p.steps, step{phase: at, Statement: s})
	}
}

var partNames = map[phase]string{early: "values", main: "", build: "build", finish: "finish", validate: "validate"}

// run runs the steps, file by file, and gives the state before and after each.
func (p *planner) run(start *State) (files []File, states []*State, err error) {
	states = []*State{start}
	byPhase := p.split()
	for at, steps := range byPhase {
		if len(steps) == 0 {
			continue
		}
		f := File{Part: partNames[phase(at)], Tx: phase(at) != build}
		for _, s := range steps {
			statements, err := p.perform(s)
			if err != nil {
				return nil, nil, err
			}
			f.Up = append(f.Up, statements...)
		}
		state, err := Read(p.ctx, p.conn, p.opt.Except...)
		if err != nil {
			return nil, nil, err
		}
		files, states = append(files, f), append(states, state)
	}
	if len(files) == 1 {
		files[0].Part = ""
	}
	if left := states[len(states)-1].Diff(p.to); len(left) > 0 && !p.partial {
		return nil, nil, fmt.Errorf("try planned migration: the database would still differ in %s", describe(left))
	}
	return files, states, nil
}

// perform runs a step and gives its statements.
func (p *planner) perform(s step) (statements []Statement, err error) {
	statements = []Statement{s.Statement}
	if s.done {
		return statements, nil
	}
	if s.more != nil {
		if statements, err = s.more(); err != nil {
			return nil, err
		}
	}
	return statements, p.try(statements...)
}

func describe(keys []Key) string {
	var all []string
	for _, k := range keys {
		all = append(all, string(k.Kind)+" "+k.String())
	}
	return strings.Join(all, ", ")
}

// split puts the steps into files. New values of enums may be used only after they
// were committed; where nothing uses them one file is enough. Whether a statement uses one
// only its text tells: expressions of Postgres and of people stand in it as they are.
func (p *planner) split() [phases][]step {
	var out [phases][]step
	var added []string
	for _, s := range p.steps {
		out[s.phase] = append(out[s.phase], s)
		if s.adds != "" {
			added = append(added, s.adds)
		}
	}
	uses := slices.ContainsFunc(out[main], func(s step) bool {
		return slices.ContainsFunc(added, func(l string) bool { return strings.Contains(s.SQL, l) })
	})
	if !uses {
		out[main], out[early] = append(out[early], out[main]...), nil
	}
	return out
}

// begin runs statements before anything is planned.
func (p *planner) begin(statements []Statement) error {
	if len(statements) == 0 {
		return nil
	}
	if err := p.try(statements...); err != nil {
		return err
	}
	for _, s := range statements {
		p.steps = append(p.steps, step{phase: early, Statement: s, done: true})
	}
	_, err := p.read()
	return err
}

// castsBack are the casts that were given for the way back, by all names that their
// columns had.
func (p *planner) castsBack() map[string]string {
	all := map[string]string{}
	for _, a := range []*Answers{&p.opt.Hints, &p.flags} {
		for name, expr := range a.UsingBack {
			all[name] = expr
		}
	}
	for _, c := range p.to.of(Column) {
		for _, name := range p.names(c.Key) {
			if expr, ok := all[name]; ok {
				for _, other := range p.names(c.Key) {
					all[other] = expr
				}
			}
		}
	}
	return all
}

func (p *planner) planUndo(start *State, undo []Statement) ([]File, error) {
	if err := p.begin(undo); err != nil {
		return nil, err
	}
	way, _, err := p.plan(start)
	return way, err
}

// NoWayBack begins the reason of files whose way back was looked for in vain.
const NoWayBack = "no way back was found that"

// oneWay says of files why they have no way back: nobody gets to those before the last.
func oneWay(files []File, err error) {
	why := err.Error()
	if !errors.Is(err, ErrOneWay) {
		why = NoWayBack + " runs, write one into down/ by hand: " + why
	}
	for k := range files {
		files[k].OneWay, files[k].Down = why, nil
	}
}

// planBack plans the way back from the end, one file at a time.
func (p *planner) planBack(files []File, states []*State) error {
	for i := len(files) - 1; i >= 0; i-- {
		back := newPlanner(p.ctx, p.conn, states[i], Options{Hints: p.back, Except: p.opt.Except})
		back.hints.Using = p.castsBack()
		back.auto = true
		if x := files[i].swaps; x != nil {
			down, err := x.planContractBack(back, states[i])
			if err != nil {
				return err
			}
			files[i].Down, files[i].DownBare = down, true
			continue
		}
		start, err := back.read()
		if err != nil {
			return err
		}
		way, err := back.planUndo(start, files[i].undo)
		if err != nil {
			oneWay(files[:i+1], err)
			return nil
		}
		for _, f := range way {
			files[i].Down = append(files[i].Down, f.Up...)
		}
		files[i].noteLosses()
	}
	return nil
}
