package house_test

import (
	"fmt"
	"go/types"
	"strings"
)

// typ writes a type without the names of parameters, which are nobody's business but the
// reader's, and has the module's own types in it described.
func (d *describer) typ(t types.Type) string {
	switch t := t.(type) {
	case *types.Alias:
		d.typ(t.Rhs())
		return d.name(t.Obj(), t.TypeArgs())
	case *types.Named:
		d.meet(t)
		return d.name(t.Obj(), t.TypeArgs())
	case *types.Pointer:
		return "*" + d.typ(t.Elem())
	case *types.Slice:
		return "[]" + d.typ(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), d.typ(t.Elem()))
	case *types.Map:
		return "map[" + d.typ(t.Key()) + "]" + d.typ(t.Elem())
	case *types.Chan:
		return map[types.ChanDir]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[t.Dir()] + d.typ(t.Elem())
	case *types.Signature:
		return "func" + d.typeParams(t.TypeParams()) + d.signature(t)
	case *types.Interface:
		return d.iface(t)
	case *types.Struct:
		var fields []string
		for f := range t.Fields() {
			fields = append(fields, f.Name()+" "+d.typ(f.Type()))
		}
		return "struct{" + strings.Join(fields, "; ") + "}"
	case *types.Union:
		var terms []string
		for term := range t.Terms() {
			terms = append(terms, map[bool]string{true: "~"}[term.Tilde()]+d.typ(term.Type()))
		}
		return strings.Join(terms, " | ")
	}
	return types.TypeString(t, d.path) // basic types and type parameters
}

// name is a type's name with its package and type arguments.
func (d *describer) name(obj *types.TypeName, args *types.TypeList) string {
	text := obj.Name()
	if obj.Pkg() != nil {
		text = d.at(obj)
	}
	var list []string
	for t := range args.Types() {
		list = append(list, d.typ(t))
	}
	if len(list) > 0 {
		text += "[" + strings.Join(list, ", ") + "]"
	}
	return text
}

func (d *describer) typeParams(params *types.TypeParamList) string {
	var list []string
	for p := range params.TypeParams() {
		list = append(list, p.Obj().Name()+" "+d.typ(p.Constraint()))
	}
	if len(list) == 0 {
		return ""
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// signature writes parameters and results.
func (d *describer) signature(s *types.Signature) string {
	var params, results []string
	for v := range s.Params().Variables() {
		params = append(params, d.typ(v.Type()))
	}
	if s.Variadic() {
		last := len(params) - 1
		params[last] = "..." + strings.TrimPrefix(params[last], "[]")
	}
	for v := range s.Results().Variables() {
		results = append(results, d.typ(v.Type()))
	}
	text := "(" + strings.Join(params, ", ") + ")"
	switch len(results) {
	case 0:
		return text
	case 1:
		return text + " " + results[0]
	}
	return text + " (" + strings.Join(results, ", ") + ")"
}

// iface writes all that an interface asks for. Another method breaks whoever implements it,
// except where nobody can.
func (d *describer) iface(i *types.Interface) string {
	var parts []string
	for m := range i.Methods() {
		if !m.Exported() {
			parts = append(parts, "a method of its own package")
			continue
		}
		parts = append(parts, m.Name()+strings.TrimPrefix(d.typ(m.Type()), "func"))
	}
	for e := range i.EmbeddedTypes() {
		if u, ok := e.Underlying().(*types.Interface); !ok || !u.IsMethodSet() {
			parts = append(parts, d.typ(e))
		}
	}
	if i.IsComparable() && len(parts) == 0 {
		return "comparable"
	}
	if len(parts) == 0 {
		return "any"
	}
	return "interface{" + strings.Join(parts, "; ") + "}"
}
