package schemadiff_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// An attribute that goes takes its values along, or has another name: nobody guesses.
func TestAttributesAreAsked(t *testing.T) {
	t.Parallel()
	const table = `; CREATE TABLE t (id int PRIMARY KEY, a p)`
	for _, c := range []struct{ name, base, after, want string }{
		{"gone", `CREATE TYPE p AS (x int, y int)` + table, `CREATE TYPE p AS (x int)` + table, "--allow-drop p.y"},
		{"renamed or gone", `CREATE TYPE p AS (x int, y int)` + table, `CREATE TYPE p AS (x int, z int)` + table, "--rename p.y=z --allow-drop p.y"},
		{"in an array", `CREATE TYPE p AS (x int, y int); CREATE TABLE t (a p[])`, `CREATE TYPE p AS (x int); CREATE TABLE t (a p[])`, "--allow-drop p.y"},
		{"in another type", `CREATE TYPE p AS (x int, y int); CREATE TYPE q AS (a p)`, `CREATE TYPE p AS (x int); CREATE TYPE q AS (a p)`, "--allow-drop p.y"},
		{"not stored", `CREATE TYPE p AS (x int, y int)`, `CREATE TYPE p AS (x int)`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want, err := schemadiff.Read(t.Context(), open(t, c.after).conn)
			if err != nil {
				t.Fatal(err)
			}
			_, err = schemadiff.Plan(t.Context(), open(t, c.base).conn, want, schemadiff.Options{})
			var undecided *schemadiff.UndecidedError
			var choices []string
			if errors.As(err, &undecided) {
				for _, q := range undecided.Questions {
					choices = append(choices, q.Choices...)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(choices, " "); got != c.want {
				t.Errorf("asked %q, want %q", got, c.want)
			}
		})
	}
}

// Values in arrays and in other types have no way to attributes of other names and types.
func TestAttributesInArraysAreRefused(t *testing.T) {
	t.Parallel()
	for name, table := range map[string]string{
		"array":        `CREATE TABLE t (a p[])`,
		"another type": `CREATE TYPE q AS (a p); CREATE TABLE t (a q)`,
	} {
		j := newJudge(t, `CREATE TYPE p AS (x int, y int); `+table, `CREATE TYPE p AS (x bigint, y int, z int); `+table, "")
		if err := j.plan(nil, true); err == nil || !strings.Contains(err.Error(), "composite type p, which arrays or other types hold cannot be planned") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
