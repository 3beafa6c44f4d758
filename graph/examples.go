package graph

import "embed"

// Examples are the tabs of the playground on a first visit.
//
//go:embed examples
var Examples embed.FS
