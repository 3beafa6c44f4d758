// Code generated from the SDL by ./run.sh generate. DO NOT EDIT.

package graph

// handwritten names the root fields that a Go resolver answers.
var handwritten = map[string]bool{
	"Mutation.changePassword":    true,
	"Mutation.createAccessToken": true,
	"Mutation.linkIdentity":      true,
	"Mutation.signIn":            true,
	"Mutation.signOut":           true,
	"Mutation.signUp":            true,
	"Query.relatedPosts":         true,
	"Query.viewer":               true,
}
