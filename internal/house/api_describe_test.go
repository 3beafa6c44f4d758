package house_test

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// exported is what packages export: a coordinate such as "entgraph.App.Name", and what is
// there. Taking an entry, or changing it, breaks programs; adding one does not. That is why
// the entry of an interface names all of its methods, that of a struct says whether it can be
// compared, and the names of parameters are left out.
//
// What Go's own promise leaves open is left open here too: a field more breaks literals
// without keys, and a method more may meet that of another embedded type.
type exported map[string]string

func (e exported) String() string {
	var b strings.Builder
	for _, at := range slices.Sorted(maps.Keys(e)) {
		fmt.Fprintf(&b, "%s %s\n", at, e[at])
	}
	return b.String()
}

func readExported(text string) exported {
	out := exported{}
	for line := range strings.Lines(text) {
		at, what, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		out[at] = what
	}
	return out
}

// compare says what breaks programs and what is only added, in the order of the coordinates.
func (e exported) compare(now exported) (breaking, added []string) {
	for _, at := range slices.Sorted(maps.Keys(e)) {
		switch what, there := now[at]; {
		case !there:
			breaking = append(breaking, fmt.Sprintf("%s is gone; it was %s", at, e[at]))
		case what != e[at]:
			breaking = append(breaking, fmt.Sprintf("%s was %s\n      and becomes %s", at, e[at], what))
		}
	}
	for _, at := range slices.Sorted(maps.Keys(now)) {
		if _, there := e[at]; !there {
			added = append(added, at+" "+now[at])
		}
	}
	return breaking, added
}

// describer writes down what packages export. A type that is internal and has an alias in one
// of them goes by the alias, as its users know it.
type describer struct {
	module  string
	plain   string // the package whose types are written as literals and whose methods nobody calls
	public  []*types.Package
	out     exported
	aliases map[*types.TypeName]*types.TypeName // by what they are of
	pending []*types.Named
	seen    map[*types.TypeName]bool
}

func (d *describer) describe() {
	d.seen, d.aliases = map[*types.TypeName]bool{}, map[*types.TypeName]*types.TypeName{}
	for _, p := range d.public {
		for _, name := range p.Scope().Names() {
			if named := aliased(p.Scope().Lookup(name)); named != nil && !slices.Contains(d.public, named.Obj().Pkg()) && under(named.Obj().Pkg().Path(), d.module) {
				d.aliases[named.Obj()] = p.Scope().Lookup(name).(*types.TypeName)
			}
		}
	}
	for _, p := range d.public {
		for _, name := range p.Scope().Names() {
			if obj := p.Scope().Lookup(name); obj.Exported() {
				d.object(obj)
			}
		}
	}
	for len(d.pending) > 0 {
		next := d.pending[0]
		d.pending = d.pending[1:]
		d.named(next)
	}
}

// aliased gives the type that an exported alias is of; nil for everything else.
func aliased(obj types.Object) *types.Named {
	alias, ok := obj.Type().(*types.Alias)
	if _, typeName := obj.(*types.TypeName); !ok || !typeName || !obj.Exported() {
		return nil
	}
	named, _ := alias.Rhs().(*types.Named)
	if named == nil || named.Obj().Pkg() == nil {
		return nil
	}
	return named
}

// path names a package as its users would, without the module's path.
func (d *describer) path(p *types.Package) string {
	if p.Path() == d.module {
		return p.Name()
	}
	return strings.TrimPrefix(p.Path(), d.module+"/")
}

func (d *describer) at(obj types.Object, more ...string) string {
	if name, ok := obj.(*types.TypeName); ok && d.aliases[name] != nil {
		obj = d.aliases[name]
	}
	return strings.Join(append([]string{d.path(obj.Pkg()) + "." + obj.Name()}, more...), ".")
}

func (d *describer) object(obj types.Object) {
	switch obj := obj.(type) {
	case *types.Const:
		d.out[d.at(obj)] = fmt.Sprintf("const %s = %s", d.typ(obj.Type()), obj.Val().ExactString())
	case *types.Var:
		d.out[d.at(obj)] = "var " + d.typ(obj.Type())
	case *types.Func:
		d.out[d.at(obj)] = d.typ(obj.Type())
	case *types.TypeName:
		if alias, ok := obj.Type().(*types.Alias); ok {
			if named := aliased(obj); named != nil && d.aliases[named.Obj()] == obj {
				d.meet(named)
				return
			}
			d.out[d.at(obj)] = "alias of " + d.typ(alias.Rhs())
			return
		}
		d.meet(obj.Type().(*types.Named))
	}
}

// meet has a type described, once, if users can name it, or get it from a public package.
func (d *describer) meet(n *types.Named) {
	n = n.Origin()
	obj := n.Obj()
	if d.seen[obj] || d.aliases[obj] == nil && !slices.Contains(d.public, obj.Pkg()) {
		return
	}
	d.seen[obj] = true
	d.pending = append(d.pending, n)
}

func (d *describer) named(n *types.Named) {
	at, params := d.at(n.Obj()), d.typeParams(n.TypeParams())
	switch u := n.Underlying().(type) {
	case *types.Struct:
		d.out[at] = "type" + params + " struct"
		if types.Comparable(n) {
			d.out[at] += ", comparable"
		}
		for f := range u.Fields() {
			if kind := map[bool]string{false: "field ", true: "embedded "}[f.Embedded()]; f.Exported() {
				d.out[d.at(n.Obj(), f.Name())] = kind + d.typ(f.Type())
			}
		}
	case *types.Interface:
		d.out[at] = "type" + params + " " + d.iface(u)
	default:
		d.out[at] = "type" + params + " " + d.typ(u)
	}
	if types.IsInterface(n) || strings.HasPrefix(at, d.plain+".") {
		return // an interface's entry has its methods
	}
	own := types.NewMethodSet(n)
	for m := range types.NewMethodSet(types.NewPointer(n)).Methods() {
		fn := m.Obj().(*types.Func)
		if !fn.Exported() {
			continue
		}
		text := "method"
		if own.Lookup(fn.Pkg(), fn.Name()) == nil {
			text = "method of the pointer"
		}
		d.out[d.at(n.Obj(), fn.Name())] = text + strings.TrimPrefix(d.typ(m.Type()), "func")
	}
}
