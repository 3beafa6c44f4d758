package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Difference is an object in which a state is not the one wanted.
type Difference struct {
	Kind schemadiff.Kind `json:"kind"`
	// Name is as flags write it: users.bio.
	Name string `json:"name"`
	// Is is "missing", "extra" or "different".
	Is string `json:"is"`
	// Changes are the properties of one that is different.
	Changes []schemadiff.Change `json:"changes,omitempty"`
}

// String says it in one line, apart from what properties hold.
func (d Difference) String() string {
	what := fmt.Sprintf("%s %s", d.Kind, d.Name)
	switch d.Is {
	case "missing":
		return what + " is missing"
	case "extra":
		return what + " should not be there"
	}
	changes := make([]string, len(d.Changes))
	for i, c := range d.Changes {
		changes[i] = c.String()
	}
	return what + " is different: " + strings.Join(changes, ", ")
}

// Lines are differences for people, one a line.
func Lines(all []Difference) string {
	lines := make([]string, len(all))
	for i, d := range all {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// Advice says what to do about differences between what a directory makes and what is wanted.
// The next diff would drop what should not be there, which a file written by hand may have
// made on purpose.
func Advice(all []Difference) string {
	const run = "run: migrate diff NAME"
	if slices.ContainsFunc(all, func(d Difference) bool { return d.Is == "extra" && d.Kind != schemadiff.Column }) {
		return "if what should not be there is to stay, write it to ent/migrate/objects/NAME.sql first; then " + run
	}
	return run
}

// Differences lists what differs between the state there is and the one wanted: nothing
// when they are the same.
func Differences(have, want *schemadiff.State) (all []Difference) {
	for _, k := range have.Diff(want) {
		was, now := have.Objects[k], want.Objects[k]
		d := Difference{Kind: k.Kind, Name: k.String(), Is: "different"}
		switch {
		case was == nil:
			d.Is = "missing"
		case now == nil:
			d.Is = "extra"
		default:
			d.Changes = schemadiff.Changes(was, now)
		}
		all = append(all, d)
	}
	return all
}
