package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/entgraph/entgraph/internal/limit"
)

// Options bound documents. Zero means the default.
type Options struct {
	// MaxTokens bounds the names, signs and values of a document. Default 5000. The
	// introspection query of GraphiQL has about 250.
	MaxTokens int
	// MaxDepth bounds how deep selections nest, fragments expanded. Default 50.
	MaxDepth int
	// MaxFields bounds the fields of all operations of a document with each fragment
	// counted wherever it is spread. Default 10000.
	MaxFields int
	// MaxRootFields bounds the fields at the root of one operation, whatever their
	// aliases. Default 50.
	MaxRootFields int
	// MaxDirectives bounds the directives of a document. Default 200.
	MaxDirectives int
	// MaxErrors is how many errors are told one by one. Default 20.
	MaxErrors int
	// CacheBytes bounds the checked documents that are kept, in bytes of memory.
	// Default 16 MiB; -1 keeps none.
	CacheBytes int64
	// Suggestions lets errors name what the client may have meant. Default: they do not,
	// since they would give the schema away piece by piece.
	Suggestions bool
	// Turn waits until a document that is not kept, or many values of variables, may be
	// checked, which takes a processor some time. What it returns ends the turn. Default:
	// there is no wait.
	Turn func(context.Context) (end func(), err error)
}

func (o Options) withDefaults() Options {
	set := func(value *int, fallback int) {
		if *value == 0 {
			*value = fallback
		}
	}
	set(&o.MaxTokens, 5000)
	set(&o.MaxDepth, 50)
	set(&o.MaxFields, 10000)
	set(&o.MaxRootFields, 50)
	set(&o.MaxDirectives, 200)
	set(&o.MaxErrors, DefaultMaxErrors)
	if o.Turn == nil {
		o.Turn = func(context.Context) (func(), error) { return func() {}, nil }
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 16 << 20
	}
	return o
}

// Set checks documents against one schema and keeps those it has checked.
type Set struct {
	schema *ast.Schema
	o      Options
	rules  ruleSet
	kept   *cache
}

// New makes a set. The defaults that the schema declares must be prepared, see [Prepare].
func New(schema *ast.Schema, o Options) *Set {
	o = o.withDefaults()
	return &Set{schema: schema, o: o, rules: newRules(o.Suggestions), kept: newCache(o.CacheBytes)}
}

// document is a checked document.
type document struct {
	*ast.QueryDocument
	// constants are the values of literals that only a variable can hold, by the name
	// of that variable, which no client can write.
	constants map[string]any
	bytes     int64
}

// Operation makes the operation that a request asks for. Its errors are a [gqlerror.List]
// of what is wrong with the request, a *limit.Error, that of a turn, or the context's. The operation is
// never nil: with an error it has what the log line needs.
func (s *Set) Operation(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, error) {
	oc := &graphql.OperationContext{
		RawQuery: params.Query, OperationName: params.OperationName, Extensions: params.Extensions, Headers: params.Headers,
		DisableIntrospection: true,
		ResolverMiddleware:   func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
			return next(ctx)
		},
		Stats: graphql.Stats{Read: params.ReadTime, OperationStart: graphql.GetStartTime(ctx)},
	}
	doc, err := s.load(ctx, params)
	if err != nil {
		return oc, err
	}
	oc.Doc = doc.QueryDocument
	op := doc.Operations.ForName(params.OperationName)
	switch {
	case op == nil && params.OperationName == "":
		return oc, invalid("the document has more than one operation: operationName must choose one")
	case op == nil:
		return oc, invalid("operation %s not found", params.OperationName)
	}
	vars, err := s.coerce(ctx, doc, op, params.Variables)
	if err != nil {
		return oc, err
	}
	oc.Operation, oc.Variables = op, vars
	return oc, nil
}

// manyValues take a turn: below them, to wait for one would cost more than the work.
const manyValues = 200

func (s *Set) coerce(ctx context.Context, doc *document, op *ast.OperationDefinition, given map[string]any) (map[string]any, error) {
	if exceed(given, manyValues) {
		end, err := s.o.Turn(ctx)
		if err != nil {
			return nil, err
		}
		defer end()
	}
	c := coercer{schema: s.schema, max: s.o.MaxErrors}
	vars := c.variables(op, given, doc.constants)
	if len(c.errs) == 0 {
		c.nulls(doc.QueryDocument, op, vars)
	}
	if len(c.errs) > 0 {
		return nil, s.told(c.errs, c.more)
	}
	return vars, nil
}

// exceed reports whether values are more than most, without counting the rest.
func exceed(given map[string]any, most int) bool {
	var count func(v any)
	count = func(v any) {
		if most--; most < 0 {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for _, value := range v {
				count(value)
			}
		case []any:
			for _, value := range v {
				if count(value); most < 0 {
					return
				}
			}
		}
	}
	count(given)
	return most < 0
}

// load gives the checked document of a request, which names it by its text, its hash or
// both: automatic persisted queries. Source: github.com/apollographql/apollo-link-persisted-queries.
func (s *Set) load(ctx context.Context, params *graphql.RawParams) (*document, error) {
	hash, err := persisted(params)
	if err != nil {
		return nil, err
	}
	if params.Query == "" {
		if doc := s.kept.get(hash); doc != nil {
			return doc, nil
		}
		e := gqlerror.Errorf("PersistedQueryNotFound")
		errcode.Set(e, "PERSISTED_QUERY_NOT_FOUND")
		return nil, gqlerror.List{e}
	}
	key := sha256.Sum256([]byte(params.Query))
	if hash != nil && *hash != key {
		return nil, badInput("provided APQ hash does not match query")
	}
	if doc := s.kept.get(&key); doc != nil {
		return doc, nil
	}
	end, err := s.o.Turn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if doc := s.kept.get(&key); doc != nil { // another request had it checked meanwhile
		return doc, nil
	}
	doc, err := s.check(ctx, params.Query)
	if err != nil {
		return nil, err
	}
	s.kept.add(key, doc)
	return doc, nil
}

// persisted reads the hash of a persisted query, nil without one.
func persisted(params *graphql.RawParams) (*[sha256.Size]byte, error) {
	given := params.Extensions["persistedQuery"]
	if given == nil {
		if params.Query == "" {
			return nil, badInput("query is missing")
		}
		return nil, nil
	}
	m, _ := given.(map[string]any)
	text, ok := m["sha256Hash"].(string)
	if !ok {
		return nil, badInput("invalid APQ extension data")
	}
	if n, ok := wholeNumber(m["version"]); !ok || n != 1 {
		return nil, badInput("unsupported APQ version")
	}
	var hash [sha256.Size]byte // stays zero, which is the hash of nothing known, for what is no hash
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == len(hash) {
		copy(hash[:], raw)
	}
	return &hash, nil
}

// check parses, measures and validates.
func (s *Set) check(ctx context.Context, text string) (*document, error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, s.o.MaxTokens)
	if err != nil {
		return nil, s.parseError(err)
	}
	if len(doc.Operations) == 0 {
		return nil, invalid("no operation provided")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.measure(doc); err != nil {
		return nil, err
	}
	errs, more, err := s.validate(ctx, doc)
	switch {
	case err != nil:
		return nil, err
	case len(errs) > 0:
		return nil, s.told(errs, more)
	}
	return s.prepare(doc), nil
}

// parseError tells the parser's own limits from what is not GraphQL.
func (s *Set) parseError(err error) error {
	e, ok := err.(*gqlerror.Error) //nolint:errorlint // the parser wraps nothing
	switch {
	case !ok:
		return err
	case strings.HasPrefix(e.Message, "exceeded token limit"):
		return limit.Exceeded("MAX_DOCUMENT_TOKENS", int64(s.o.MaxTokens), "the document has more than %d tokens", s.o.MaxTokens)
	case strings.HasPrefix(e.Message, "exceeded maximum nesting depth"):
		return limit.Fixed("the document nests more than %d levels deep", parser.MaxNestingDepth)
	}
	errcode.Set(e, errcode.ParseFailed)
	return gqlerror.List{e}
}

// told is what the client reads of errors about a document or its variables.
func (s *Set) told(errs gqlerror.List, more int) gqlerror.List {
	for _, e := range errs {
		errcode.Set(e, errcode.ValidationFailed)
	}
	return Shorten(errs, s.o.MaxErrors, more)
}

func invalid(format string, args ...any) gqlerror.List {
	e := gqlerror.Errorf(format, args...)
	errcode.Set(e, errcode.ValidationFailed)
	return gqlerror.List{e}
}

func badInput(message string) gqlerror.List {
	return gqlerror.List{{Message: message, Extensions: map[string]any{"code": "BAD_USER_INPUT"}}}
}
