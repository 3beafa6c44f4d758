// Package example gives the operations that the playground opens with on a first visit: an
// app's own, from files, or some that are made from its schema.
package example

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/web"
)

const (
	queryFile   = ".graphql"
	headersFile = ".headers.json"
	valuesFile  = ".json"
)

// Read gives the examples of a file system, folders included, in the order of their paths:
// each NAME.graphql with the variables of NAME.json and the headers of the request of
// NAME.headers.json, both optional. Those that documents refuses are left out, and the error
// names each with its reason.
func Read(ctx context.Context, files fs.FS, documents *document.Set) ([]web.Example, error) {
	var examples []web.Example
	var refused []error
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, isQuery := strings.CutSuffix(path, queryFile)
		if !isQuery {
			refused = append(refused, checkPair(files, path))
			return nil
		}
		e, err := read(files, name)
		if err == nil {
			err = check(ctx, e, documents)
		}
		if err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", path, err))
			return nil
		}
		examples = append(examples, e)
		return nil
	})
	return examples, errors.Join(append(refused, err)...)
}

// checkPair refuses a file of variables or headers without its operation.
func checkPair(files fs.FS, path string) error {
	for _, end := range []string{headersFile, valuesFile} {
		if name, ok := strings.CutSuffix(path, end); ok {
			if _, err := fs.Stat(files, name+queryFile); err != nil {
				return fmt.Errorf("%s: there is no %s that it belongs to", path, name+queryFile)
			}
			return nil
		}
	}
	return nil
}

func read(files fs.FS, name string) (e web.Example, err error) {
	for _, part := range []struct {
		end      string
		to       *string
		optional bool
	}{{queryFile, &e.Query, false}, {valuesFile, &e.Variables, true}, {headersFile, &e.Headers, true}} {
		text, err := fs.ReadFile(files, name+part.end)
		if err != nil && (!part.optional || !errors.Is(err, fs.ErrNotExist)) {
			return e, err
		}
		*part.to = strings.TrimRight(string(text), "\n")
	}
	return e, nil
}

// check refuses what the server would: it must be one operation with a name, which is the
// title of its tab, with the variables that it declares and no other.
func check(ctx context.Context, e web.Example, documents *document.Set) error {
	params := graphql.RawParams{Query: e.Query}
	if err := decode(e.Variables, &params.Variables); err != nil {
		return fmt.Errorf("its variables: %w", err)
	}
	var headers map[string]string
	if err := decode(e.Headers, &headers); err != nil {
		return fmt.Errorf("its headers: %w", err)
	}
	oc, err := documents.Operation(graphql.StartOperationTrace(ctx), &params)
	if err != nil {
		return plain(err)
	}
	if len(oc.Doc.Operations) != 1 || oc.Operation.Name == "" {
		return errors.New("it must hold one operation with a name, which is the title of its tab")
	}
	for _, name := range slices.Sorted(maps.Keys(params.Variables)) {
		if oc.Operation.VariableDefinitions.ForName(name) == nil {
			return fmt.Errorf("its variables hold %s, which the operation does not declare", name)
		}
	}
	return withoutVariables(oc.Operation, params.Variables)
}

// plain says where in the file errors are, in one line.
func plain(err error) error {
	var list gqlerror.List
	if !errors.As(err, &list) {
		return err
	}
	var texts []string
	for _, e := range list {
		switch {
		case len(e.Locations) > 0:
			texts = append(texts, fmt.Sprintf("line %d: %s", e.Locations[0].Line, e.Message))
		default:
			texts = append(texts, fmt.Sprintf("%s: %s", e.Path, e.Message))
		}
	}
	return errors.New(strings.Join(texts, "; "))
}

// withoutVariables refuses an operation with a variable that is not given: people should see
// what there is to change.
func withoutVariables(op *ast.OperationDefinition, given map[string]any) error {
	for _, declared := range op.VariableDefinitions {
		if _, ok := given[declared.Variable]; !ok {
			return fmt.Errorf("its variables lack %s", declared.Variable)
		}
	}
	return nil
}

// decode reads a JSON object; "" is one without keys. Numbers keep their digits, as in
// requests.
func decode(text string, into any) error {
	if text == "" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	return dec.Decode(into)
}
