package schemadiff

import (
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// tightens reports whether a domain gets a constraint.
func tightens(old, now *Object) bool {
	was := bareParts(old.Parts)
	return now.NotNull && !old.NotNull || slices.ContainsFunc(bareParts(now.Parts), func(c Part) bool { return !slices.Contains(was, c) })
}

// contained reports whether arrays or composite types hold values of a domain. Postgres
// does not look into these, and adds no constraint then.
func (p *pair) contained(domain Key) bool {
	return slices.ContainsFunc(p.from.keys(), func(k Key) bool {
		o := p.from.Objects[k]
		switch k.Kind {
		case Column:
			base, array := strings.CutSuffix(o.Type, "[]")
			return array && domain.isType(base) && slices.Contains(o.Needs, domain)
		case Composite, Range:
			return slices.Contains(o.Needs, domain)
		}
		return false
	})
}

// losesCheck reports whether k is a domain that stays, with checks that call a function
// which goes, if only for a moment.
func (d *disturbance) losesCheck(k, cause Key) bool {
	return k.Kind == Domain && cause.Kind == Function && d.to.Objects[k] != nil && !d.swapped[k]
}

// calls reports whether an expression seems to call one of some functions.
func calls(expr string, functions []Key) bool {
	return slices.ContainsFunc(functions, func(f Key) bool {
		name, _, _ := strings.Cut(f.Name, "(")
		return strings.Contains(expr, name+"(")
	})
}

// loosen takes from domains what calls a function that is dropped.
func (w *way) loosenDomains(function Key) {
	for _, d := range w.from.of(Domain) {
		if !slices.Contains(w.loose[d.Key], function) {
			continue
		}
		for _, c := range d.Parts {
			if calls(c.Def, []Key{function}) {
				w.emit(main, alter("DOMAIN", d.ident(), "DROP CONSTRAINT "+sqltext.Ident(c.Name)))
			}
		}
		if calls(d.Default, []Key{function}) {
			w.emit(main, alter("DOMAIN", d.ident(), "DROP DEFAULT"))
		}
	}
}
