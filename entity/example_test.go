package entity_test

import (
	"fmt"

	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
)

// A field of a schema: at most 20 characters, without white space around them.
func ExampleLength() {
	name := field.String("name").
		Validate(entity.Length(1, 20)).
		Annotations(entity.Trim())
	fmt.Println(name.Descriptor().Name)
	fmt.Println(entity.Length(1, 20)(""))
	fmt.Println(entity.Length(1, 20)("a lamp that is very bright"))
	// Output:
	// name
	// must not be empty
	// must have at most 20 characters
}

func ExampleEmail() {
	fmt.Println(entity.Email("ada@example.com"))
	fmt.Println(entity.Email("Ada <ada@example.com>"))
	// Output:
	// <nil>
	// must be an e-mail address such as ada@example.com
}
