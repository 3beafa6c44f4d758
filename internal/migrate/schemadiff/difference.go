package schemadiff

import (
	"fmt"
	"strings"
)

// Difference is an object in which a state is not the one wanted.
type Difference struct {
	Kind Kind `json:"kind"`
	// Name is as flags write it: users.bio.
	Name string `json:"name"`
	// Is is "missing", "extra" or "different".
	Is string `json:"is"`
	// Changes are the properties of one that is different.
	Changes []Change `json:"changes,omitempty"`
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

// Differences lists what differs between the state there is and the one wanted: nothing
// when they are the same.
func Differences(have, want *State) (all []Difference) {
	for _, k := range have.Diff(want) {
		was, now := have.Objects[k], want.Objects[k]
		d := Difference{Kind: k.Kind, Name: k.String(), Is: "different"}
		switch {
		case was == nil:
			d.Is = "missing"
		case now == nil:
			d.Is = "extra"
		default:
			d.Changes = Changes(was, now)
		}
		all = append(all, d)
	}
	return all
}
