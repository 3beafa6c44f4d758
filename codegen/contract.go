package codegen

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// contract reads the SDL of a project; nil before it was generated for the first time.
func contract(c Config) (*ast.Schema, error) {
	cfg, err := config.LoadConfig(c.Gqlgen)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Gqlgen, err)
	}
	if _, err := os.Stat(c.SDL); os.IsNotExist(err) {
		return nil, nil
	}
	var sources []*ast.Source
	for _, pattern := range cfg.SchemaFilename {
		files, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			sources = append(sources, &ast.Source{Name: file, Input: string(text)})
		}
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	return schema, nil
}

// compareContracts says what two contracts differ in, a line each: types, fields, arguments,
// their types, and values of enums. What takes something from clients begins with "-" or "!".
func compareContracts(before, after *ast.Schema) []string {
	old, now := outline(before), outline(after)
	var lines []string
	for name, typ := range old {
		switch other, there := now[name]; {
		case !there:
			lines = append(lines, "- "+name)
		case other != typ:
			lines = append(lines, fmt.Sprintf("! %s: %s becomes %s", name, typ, other))
		}
	}
	for name := range now {
		if _, there := old[name]; !there {
			lines = append(lines, "+ "+name)
		}
	}
	slices.Sort(lines)
	return lines
}

// outline lists what a contract has by its coordinate, as "Query.posts(first:)", with its
// type. Source: GraphQL specification, schema coordinates.
func outline(s *ast.Schema) map[string]string {
	out := map[string]string{}
	if s == nil {
		return out
	}
	for _, def := range s.Types {
		if def.BuiltIn {
			continue
		}
		out[def.Name] = string(def.Kind)
		for _, f := range def.Fields {
			at := def.Name + "." + f.Name
			out[at] = f.Type.String()
			for _, a := range f.Arguments {
				out[at+"("+a.Name+":)"] = a.Type.String()
			}
		}
		for _, v := range def.EnumValues {
			out[def.Name+"."+v.Name] = "value"
		}
	}
	return out
}
