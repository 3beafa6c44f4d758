package main

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// TestEntities parses what the templates give: building it is the measurement.
func TestEntities(t *testing.T) {
	t.Parallel()
	for _, tmpl := range []string{"project/entgraph.go.tmpl", "project/stock/entity.go.tmpl"} {
		dir := t.TempDir()
		if err := writeEntities(tmpl, dir, 30); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) != 30 {
			t.Fatalf("%s: %d files: %v", tmpl, len(files), err)
		}
		for _, file := range files {
			if _, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestFieldIsAdded adds the field by which "one field more" is measured.
func TestFieldIsAdded(t *testing.T) {
	t.Parallel()
	for _, tmpl := range []string{"project/entgraph.go.tmpl", "project/stock/entity.go.tmpl"} {
		dir := t.TempDir()
		if err := writeEntities(tmpl, dir, 2); err != nil {
			t.Fatal(err)
		}
		p := project{entity: filepath.Join(dir, "aaitem.go"), marker: marker, field: field}
		if err := p.addField(); err != nil {
			t.Fatalf("%s: %v", tmpl, err)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), p.entity, nil, parser.SkipObjectResolution); err != nil {
			t.Error(err)
		}
	}
}
