package entity

// ScalarOptions says what the API calls the values of a field that it has no scalar for.
type ScalarOptions struct {
	// Name is the GraphQL scalar, such as "Point". Several fields may share it when they say
	// the same of it.
	Name string `json:"name"`
	// Comment is its description, such as "A point such as \"(1,2)\".".
	Comment string `json:"comment,omitempty"`
	// SpecifiedBy is the address of its specification; empty without one.
	SpecifiedBy string `json:"specified_by,omitempty"`
	// Equal gives filters by equality and lets the field be unique. The column's type must have
	// a text for each value and not two, as a point has and a numeric has not.
	Equal bool `json:"equal,omitempty"`
}

// Scalar serves a field in a column of any type of Postgres, by its text. The field is a
// field.Other, or a field.String with GoType, of a type with the methods Scan and Value:
//
//	field.Other("spot", geo.Point{}).
//		SchemaType(map[string]string{dialect.Postgres: "point"}).
//		Annotations(entity.Scalar(entity.ScalarOptions{Name: "Point"})),
//
// Scan is given the text that a client sends and refuses what is none by an error; Value gives
// the text that Postgres reads. Answers are what Postgres writes. SchemaType names the schema of a
// type that is not Postgres' own, such as public.ltree. Nothing is ordered or grouped by the
// field.
func Scalar(o ScalarOptions) Annotation { return Annotation{Scalar: &o} }
