package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// writeHints writes migrate/hints.go with what entity.RenamedFrom and entity.Backfill
// say, and the values that fit fields of which Postgres knows less; without any there is no
// such file.
func (x *extension) writeHints(g *gen.Graph) error {
	var b bytes.Buffer
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return fmt.Errorf("%s: read annotations: %w", node.Name, err)
		}
		table := node.Table()
		if a.RenamedFrom != "" {
			fmt.Fprintf(&b, "\tRenamed[%q] = %q\n", a.RenamedFrom, table)
		}
		for _, f := range node.Fields {
			a, err := annotation(f.Annotations)
			if err != nil {
				return fmt.Errorf("%s.%s: read annotations: %w", node.Name, f.Name, err)
			}
			if a.RenamedFrom != "" {
				fmt.Fprintf(&b, "\tRenamed[%q] = %q\n", table+"."+a.RenamedFrom, f.StorageKey())
			}
			if a.Backfill != "" {
				fmt.Fprintf(&b, "\tBackfill[%q] = %q\n", table+"."+f.StorageKey(), a.Backfill)
				continue
			}
			if value, special := offer(f); special {
				fmt.Fprintf(&b, "\tOffer[%q] = %q\n", table+"."+f.StorageKey(), value)
			}
		}
	}
	path := x.config.Ent + "/migrate/hints.go"
	if b.Len() == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the hints for migrations: %w", err)
		}
		return nil
	}
	return writeFile(path, []byte(hintsHead+b.String()+"}\n"))
}

// offer is the SQL value to propose for rows without one in the column of a field that must
// have one, "" where the field's validators may refuse what is proposed. It is special where
// the column's type alone says less or something else.
func offer(f *gen.Field) (value string, special bool) {
	switch {
	case f.Optional || f.Nillable:
		return "", false
	case f.IsEnum():
		return sqltext.Literal(f.EnumValues()[0]), true
	case f.Validators > 0:
		return "", true
	case strings.HasSuffix(f.Column().SchemaType[dialect.Postgres], "[]"):
		return "'{}'", true
	case f.IsJSON() && f.Type.RType != nil:
		return document(f.Type.RType), true
	}
	return "", false
}

// document is an empty JSON value of a Go type, "" for a type that has none.
func document(t *field.RType) string {
	if t.Ident == "json.RawMessage" {
		return "'{}'"
	}
	switch t.Kind {
	case reflect.Slice:
		return "'[]'"
	case reflect.Struct, reflect.Map, reflect.Interface:
		return "'{}'"
	case reflect.Pointer:
		if !strings.HasPrefix(t.Ident, "*[") {
			return "'{}'"
		}
	}
	return ""
}

const hintsHead = `// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package migrate

func init() {
`
