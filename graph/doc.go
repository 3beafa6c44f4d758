// Package graph is the GraphQL side of the sample: ent.graphql is generated from the Ent
// schemas, custom.graphql is written by hand, and auth.graphql are the fields of signing in,
// which package auth answers. The generated fields need no code here; the methods of the
// handwritten ones are in the files *.resolvers.go, and the functions of
// computed fields in computed.go. The rest is generated; [Graph] hands it to entgraph.
package graph
