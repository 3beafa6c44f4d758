package rehearsal

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var nameRules = []Rule{
	{"DS410", Warning, "has a reserved word as a name", "Every statement must quote it, and one that does not fails.",
		"another name, such as the plural of a table's", reservedNames},
	{"DS411", Warning, "has a name that does not fit the pattern", "Names with capitals, spaces or dots must be quoted everywhere, and others are not found where they are looked for.",
		"lower-case words joined by _, or the pattern of the settings", namesUnlike},
	{"DS412", Warning, "makes a table or column without a comment", "People who read the database do not learn what it holds.",
		"COMMENT ON in the same file", withoutComment},
}

// snakeCase is what names are like when the settings say nothing else.
var snakeCase = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// named is an object that has a name.
type named struct {
	kind     string
	oid      uint32
	num      int
	relation bool // a table or column, which statements name all the time
}

// names lists what has a name: tables, columns, types and views, indexes and
// constraints, without the schema.
func (c *catalog) names() map[named]string {
	all := map[named]string{}
	for oid, t := range c.Tables {
		all[named{"table", oid, 0, true}] = base(t.Name)
		for num, col := range t.Columns {
			all[named{"column", oid, num, true}] = col.Name
		}
	}
	for oid, v := range c.Views {
		all[named{"view", oid, 0, true}] = base(v.Name)
	}
	for oid, i := range c.Indexes {
		all[named{"index", oid, 0, false}] = base(i.Name)
	}
	for oid, k := range c.Constraints {
		all[named{"constraint", oid, 0, false}] = k.Name
	}
	for oid, name := range c.Types {
		all[named{"type", oid, 0, true}] = base(name)
	}
	return all
}

// base is a name without its schema.
func base(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// newNames lists the names that a statement gives and that are unwanted, once each.
func (s *Statement) newNames(unwanted func(named, string) bool) (all []string) {
	if s.after == nil {
		return nil
	}
	before := s.before.names()
	for n, name := range s.after.names() {
		if before[n] != name && unwanted(n, name) {
			all = append(all, name)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

func reservedNames(_ *File, s *Statement) []string {
	return s.newNames(func(n named, name string) bool { return n.relation && slices.Contains(s.after.Reserved, name) })
}

func namesUnlike(f *File, s *Statement) []string {
	pattern := snakeCase
	if f.settings.Names != nil {
		pattern = f.settings.Names
	}
	return s.newNames(func(_ named, name string) bool { return !pattern.MatchString(name) })
}

// withoutComment is asked only where the settings want comments. The comment may come
// later in the file.
func withoutComment(f *File, s *Statement) (all []string) {
	if s.after == nil || !f.settings.Comments {
		return nil
	}
	for oid, t := range s.after.Tables {
		last, before := f.end().Tables[oid], s.before.Tables[oid]
		if last == nil || t.Parent != 0 {
			continue
		}
		if before == nil && last.Comment == "" {
			all = append(all, last.Name)
		}
		for num := range t.Columns {
			c := last.Columns[num]
			if c != nil && c.Comment == "" && (before == nil || before.Columns[num] == nil) {
				all = append(all, last.Name+"."+c.Name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// renamedOrGone lists the schemas and types of which a name is gone at the end of the
// file.
func renamedOrGone(f *File, s *Statement) (all []string) {
	if s.after == nil {
		return nil
	}
	for _, of := range []func(*catalog) map[uint32]string{
		func(c *catalog) map[uint32]string { return c.Spaces },
		func(c *catalog) map[uint32]string { return c.Types },
	} {
		left := slices.Collect(maps.Values(of(f.end())))
		for oid, name := range of(s.before) {
			if of(f.start)[oid] == name && of(s.after)[oid] != name && !slices.Contains(left, name) {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}
