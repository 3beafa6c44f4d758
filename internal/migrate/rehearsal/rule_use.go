package rehearsal

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"
)

// shorterIndexes finds plain indexes whose columns are the first ones of another, when
// the statement made one of the two. A unique one is never idle.
func shorterIndexes(f *File, s *Statement) (all []string) {
	if s.after == nil {
		return nil
	}
	fresh := map[string]bool{}
	for _, i := range ownIndexes(s.before, s.after) {
		fresh[i.Name] = true
	}
	for _, c := range s.newConstraints() {
		if i := s.after.Indexes[c.Index]; i != nil && c.Type != "f" {
			fresh[i.Name] = true
		}
	}
	kept := map[uint32]bool{} // by constraints
	for _, c := range f.end().Constraints {
		kept[c.Index] = kept[c.Index] || c.Type != "f"
	}
	for oid, short := range f.end().Indexes {
		if kept[oid] {
			continue
		}
		for _, long := range f.end().Indexes {
			if (fresh[short.Name] || fresh[long.Name]) && short.Table == long.Table && beginsWith(long, short) {
				all = append(all, short.Name+" begins "+long.Name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// beginsWith compares definitions, so that operator classes and directions count.
func beginsWith(long, short *index) bool {
	head, columns, ok := strings.Cut(short.Shape, "(")
	longHead, longColumns, _ := strings.Cut(strings.Replace(long.Shape, "CREATE UNIQUE INDEX", "CREATE INDEX", 1), "(")
	if !ok || short.Unique || long.Partial || head != longHead || !strings.Contains(head, "USING btree") || !strings.HasSuffix(columns, ")") {
		return false // also with INCLUDE, WHERE and WITH after the bracket
	}
	return !strings.Contains(columns, ") ") && strings.HasPrefix(longColumns, strings.TrimSuffix(columns, ")")+", ")
}

// takenAlong finds what goes with a dropped column of an old table though it also is
// about other columns, and statements that fail because of such things.
func takenAlong(f *File, s *Statement) (all []string) {
	all = failsWith(pgerrcode.DependentObjectsStillExist)(f, s)
	for _, c := range f.columnChanges(s) {
		if c.after != nil {
			continue
		}
		for _, i := range s.before.Indexes {
			if i.Table == c.oid && slices.Contains(i.Columns, c.num) && len(i.Columns) > 1 && !s.after.hasIndex(i.Name) {
				all = append(all, "index "+i.Name)
			}
		}
		for _, k := range s.goneConstraints() {
			if k.Table == c.oid && slices.Contains(k.Columns, c.num) && len(k.Columns) > 1 && s.before.Indexes[k.Index] == nil {
				all = append(all, "constraint "+k.Name)
			}
		}
		if cascadeWord.MatchString(s.SQL) {
			all = append(all, cascadedFrom(c, s)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// cascadedFrom lists the views and computed columns that a CASCADE took along.
func cascadedFrom(c columnChange, s *Statement) (all []string) {
	for oid, v := range s.before.Views {
		if s.after.Views[oid] == nil {
			all = append(all, "view "+v.Name)
		}
	}
	for num, b := range s.before.Tables[c.oid].Columns {
		if b.Generated != "" && num != c.num && c.table.Columns[num] == nil {
			all = append(all, "column "+c.table.Name+"."+b.Name)
		}
	}
	return all
}

// checksTightened looks at checks that take the place of one on the same columns, and
// at those alone: that a new one holds is for [Rules] about locks and rows.
func checksTightened(f *File, s *Statement) (all []string) {
	for _, c := range s.newConstraints() {
		if c.Type != "c" || !f.old(c.Table) {
			continue
		}
		for oid, before := range f.start.Constraints {
			if before.Type == "c" && before.Table == c.Table && slices.Equal(before.Columns, c.Columns) &&
				f.end().Constraints[oid] == nil && !loosened(before.Def, c.Def) {
				all = append(all, c.Name)
			}
		}
	}
	return all
}

var (
	checkLiteral = regexp.MustCompile(`'(?:[^']|'')*'`)
	checkBound   = regexp.MustCompile(`([<>]=?) \(?'?(-?[0-9.]+)'?\)?`)
	checkList    = regexp.MustCompile(`\{\}(?:::[\w ]+)?(?:, \{\}(?:::[\w ]+)?)*`)
)

// loosened says whether a check surely allows all that another one does: the same
// words, with more values in a list or wider bounds.
func loosened(before, after string) bool {
	before, after = strings.TrimSuffix(before, " NOT VALID"), strings.TrimSuffix(after, " NOT VALID")
	if before == after {
		return true
	}
	shape := func(def string) string {
		def = checkBound.ReplaceAllString(def, "$1 #")
		return checkList.ReplaceAllString(checkLiteral.ReplaceAllString(def, "{}"), "{}")
	}
	if shape(before) != shape(after) || strings.Contains(before, "<>") {
		return false
	}
	had, has := checkBound.FindAllStringSubmatch(before, -1), checkBound.FindAllStringSubmatch(after, -1)
	for i := range had {
		a, errA := strconv.ParseFloat(had[i][2], 64)
		b, errB := strconv.ParseFloat(has[i][2], 64)
		wider := b <= a
		if strings.HasPrefix(had[i][1], "<") {
			wider = b >= a
		}
		if errA != nil || errB != nil || !wider {
			return false
		}
	}
	words := checkLiteral.FindAllString(after, -1)
	return len(had) > 0 || !slices.ContainsFunc(checkLiteral.FindAllString(before, -1), func(w string) bool { return !slices.Contains(words, w) })
}
