package schemadiff

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// decisions answer from flags, then hints, then a person.
type decisions struct {
	flags, hints Answers
	ask          func(Question) (string, error)
	used         map[string]bool // flags that answered something
	open         []Question
	// auto takes the likeliest answer that loses nothing more: on the way back.
	auto bool
}

func newDecisions(o Options) *decisions {
	return &decisions{flags: o.Flags.clone(), hints: o.Hints, ask: o.Ask, used: map[string]bool{}}
}

func (a Answers) clone() Answers {
	return Answers{maps.Clone(a.Rename), maps.Clone(a.Backfill), maps.Clone(a.Using), maps.Clone(a.UsingBack), append([]string(nil), a.AllowDrop...), a.Enums, maps.Clone(a.Offer)}
}

// lookup finds an answer under any of the names of a thing.
func (d *decisions) lookup(of func(*Answers) map[string]string, flag string, names ...string) (string, bool) {
	for _, name := range names {
		if v, ok := of(&d.flags)[name]; ok {
			d.used[flag+" "+name] = true
			return v, true
		}
	}
	for _, name := range names {
		if v, ok := of(&d.hints)[name]; ok {
			return v, true
		}
	}
	return "", false
}

// given reports whether a flag, and not a hint, is about a thing.
func (d *decisions) given(flag string, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return d.used[flag+" "+n] })
}

func renames(a *Answers) map[string]string   { return a.Rename }
func backfills(a *Answers) map[string]string { return a.Backfill }
func usings(a *Answers) map[string]string    { return a.Using }
func backs(a *Answers) map[string]string     { return a.UsingBack }

func (d *decisions) mayDrop(names ...string) bool {
	if d.auto {
		return true
	}
	for _, list := range [][]string{d.flags.AllowDrop, d.hints.AllowDrop} {
		if slices.Contains(list, "*") {
			return true
		}
		for _, name := range names {
			if slices.Contains(list, name) {
				return true
			}
		}
	}
	return false
}

// question asks a person, or keeps the question for the error. The answer goes to the
// flags, where the next look finds it.
func (d *decisions) question(q Question) error {
	if d.ask == nil {
		d.open = append(d.open, q)
		return nil
	}
	answer, err := d.ask(q)
	if err != nil {
		return err
	}
	return d.flags.Add(answer)
}

// unused lists the flags that answered nothing, which are most likely mistakes.
func (d *decisions) unused() error {
	var all []string
	for flag, of := range map[string]map[string]string{flagRename: d.flags.Rename, flagBackfill: d.flags.Backfill, flagUsing: d.flags.Using, flagBack: d.flags.UsingBack} {
		for name := range of {
			if !d.used[flag+" "+name] {
				all = append(all, flag+" "+name)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	return fmt.Errorf("use answers: nothing asks for %s; check the names, or leave them out", strings.Join(all, ", "))
}
