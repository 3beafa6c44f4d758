package schemadiff_test

import (
	"fmt"
	"regexp"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// waits finds in a text what Postgres locks a table for.
var waits = regexp.MustCompile(`^(ALTER TABLE|ALTER TYPE|DROP|CREATE (UNIQUE )?INDEX|CREATE (CONSTRAINT )?TRIGGER|CREATE RULE|CREATE POLICY)\b`)

// misjudged tells of the first planned statement that says of itself what its text does not,
// so that all cases and random pairs prove the facts of statements too.
func misjudged(files []schemadiff.File) error {
	for _, f := range files {
		for _, list := range [][]schemadiff.Statement{f.Up, f.Down} {
			for _, s := range list {
				if s.Waits != waits.MatchString(s.SQL) || s.Writes != schemadiff.Changing(s.SQL) {
					return fmt.Errorf("it says waits %v, writes %v: %s", s.Waits, s.Writes, s)
				}
			}
		}
	}
	return nil
}
