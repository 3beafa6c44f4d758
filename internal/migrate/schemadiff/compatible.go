package schemadiff

import (
	"fmt"
	"regexp"
	"slices"
)

// Breaks lists what in the step from one state to another may disturb a program that was
// written for the first and still runs on the second: nothing when only such things come
// that it need not know. What is not known to be harmless counts.
func Breaks(before, after *State) (reasons []string) {
	c := comparison{before, after}
	for _, k := range before.Diff(after) {
		if why := c.breaks(k); why != "" {
			reasons = append(reasons, fmt.Sprintf("%s %s %s", k.Kind, k, why))
		}
	}
	return reasons
}

type comparison struct{ before, after *State }

// breaks says why the change of one object disturbs, "" when it does not.
func (c comparison) breaks(k Key) string {
	was, now := c.before.Objects[k], c.after.Objects[k]
	switch {
	case was == nil:
		return c.added(k, now)
	case now == nil:
		if k.Kind == Index && !was.Unique {
			return ""
		}
		return "goes"
	}
	for _, change := range Changes(was, now) {
		if !harmless(k, was, now, change) {
			return "changes: " + change.Property
		}
	}
	return ""
}

// added says why something new disturbs: it binds what is written into tables that are
// known.
func (c comparison) added(k Key, now *Object) string {
	switch k.Kind {
	case Schema, Extension, Enum, Domain, Composite, Range, Sequence, Function, Table, View, Statistics, Collation, Aggregate,
		TextDictionary, TextConfiguration:
		return ""
	case Column:
		if c.isNew(k) || !now.NotNull || now.Default != "" || now.Identity != "" || now.Generate != "" {
			return ""
		}
		return "is new and required"
	case Index:
		if c.isNew(k) || !now.Unique || c.onlyNew(k, now.Columns) {
			return ""
		}
		return "is new and unique"
	case Constraint:
		if c.isNew(k) || c.onlyNew(k, now.Columns) {
			return ""
		}
		return "is new"
	case Trigger, Policy, Rule:
		if c.isNew(k) {
			return ""
		}
	}
	return "is new"
}

// isNew says whether the table or view that an object belongs to is new.
func (c comparison) isNew(k Key) bool {
	for _, kind := range []Kind{Table, View} {
		if c.before.Objects[Key{Kind: kind, Schema: k.Schema, Name: k.Table}] != nil {
			return false
		}
	}
	return true
}

// onlyNew says whether an object is on new columns alone, which nobody else writes.
func (c comparison) onlyNew(k Key, columns []string) bool {
	return len(columns) > 0 && !slices.ContainsFunc(columns, func(name string) bool {
		return c.before.Objects[k.column(name)] != nil
	})
}

// harmless says whether nobody notices the change of one property. A longer varchar is
// none: statements that were prepared before end with "cached plan must not change result
// type".
func harmless(k Key, was, now *Object, change Change) bool {
	switch {
	case change.Property == "comment", change.Property == "statistics target", k.Kind == Index && !was.Unique && !now.Unique:
		return true
	case k.Kind == Constraint && change.Property == "definition":
		return now.Def+" NOT VALID" == was.Def
	case k.Kind == Column && change.Property == "default":
		return was.Default == ""
	}
	return false
}

// Changing reports whether a statement may change more than states tell: rows, owners,
// privileges that somebody has, or the server.
func Changing(statement string) bool {
	statement = leadingComments.ReplaceAllString(statement, "")
	return !definition.MatchString(statement) || unseen.MatchString(statement)
}

var (
	leadingComments = regexp.MustCompile(`^(?:\s*--[^\n]*(?:\n|$)|\s*/\*(?s:.*?)\*/)*`)
	definition      = regexp.MustCompile(`(?i)^\s*(CREATE|ALTER|DROP|COMMENT|GRANT|SET|RESET|ANALYZE)\b`)
	// What states do not tell: who owns what, and what is of the whole server.
	unseen = regexp.MustCompile(`(?i)\bOWNER\s+TO\b|^\s*(ALTER|DROP)\s+(DATABASE|DEFAULT|GROUP|OWNED|ROLE|SYSTEM|USER)\b`)
)
