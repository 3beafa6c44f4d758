package schemadiff

import (
	"errors"
	"fmt"
	"strings"
)

// run runs the steps, file by file, and gives the state before and after each.
func (w *way) run(start *State) (files []File, states []*State, err error) {
	states = []*State{start}
	byPhase := w.split()
	for at, steps := range byPhase {
		if len(steps) == 0 {
			continue
		}
		f := File{Part: partNames[phase(at)], Tx: phase(at) != build}
		for _, s := range steps {
			statements, err := w.perform(s)
			if err != nil {
				return nil, nil, err
			}
			f.Up = append(f.Up, statements...)
		}
		state, err := Read(w.ctx, w.conn, w.opt.Except...)
		if err != nil {
			return nil, nil, err
		}
		files, states = append(files, f), append(states, state)
	}
	if len(files) == 1 {
		files[0].Part = ""
	}
	if left := states[len(states)-1].Diff(w.to); len(left) > 0 && !w.partial {
		return nil, nil, fmt.Errorf("try planned migration: the database would still differ in %s", describe(left))
	}
	return files, states, nil
}

func describe(keys []Key) string {
	var all []string
	for _, k := range keys {
		all = append(all, string(k.Kind)+" "+k.String())
	}
	return strings.Join(all, ", ")
}

// begin runs statements before anything is planned.
func (w *way) begin(statements []Statement) error {
	if len(statements) == 0 {
		return nil
	}
	if err := w.try(statements...); err != nil {
		return err
	}
	for _, s := range statements {
		w.steps = append(w.steps, step{phase: early, Statement: s, done: true})
	}
	_, err := w.read()
	return err
}

// castsBack are the casts that were given for the way back, by all names that their
// columns had.
func (m *matching) castsBack() map[string]string {
	all := map[string]string{}
	for _, a := range []*Answers{&m.hints, &m.flags} {
		for name, expr := range a.UsingBack {
			all[name] = expr
		}
	}
	for _, c := range m.to.of(Column) {
		for _, name := range m.names(c.Key) {
			if expr, ok := all[name]; ok {
				for _, other := range m.names(c.Key) {
					all[other] = expr
				}
			}
		}
	}
	return all
}

func (w *way) planUndo(start *State, undo []Statement) ([]File, error) {
	if err := w.begin(undo); err != nil {
		return nil, err
	}
	way, _, err := w.plan(start)
	return way, err
}

// NoWayBack begins the reason of files for which no way back was found.
const NoWayBack = "no way back was found that"

// oneWay notes why files have no way back: those before the last cannot be reached either.
func oneWay(files []File, err error) {
	why := err.Error()
	if !errors.Is(err, ErrOneWay) {
		why = NoWayBack + " runs; write one into down/ by hand: " + why
	}
	for k := range files {
		files[k].OneWay, files[k].Down = why, nil
	}
}

// planBack plans the way back from the end, one file at a time.
func (w *way) planBack(files []File, states []*State) error {
	for i := len(files) - 1; i >= 0; i-- {
		back := newWay(w.trial, newDecisions(Options{Hints: w.back}), states[i], Options{Except: w.opt.Except})
		back.hints.Using = w.castsBack()
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
