// Code generated from the SDL by ./run.sh generate. DO NOT EDIT.

package graph

import "embed"

// handwrittenSDL holds the handwritten SDL as it is when the program is built, which
// generated.go has as it was when it was generated.
//
//go:embed "custom.graphql"
var handwrittenSDL embed.FS

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
