package executor_test

import (
	"fmt"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/executor"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/viewer"
)

// BenchmarkWrite runs generated mutations without HTTP: what a write costs between the
// document and the database, links and payload included. Its times are those of the database.
func BenchmarkWrite(b *testing.B) {
	api := apitest.New(b)
	exec := gqlgen.New(api.Schema)
	ada := create(b, api, "User", vars{"username": "ada", "email": "ada@example.com"})
	_, user, err := api.Schema.Entities().ParseID(ada)
	if err != nil {
		b.Fatal(err)
	}
	who := viewer.Viewer{UserID: user, Role: "MEMBER"}
	post := create(b, api, "Post", vars{"title": "t", "authorID": ada})
	tags := make([]string, 3)
	for i := range tags {
		tags[i] = create(b, api, "Tag", vars{"name": fmt.Sprint("tag", i)})
	}
	const made = `mutation($in: CreatePostInput!) { createPost(input: $in) { post { id title } } }`
	const changed = `mutation($in: UpdatePostInput!) { updatePost(id: %q, input: $in) { post { id title } } }`
	for _, bc := range []struct {
		name, query string
		input       func(i int) vars
	}{
		{"create", made, func(i int) vars { return vars{"title": fmt.Sprint("t", i), "authorID": ada, "tagIDs": tags} }},
		{"update", fmt.Sprintf(changed, post), func(i int) vars {
			return vars{"title": fmt.Sprint("t", i), "authorID": ada, "tagIDs": tags[:1+i%2]}
		}},
		{"plain", fmt.Sprintf(changed, post), func(i int) vars { return vars{"title": fmt.Sprint("t", i)} }},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				ctx := graphql.StartOperationTrace(viewer.NewContext(b.Context(), who))
				op, errs := exec.CreateOperationContext(ctx, &graphql.RawParams{Query: bc.query, Variables: vars{"in": bc.input(i)}})
				if errs != nil {
					b.Fatal(errs)
				}
				run, ctx := exec.DispatchOperation(ctx, op)
				if answer := run(ctx); len(answer.Errors) > 0 {
					b.Fatal(answer.Errors)
				}
			}
		})
	}
}
