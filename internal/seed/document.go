package seed

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// jsonShapes makes documents: of the Go type that the field decodes them into where that is
// known, else small objects and lists.
func jsonShapes(c *column) []shape {
	var out []shape
	if c.field != nil {
		for _, empty := range []any{map[string]any{}, []any{}, "", json.Number("0"), true} {
			if v, err := c.field.Parse(empty); err == nil && v != nil && !loose(reflect.TypeOf(v)) {
				typ := reflect.TypeOf(v)
				out = append(out, func(r *row) any { return document(r, typ, c.name) })
				break
			}
		}
	}
	return append(out,
		func(r *row) any { return map[string]any{"note": r.thing(), "priority": r.IntN(5)} },
		func(r *row) any { return []any{r.noun(), r.noun()} },
		func(r *row) any { return map[string]any{r.noun(): r.thing()} },
		func(r *row) any { return map[string]any{} },
		func(r *row) any { return []any{} },
		func(r *row) any { return r.thing() },
		func(r *row) any { return json.Number(r.digits(2)) },
	)
}

// loose reports whether a type holds documents of any shape.
func loose(t reflect.Type) bool {
	return t.Kind() == reflect.Interface || t == reflect.TypeFor[json.RawMessage]() ||
		t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Interface || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Interface
}

// document makes what a client would send for a Go type, nil for a type of which it is not
// known.
func document(r *row, t reflect.Type, name string) any {
	text, err := json.Marshal(fake(r, t, name, 0).Interface())
	if err != nil {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// fake fills a value of a type, at most four levels deep.
func fake(r *row, t reflect.Type, name string, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	set := func(x any) {
		if x := reflect.ValueOf(x); x.CanConvert(t) {
			v.Set(x.Convert(t))
		}
	}
	switch kind := t.Kind(); {
	case depth > 4:
	case kind == reflect.String:
		set(textShapes(&column{name: name}, nil)[0](r))
	case kind >= reflect.Int && kind <= reflect.Uint64:
		set(r.Int64N(100))
	case kind == reflect.Float32, kind == reflect.Float64:
		set(decimals(0, 100, 2)(r))
	case kind == reflect.Bool:
		set(r.IntN(2) == 0)
	case kind == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(fake(r, t.Elem(), name, depth+1))
	case kind == reflect.Slice:
		for range 1 + r.IntN(3) {
			v.Set(reflect.Append(v, fake(r, t.Elem(), strings.TrimSuffix(name, "s"), depth+1)))
		}
	case kind == reflect.Map:
		v.Set(reflect.MakeMap(t))
		if key := reflect.ValueOf(r.noun()); key.CanConvert(t.Key()) {
			v.SetMapIndex(key.Convert(t.Key()), fake(r, t.Elem(), name, depth+1))
		}
	case t == reflect.TypeFor[time.Time]():
		set(r.at)
	case kind == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag == "" {
				tag = strings.ToLower(f.Name)
			}
			if f.IsExported() {
				v.Field(i).Set(fake(r, f.Type, tag, depth+1))
			}
		}
	}
	return v
}
