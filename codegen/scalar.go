package codegen

import (
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/entc/gen"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
)

// customColumn is the column of a field with the annotation entity.Scalar.
func customColumn(f *gen.Field, o *declare.ScalarOptions) (entity.Column, error) {
	c := entity.Column{Type: entity.Custom, Native: f.Column().SchemaType[dialect.Postgres]}
	switch {
	case !graphqlName.MatchString(o.Name):
		return c, fmt.Errorf("entity.Scalar: %q is not a GraphQL name: use letters, digits and _ only, a letter first", o.Name)
	case f.IsJSON() && strings.HasSuffix(c.Native, "[]"):
		return c, errors.New("entity.Scalar is for single values, and the API has no list of them: use a field.Other of a type of Go for the whole array, which the API shows by its text, or remove SchemaType and entity.Scalar for a document")
	case !f.IsOther() && !f.IsString() || !f.HasGoType() || !f.Type.ValueScanner() || f.HasValueScanner():
		return c, errors.New("entity.Scalar is for a field.Other, or a field.String with GoType, of a type with the methods Scan and Value: use one")
	case c.Native == "":
		return c, errors.New("entity.Scalar needs the column's type: add SchemaType for dialect.Postgres")
	case f.Unique && !o.Equal:
		return c, errors.New("a unique field is looked up by its value: set Equal in entity.Scalar, or remove Unique")
	}
	return c, nil
}

// customScalars lists what fields declare, each once.
func (m *model) customScalars() []*declare.ScalarOptions {
	var out []*declare.ScalarOptions
	seen := map[string]bool{}
	for _, e := range m.entities {
		for _, f := range e.fields {
			if f.scalar != nil && !seen[f.scalar.Name] {
				out, seen[f.scalar.Name] = append(out, f.scalar), true
			}
		}
	}
	return out
}

// checkScalars refuses two descriptions of one scalar.
func (m *model) checkScalars() error {
	var errs []error
	for _, o := range m.customScalars() {
		for _, e := range m.entities {
			for _, f := range e.fields {
				if s := f.scalar; s != nil && s.Name == o.Name && (s.Comment != o.Comment || s.SpecifiedBy != o.SpecifiedBy) {
					errs = append(errs, fmt.Errorf("%s.%s: the scalar %s is described in another way by another field: say the same, or give it another name", e.Name, f.Name, o.Name))
				}
			}
		}
	}
	return errors.Join(errs...)
}
