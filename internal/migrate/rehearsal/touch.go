package rehearsal

import (
	"regexp"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// touch finds the tables whose rows a file may depend on: those that it names, also by
// what belongs to them or stands on them, with those that their foreign keys lead to.
// Rather too many than too few: a name counts wherever it stands, also in a comment.
type touch struct {
	state  *schemadiff.State
	users  map[schemadiff.Key][]schemadiff.Key // by what is needed: who needs it
	byName map[string][]schemadiff.Key         // in lower case, without what cannot be named alone
	text   string                              // that was read so far, in lower case
	seen   map[schemadiff.Key]bool
	all    bool // what it touches cannot be known
}

var (
	nameWord = regexp.MustCompile(`[\p{L}_][\p{L}\p{N}_$]*`)
	// builtNames are statements whose names are made while they run.
	builtNames = regexp.MustCompile(`\bexecute\s+(?:[^fpo]|f[^u]|p[^r]|o[^n])`)
	// unnamed are statements about tables that they do not name.
	unnamed = regexp.MustCompile(`\b(drop\s+owned|reassign\s+owned|vacuum|reindex|cluster|query_to_xml\w*|(?:in|drop|alter|import)\s+(?:foreign\s+)?schema)\b`)
	// deletes are statements that other tables' foreign keys may refuse, or follow.
	deletes = regexp.MustCompile(`\b(delete\s+from|truncate|merge)\b`)
)

// touchedBy gives the tables of a state that a file touches: nil for all of them.
func touchedBy(state *schemadiff.State, src folder.Contents) map[schemadiff.Key]bool {
	if src.Func != nil {
		return nil
	}
	t := &touch{state: state, users: map[schemadiff.Key][]schemadiff.Key{}, byName: map[string][]schemadiff.Key{}, seen: map[schemadiff.Key]bool{}}
	t.index()
	t.read(src.Text)
	if src.Down != nil {
		t.read(src.Down.Text)
	}
	t.referring()
	if t.all {
		return nil
	}
	tables := map[schemadiff.Key]bool{}
	for k := range t.seen {
		if k.Kind == schemadiff.Table {
			tables[k] = true
		}
	}
	return tables
}

func (t *touch) index() {
	for k, o := range t.state.Objects {
		for _, n := range o.Needs {
			t.users[n] = append(t.users[n], k)
		}
		switch k.Kind {
		case schemadiff.Column, schemadiff.Schema, schemadiff.Extension, schemadiff.Cast, schemadiff.Other:
			continue // never without another name, or of no table
		}
		name, _, _ := strings.Cut(k.Name, "(") // of a function
		name = strings.ToLower(strings.Trim(name, `"`))
		t.byName[name] = append(t.byName[name], k)
	}
}

// read visits what a text names.
func (t *touch) read(text string) {
	text = strings.ToLower(text)
	t.text += text + "\n"
	t.all = t.all || builtNames.MatchString(text) || unnamed.MatchString(text)
	words := map[string]bool{}
	for _, w := range nameWord.FindAllString(text, -1) {
		words[w] = true
	}
	for name, keys := range t.byName {
		if words[name] || nameWord.FindString(name) != name && strings.Contains(text, strings.ReplaceAll(name, `"`, `""`)) {
			for _, k := range keys {
				t.visit(k)
			}
		}
	}
}

// visit takes an object, what it stands on, and what a change of it reaches.
func (t *touch) visit(k schemadiff.Key) {
	o := t.state.Objects[k]
	if o == nil || t.seen[k] {
		return
	}
	t.seen[k] = true
	if k.Table != "" {
		t.visit(schemadiff.Key{Kind: schemadiff.Table, Schema: k.Schema, Name: k.Table})
	}
	switch k.Kind {
	case schemadiff.Table:
		t.visitTable(k, o)
		return
	case schemadiff.Function:
		t.read(o.Def)
	}
	for _, n := range o.Needs {
		t.visit(n)
	}
	for _, u := range t.users[k] {
		t.visit(u)
	}
}

// visitTable takes what rows of a table need: those that it refers to, and what its
// triggers write. A row may be in a table's heirs.
func (t *touch) visitTable(k schemadiff.Key, o *schemadiff.Object) {
	for part, p := range t.state.Objects {
		switch {
		case part.Kind == schemadiff.Table:
			if isParent(k, p) || isParent(part, o) {
				t.visit(part)
			}
		case part.Schema != k.Schema || part.Table != k.Name:
		case part.Kind == schemadiff.Constraint && p.RefTable != "":
			t.visit(schemadiff.Key{Kind: schemadiff.Table, Schema: p.RefSchema, Name: p.RefTable})
		case part.Kind == schemadiff.Trigger:
			t.visit(part)
		}
	}
}

// isParent reports whether a table has its columns from the one of the key.
func isParent(k schemadiff.Key, o *schemadiff.Object) bool {
	return slices.ContainsFunc(o.Attr.Parents, func(name string) bool {
		name = strings.ReplaceAll(name, `"`, "")
		return name == k.Name || name == k.Schema+"."+k.Name
	})
}

// referring takes the tables that refer to touched ones where their rows count: when
// rows are deleted, or columns that they refer to are changed.
func (t *touch) referring() {
	for again := true; again; {
		again = false
		for k, o := range t.state.Objects {
			from := schemadiff.Key{Kind: schemadiff.Table, Schema: k.Schema, Name: k.Table}
			to := schemadiff.Key{Kind: schemadiff.Table, Schema: o.RefSchema, Name: o.RefTable}
			if k.Kind == schemadiff.Constraint && o.RefTable != "" && t.seen[to] && !t.seen[from] && t.changes(o.RefColumns) {
				t.visit(from)
				again = true
			}
		}
	}
}

func (t *touch) changes(columns []string) bool {
	return deletes.MatchString(t.text) || slices.ContainsFunc(columns, func(name string) bool {
		return regexp.MustCompile(`\b` + regexp.QuoteMeta(strings.ToLower(name)) + `"?\s*(=|type\b|set\s+data\b)`).MatchString(t.text)
	})
}
