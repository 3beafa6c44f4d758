package document

import (
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// zoo has what entities do not have: interfaces with objects in them and unions.
const zoo = `
type Query { cat(n: Int = 3, tags: [String!] = "a"): Cat pet(id: ID): Pet pets(first: Int! = 10, where: Where): [Pet!]! any: Any echo(j: JSON, big: Big): String }
type Mutation { feed(id: ID!): Cat }
type Subscription { fed: Cat born: Cat }
interface Pet { id: ID! name: String friend(near: Boolean): Pet mother: Pet }
type Cat implements Pet { id: ID! name: String friend(near: Boolean): Pet mother: Cat lives: Int size: Float kind: Kind toys(first: Int): [Cat!] }
type Dog implements Pet { id: ID! name: String friend(near: Boolean): Pet mother: Dog lives: String size: Int kind: Kind toys(first: Int): [Dog] }
union Any = Cat | Dog
enum Kind { SMALL LARGE }
input Where { kind: Kind kinds: [Kind!] min: Int! = 1 and: [Where!] not: Where name: String ids: [ID!] order: Kind! = SMALL }
scalar JSON
scalar Big
`

// newSchema parses and prepares a schema.
func newSchema(t testing.TB, sdl string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	Prepare(schema)
	return schema
}
