package hostile

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// slot is one place in the arguments of a field into which values are put: an argument, or
// a key of an input below one. "[]" in a path is the only element of a list.
type slot struct {
	path []string
	typ  *ast.Type
	in   *ast.Definition // the input that has the key; nil for an argument
}

func (s slot) String() string { return strings.Join(s.path, ".") }

// leaf is the key itself.
func (s slot) leaf() string {
	for i := len(s.path) - 1; i >= 0; i-- {
		if s.path[i] != "[]" {
			return s.path[i]
		}
	}
	return ""
}

// maxNesting is how often an input is entered below itself or another one.
const maxNesting = 2

// slots lists all places in the arguments of a field.
func (r *runner) slots(args ast.ArgumentDefinitionList) (out []slot) {
	for _, a := range args {
		out = append(out, r.below(slot{[]string{a.Name}, a.Type, nil}, 0)...)
	}
	return out
}

func (r *runner) below(s slot, depth int) []slot {
	out := []slot{s}
	path, typ := s.path, s.typ
	for typ.Elem != nil {
		path, typ = append(slices.Clip(path), "[]"), typ.Elem
		out = append(out, slot{path, typ, s.in})
	}
	def := r.Schema.Types[typ.NamedType]
	if def.Kind != ast.InputObject || depth == maxNesting {
		return out
	}
	for _, f := range def.Fields {
		next := depth
		if strings.HasSuffix(def.Name, "WhereInput") || strings.HasSuffix(def.Name, "HavingInput") {
			next++
			if depth > 0 && r.Schema.Types[named(f.Type)].Kind == ast.InputObject {
				continue
			}
		}
		out = append(out, r.below(slot{append(slices.Clip(path), f.Name), f.Type, def}, next)...)
	}
	return out
}

func named(t *ast.Type) string {
	for t.Elem != nil {
		t = t.Elem
	}
	return t.NamedType
}

// hostileTo lists the values that are sent to a slot.
func (r *runner) hostileTo(s slot) (out []any) {
	name := named(s.typ)
	def := r.Schema.Types[name]
	leaf := slices.Clone(corpus[name])
	switch {
	case def.Kind == ast.Enum:
		for _, v := range def.EnumValues {
			leaf = append(leaf, enum(v.Name), enum(strings.ToLower(v.Name)), text(v.Name+" "))
		}
		leaf = append(leaf, enum("NO_SUCH_VALUE"), enum("__typename"))
	case name == "ID":
		for _, ids := range r.ids {
			leaf = append(leaf, text(ids[0]), missingID(ids[0][:strings.LastIndexByte(ids[0], '_')]))
		}
	case name == "Cursor":
		for _, c := range r.cursors {
			half := len(c) / 2
			leaf = append(leaf, text(c), text(c[:half]), text(c[:half]+"_"+c[half+1:]), text(c+"A"), text(strings.ToLower(c)))
		}
	}
	for _, v := range odd {
		out = append(out, v)
	}
	for _, v := range leaf {
		out = append(out, v)
		if s.typ.Elem != nil {
			out = append(out, list{v}, list{v, v}, list{list{v}}, list{v, both("null")})
		}
	}
	if s.typ.Elem != nil && len(leaf) > 0 {
		many := make(list, 3000)
		for i := range many {
			many[i] = leaf[i%2]
		}
		out = append(out, many)
	}
	return out
}

// honest is a value that an argument or a key takes; ok is false for a key that is better
// left out.
func (r *runner) honest(in *ast.Definition, key string, typ *ast.Type, depth int) (v any, ok bool) {
	if in != nil && r.Honest != nil {
		if s, known := r.Honest(in.Name, key, r.n); known {
			return both(s), true
		}
	}
	if typ.Elem != nil {
		item, ok := r.honest(in, key, typ.Elem, depth)
		return list{item}, ok
	}
	switch def := r.Schema.Types[typ.NamedType]; def.Kind {
	case ast.Enum:
		return enum(def.EnumValues[0].Name), true
	case ast.InputObject:
		if depth > maxNesting {
			return nil, false
		}
		out := object{}
		for _, f := range def.Fields {
			if !f.Type.NonNull {
				continue
			}
			if out[f.Name], ok = r.honest(def, f.Name, f.Type, depth+1); !ok {
				return nil, false
			}
		}
		return out, true
	case ast.Scalar:
		if typ.NamedType == "ID" {
			id := r.idFor(in, key)
			return text(id), id != ""
		}
		v, ok := honestScalars[typ.NamedType]
		if typ.NamedType == "String" {
			v, ok = text("a"+r.word()), true
		}
		return v, ok
	}
	return nil, false
}

var honestScalars = map[string]raw{
	"Int": both("3"), "BigInt": text("7"), "Float": both("0.5"), "Boolean": both("true"), "Time": text("2026-01-31T12:00:00Z"),
	"Decimal": text("12.50"), "Date": text("2026-01-31"), "LocalDateTime": text("2026-01-31T12:00:00"), "TimeOfDay": text("12:00:00"), "Duration": text("P1DT2H"),
	"Inet": text("192.0.2.1"), "Cidr": text("192.0.2.0/24"), "MacAddr": text("08:00:2b:01:02:03"), "Bytes": text("aGVsbG8="),
	"UUID": text("018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80"), "JSON": {json: `{"a":1}`, lit: `{a:1}`}, "DateRange": span(`"2026-01-31"`, `"2026-02-03"`, "[)"),
}

// idFor is an id of the entity that a key leads to: the key is named after an edge of the
// entity that the input creates or changes.
func (r *runner) idFor(in *ast.Definition, key string) string {
	if in == nil {
		return ""
	}
	typ := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(in.Name, "Create"), "Update"), "Input")
	typ = strings.TrimSuffix(typ, "Where")
	target := typ // of the keys id, idIn and their kin
	if e := r.Schema.Types[typ]; e != nil {
		for _, prefix := range []string{"add", "remove", ""} {
			stem, cut := strings.CutPrefix(strings.TrimSuffix(strings.TrimSuffix(key, "s"), "ID"), prefix)
			for _, f := range e.Fields {
				if cut && stem != "" && strings.HasPrefix(strings.ToLower(f.Name), strings.ToLower(stem)) && r.ids[edgeType(f)] != nil {
					target = edgeType(f)
				}
			}
		}
	}
	if ids := r.ids[target]; len(ids) > 0 {
		return ids[0]
	}
	return ""
}

func edgeType(f *ast.FieldDefinition) string { return strings.TrimSuffix(named(f.Type), "Connection") }
