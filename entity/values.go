package entity

// NamedValue is a value of an enum with its name in Go; see [NamedValues].
type NamedValue struct {
	// Name is what the API calls the value when GraphQL cannot spell it; empty without one.
	Name string `json:"name,omitempty"`
	// Value is what is stored.
	Value string `json:"value"`
}

// Values makes an enum of the elements of an array, a field.Strings or a field.JSON of a slice of
// a kind of string, in a column of the type text[] or character varying[], as the method of the same
// name does for a field.Enum:
//
//	field.Strings("sizes").
//		SchemaType(map[string]string{dialect.Postgres: "text[]"}).
//		Annotations(entity.Values("S", "M", "L")),
//
// The values of a type of Go are those of its method: entity.Values(size.Small.Values()...).
func Values(values ...string) Annotation {
	var a Annotation
	for _, v := range values {
		a.Values = append(a.Values, NamedValue{Value: v})
	}
	return a
}

// NamedValues is like [Values], with names and values in turn: NamedValues("InProgress",
// "in-progress", "Done", "done"). A name without a value counts as both.
func NamedValues(namevalue ...string) Annotation {
	var a Annotation
	for i := 0; i < len(namevalue); i += 2 {
		v := NamedValue{Name: namevalue[i], Value: namevalue[i]}
		if i+1 < len(namevalue) {
			v.Value = namevalue[i+1]
		}
		a.Values = append(a.Values, v)
	}
	return a
}
