package schemadiff_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tally counts the cases that are right, by group.
type tally struct {
	mu     sync.Mutex
	groups map[string]*score
}

type score struct{ all, right int }

// newTally prints its table at the end of the test, with -v. docs/schema-changes.md
// has it beside the figures of other tools.
func newTally(t *testing.T) *tally {
	all := &tally{groups: map[string]*score{}}
	t.Cleanup(func() { t.Log("\n" + all.table()) })
	return all
}

func (a *tally) add(c changeCase, right bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, group := range []string{c.Group, "total"} {
		s := a.groups[group]
		if s == nil {
			s = &score{}
			a.groups[group] = s
		}
		s.all++
		if right {
			s.right++
		}
	}
}

func (a *tally) table() string {
	var b strings.Builder
	b.WriteString("| group | right | of |\n| --- | --- | --- |\n")
	for _, group := range slices.Sorted(maps.Keys(a.groups)) {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", group, a.groups[group].right, a.groups[group].all)
	}
	return b.String()
}
