package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// attribute is the kind of a part of a composite type, in questions.
const attribute Kind = "attribute"

// recast reports whether a composite type has to be made again: Postgres changes no type
// of an attribute while columns have the composite type, and no order.
func (p *pair) recast(old, now *Object) bool {
	return !inOrder(old, now) || retyped(old, now) && p.stored(old.Key, Column)
}

// stored reports whether objects of the given kinds hold a type, also within another.
func (p *pair) stored(typ Key, kinds ...Kind) bool {
	for k := range closure(p.from, []Key{typ}) {
		if k != typ && slices.Contains(kinds, k.Kind) {
			return true
		}
	}
	return false
}

// attributeNames lists the attributes of a composite type.
func attributeNames(o *Object) (names []string) {
	for _, part := range o.Parts {
		names = append(names, part.Name)
	}
	return names
}

func sameNames(old, now *Object) bool { return slices.Equal(attributeNames(old), attributeNames(now)) }

// inOrder reports whether dropping attributes and adding others at the end is enough.
func inOrder(old, now *Object) bool {
	was, want := attributeNames(old), attributeNames(now)
	kept := slices.DeleteFunc(was, func(name string) bool { return !slices.Contains(want, name) })
	return slices.Equal(kept, want[:min(len(kept), len(want))])
}

// retyped reports whether an attribute gets another type.
func retyped(old, now *Object) bool {
	return slices.ContainsFunc(now.Parts, func(part Part) bool {
		was := find(old.Parts, part.Name)
		return was >= 0 && old.Parts[was].Def != part.Def
	})
}

func find(parts []Part, name string) int {
	return slices.IndexFunc(parts, func(part Part) bool { return part.Name == name })
}

// uncast names a composite type whose values cannot be cast: those in arrays and in other
// types change their attributes by position alone.
func (p *pair) uncast(now *Object) string {
	old := p.from.Objects[now.Key]
	if old == nil || sameNames(old, now) || !p.recast(old, now) {
		return ""
	}
	inArray := slices.ContainsFunc(p.from.of(Column), func(c *Object) bool {
		return slices.Contains(c.Needs, now.Key) && strings.HasSuffix(c.Type, "[]")
	})
	if !inArray && !p.stored(now.Key, Composite, Domain, Range) {
		return ""
	}
	return fmt.Sprintf("other attributes and types of %s %s, which arrays or other types hold", now.Kind, now.Key)
}

// rowCast gives a value of a composite type the attributes of another, by name.
func rowCast(value string, old, now *Object) string {
	var fields []string
	for _, part := range now.Parts {
		typ, _, _ := strings.Cut(part.Def, " COLLATE ")
		if find(old.Parts, part.Name) < 0 {
			fields = append(fields, "NULL::"+typ)
		} else { // each type has a text
			fields = append(fields, "("+value+")."+sqltext.Ident(part.Name)+"::text::"+typ)
		}
	}
	return "(CASE WHEN " + value + "::text IS NOT NULL THEN ROW(" + strings.Join(fields, ", ") + ")::" + now.ident() + " END)"
}

// renameAttributes renames attributes of types that are stored, and decides which go with
// their values.
func (m *matching) renameAttributes() (statements []Statement, err error) {
	for _, t := range m.from.of(Composite) {
		to := m.to.Objects[t.Key]
		if to == nil || !m.stored(t.Key, Column, Composite, Domain, Range) {
			continue
		}
		came := attributes(to, t)
		for _, g := range attributes(t, to) {
			a, err := m.decideRename(g, came, m.names(g.Key)...)
			if err != nil {
				return nil, err
			}
			if a == nil {
				continue
			}
			came = slices.DeleteFunc(came, func(o *Object) bool { return o == a })
			statements = append(statements, alter("TYPE", t.ident(), "RENAME ATTRIBUTE "+sqltext.Ident(g.Name)+" TO "+sqltext.Ident(a.Name)+" CASCADE"))
			m.undo(a.Key.String(), g.Name)
		}
	}
	return statements, nil
}

// attributes lists the attributes of a type that another has not.
func attributes(of, other *Object) (all []*Object) {
	for _, part := range of.Parts {
		if find(other.Parts, part.Name) < 0 {
			all = append(all, &Object{Key: Key{Kind: attribute, Schema: of.Schema, Table: of.Name, Name: part.Name}, Type: part.Def})
		}
	}
	return all
}

func (w *way) alterComposite(old, o *Object, at phase) {
	if w.swapped[o.Key] && o.Kind == Range {
		w.remakeRange(o)
		return
	}
	if w.swapped[o.Key] {
		w.swapType(o)
		return
	}
	for _, part := range old.Parts {
		if find(o.Parts, part.Name) < 0 {
			w.emit(at, alter("TYPE", o.ident(), "DROP ATTRIBUTE "+sqltext.Ident(part.Name)+" CASCADE"))
		}
	}
	for _, part := range o.Parts {
		if i := find(old.Parts, part.Name); i < 0 {
			w.emit(at, alter("TYPE", o.ident(), "ADD ATTRIBUTE "+sqltext.Ident(part.Name)+" "+part.Def+" CASCADE"))
		} else if old.Parts[i].Def != part.Def {
			w.emit(at, alter("TYPE", o.ident(), "ALTER ATTRIBUTE "+sqltext.Ident(part.Name)+" TYPE "+part.Def+" CASCADE"))
		}
	}
}
