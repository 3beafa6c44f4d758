// Package web serves the browser part: the start page at /, the GraphQL
// playground at /playground and the files both load.
//
// The pages are built by Node and embedded from dist, which is not committed. A
// binary built without them works and answers the pages with a text that says
// how to build them, so Go never needs Node.
//
// Every answer carries a strict Content-Security-Policy. No page loads anything
// from another host, runs an inline script or may be framed. The package reads
// no request body, keeps no state and is safe for concurrent use.
package web

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
)

// dist holds the build output: HTML as it is, everything that shrinks as .gz
// only, so the binary keeps one copy.
//
//go:embed all:dist
var dist embed.FS

// DefaultName is what the pages call an app without a name.
const DefaultName = "GraphQL API"

// DefaultEndpoint is the path of the GraphQL API when [Options] names none.
const DefaultEndpoint = "/graphql"

// Options tells the pages about the server they belong to.
type Options struct {
	// Endpoint is the path of the GraphQL API as the browser sees it, such as
	// "/api/v1/graphql". Default [DefaultEndpoint].
	Endpoint string
	// Playground serves the playground. When it is off, the default, /playground
	// answers 404 and the start page does not link to it.
	Playground bool
	// Name is that of the app, in the titles of the pages; it also keeps its tabs and history
	// in the browser apart from those of others. Default: "GraphQL API".
	Name string
	// Examples are the tabs of the playground on a first visit. Default: none; the playground
	// then opens with a text about itself.
	Examples []Example
	// Development has the playground ask, each second, what happens to the sources: of
	// /playground/development.json beside it, which the caller serves. Default: off.
	Development bool
}

// Example is a tab of the playground.
type Example struct {
	// Query is the operation; its name is the title of the tab.
	Query string `json:"query"`
	// Variables and Headers are JSON objects, "" for none.
	Variables string `json:"variables,omitempty"`
	Headers   string `json:"headers,omitempty"`
}

// Handler serves the pages. Mount it at "/"; it answers 404 for every path that
// is not one of its own:
//
//	/                          the start page
//	/playground                the playground, when it is on
//	/playground/examples.json  the tabs that it opens with on a first visit
//	/assets/...                scripts and styles; their names change with their content
//	/favicon.svg               and /favicon.ico, and /licenses.md of the bundled packages
//
// Methods other than GET and HEAD answer 405. Pages missing from the binary
// answer 503 (see [Built]).
func Handler(opts Options) http.Handler {
	return newSite(embedded(), opts)
}

// Built reports whether the binary contains the pages. When it does not, they
// answer 503 and say how to build them.
func Built() bool {
	_, err := fs.Stat(embedded(), homePage)
	return err == nil
}

// Has reports whether a path, such as /assets/main-abc123.js, is that of a script, a style or
// the like that the pages use.
func Has(path string) bool {
	name := strings.TrimPrefix(path, "/")
	for _, name := range []string{name, name + ".gz"} {
		if info, err := fs.Stat(embedded(), name); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

func embedded() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // Only an invalid path fails, and this one is constant.
	}
	return sub
}
