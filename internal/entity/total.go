package entity

// Function is an aggregate function, named as the field of the API.
type Function string

// The functions. Apart from CountDistinct, which counts what differs, they are null where no
// row has a value.
const (
	CountDistinct Function = "countDistinct"
	Min           Function = "min"
	Max           Function = "max"
	Avg           Function = "avg"
	Sum           Function = "sum"
)

// Functions lists them in the order of the SDL.
var Functions = []Function{CountDistinct, Min, Max, Avg, Sum}

// Total is what the rows of a list or group amount to: their number, or a function of a field.
type Total struct {
	// Name is the value of the GroupOrderField enum, such as "COUNT" or "MAX_CREATED_AT".
	Name string
	// Function is empty for the number of rows.
	Function Function
	// Key is the field in the function's object, such as "createdAt" or, of a to-one edge,
	// "authorUsername".
	Key   string
	Field *Field
	// Edge is that of the field, nil for an own one.
	Edge *Edge
}

// Value is a field of the type that the total has, by which it is compared.
func (t *Total) Value() *Field {
	switch t.Function {
	case Min, Max:
		return t.Field
	case Avg:
		return &Field{Name: t.Key, Type: t.Field.Type.Kind().Avg}
	case Sum:
		return &Field{Name: t.Key, Type: t.Field.Type.Kind().Sum}
	}
	return &Field{Name: "count", Type: Int}
}

// Nullable reports whether the total may be NULL.
func (t *Total) Nullable() bool { return t.Function != "" && t.Function != CountDistinct }

// Totals lists what a group can be asked for, the number of rows first.
func (e *Entity) Totals() []*Total { return e.totals }

// TotalsOf lists the totals by a function, in the order of the SDL.
func (e *Entity) TotalsOf(f Function) []*Total {
	var out []*Total
	for _, t := range e.totals {
		if t.Function == f {
			out = append(out, t)
		}
	}
	return out
}

// Total returns a function of a field by its key, nil when there is none; "" and "" is the
// number of rows.
func (e *Entity) Total(f Function, key string) *Total { return e.totalByKey[string(f)+"."+key] }

// TotalByName returns the total with the name in the GroupOrderField enum, nil when there is
// none.
func (e *Entity) TotalByName(name string) *Total {
	for _, t := range e.totals {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// makeTotals fills the list.
func (e *Entity) makeTotals() {
	e.totals, e.totalByKey = nil, map[string]*Total{}
	add := func(t *Total) {
		if t.Name = "COUNT"; t.Function != "" {
			t.Name = constant(string(t.Function)) + "_" + constant(t.Key)
		}
		e.totals = append(e.totals, t)
		e.totalByKey[string(t.Function)+"."+t.Key] = t
	}
	add(&Total{})
	for _, k := range e.distinct() {
		add(&Total{Function: CountDistinct, Key: k.Key, Field: k.Field, Edge: k.Edge})
	}
	for _, f := range []Function{Min, Max} {
		for _, field := range e.Comparable() {
			add(&Total{Function: f, Key: field.Name, Field: field})
		}
	}
	for _, f := range []Function{Avg, Sum} {
		for _, field := range e.Numeric() {
			add(&Total{Function: f, Key: field.Name, Field: field})
		}
	}
}

// distinct lists of what different values are counted: what can be a key of a grouping, and
// the entities at to-one edges.
func (e *Entity) distinct() []*GroupKey {
	out := e.GroupKeys()
	for i := range e.Edges {
		if edge := &e.Edges[i]; !edge.ToMany() {
			out = append(out, &GroupKey{Key: edge.Name + "ID", Field: edge.Target.FieldByName("id"), Edge: edge})
		}
	}
	return out
}
