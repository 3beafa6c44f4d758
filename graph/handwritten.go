// Code generated from the SDL by ./run.sh generate. DO NOT EDIT.

package graph

// handwritten names the root fields that a Go resolver answers.
var handwritten = map[string]bool{
	"Query.relatedPosts": true,
	"Query.viewer":       true,
}
