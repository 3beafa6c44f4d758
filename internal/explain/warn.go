package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/planner"
)

// Below these a warning would be noise: a small table is read whole faster than by an
// index.
const (
	manyRows  = 1000 // rows that a scan or sort has to look at
	wastedFor = 50   // rows read for each row returned
)

// warn notes what costs more than it should.
func (c *Cost) warn(s *Statement) {
	for i := range c.Nodes {
		switch n := &c.Nodes[i]; n.Type {
		case "Seq Scan", "Index Scan":
			c.warnScan(n)
		case "Sort":
			if s.Kind != string(planner.KindGroups) { // whose rows are few, whatever is read
				c.warnSort(n, c.below(i))
			}
		}
	}
	if len(c.Warnings) == 0 {
		c.warnWaste(s)
	}
}

// warnScan is about a filter that no index answers.
func (c *Cost) warnScan(n *Node) {
	if n.Removed < manyRows || n.Type == "Index Scan" && n.Removed < wastedFor*n.Rows {
		return
	}
	scan := "a sequential scan of " + n.Relation
	if n.Index != "" {
		scan = "the scan of " + n.Relation + " by " + n.Index
	}
	c.note("%s reads %s and keeps %s; %s",
		scan, count(n.Rows+n.Removed, "row"), count(n.Rows, "row"), hint(n.Relation, n.filter))
}

// warnSort is about an ordering that no index has.
func (c *Cost) warnSort(n *Node, below []Node) {
	if len(below) == 0 || below[0].Rows < manyRows {
		return
	}
	relation := ""
	var keys []string
	for _, key := range n.sortKey {
		alias, column, qualified := strings.Cut(key, ".")
		if i := slices.IndexFunc(below, func(b Node) bool { return b.alias == alias && b.Relation != "" }); qualified && i >= 0 {
			if relation != "" && relation != below[i].Relation {
				relation = ""
				break
			}
			relation, keys = below[i].Relation, append(keys, column)
			continue
		}
		relation = ""
		break
	}
	if relation == "" {
		c.note("%s are sorted by %s, for which there can be no index", count(below[0].Rows, "row"), strings.Join(n.sortKey, ", "))
		return
	}
	c.note("%s of %s are sorted; an index on %s (%s) would give them in order",
		count(below[0].Rows, "row"), relation, relation, strings.Join(keys, ", "))
}

// warnWaste is about work that is far above what is returned.
func (c *Cost) warnWaste(s *Statement) {
	read := c.rowsRead()
	switch {
	case read < manyRows:
	case s.Kind == string(planner.KindCount):
		c.note("the count reads %s; without totalCount the page alone is read", count(read, "row"))
	case s.Kind == string(planner.KindAggregate), s.Kind == string(planner.KindGroups):
		c.note("the totals read %s; a filter would leave fewer", count(read, "row"))
	case read > wastedFor*max(s.Rows, 1):
		c.note("%s are read for %s; an index that has both the filter and the ordering would read fewer",
			count(read, "row"), count(s.Rows, "row"))
	}
}

// rowsRead is RowsRead without the small tables that a join reads whole.
func (c *Cost) rowsRead() (rows int64) {
	for _, n := range c.Nodes {
		seen := n.Rows + n.Removed
		if n.Relation != "" && (n.Type != "Seq Scan" || seen >= manyRows*max(n.Loops, 1)) {
			rows += seen
		}
	}
	return rows
}

func (c *Cost) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(c.Warnings, text) {
		c.Warnings = append(c.Warnings, text)
	}
}

var (
	likeFilter    = regexp.MustCompile(`\(?(\w+)\)?(?:::\w+)? ~~\*? '?%`)
	compareFilter = regexp.MustCompile(`(\w+)\)?(?:::[\w ]+)? (?:=|<|>|<=|>=|~~) `)
)

// hint names an index that the filter of a scan could use.
func hint(relation, filter string) string {
	if m := likeFilter.FindStringSubmatch(filter); m != nil {
		return fmt.Sprintf("a trigram index (pg_trgm) on %s (%s) would help", relation, m[1])
	}
	var columns []string
	for _, m := range compareFilter.FindAllStringSubmatch(filter, -1) {
		if !slices.Contains(columns, m[1]) {
			columns = append(columns, m[1])
		}
	}
	switch {
	case strings.Contains(filter, "SubPlan"), len(columns) == 0:
		return "an index on what the filter compares could help"
	case strings.Contains(filter, " OR "):
		return fmt.Sprintf("an index for each of %s (%s) could help", relation, strings.Join(columns, "), ("))
	}
	return fmt.Sprintf("an index on %s (%s) would help", relation, strings.Join(columns, ", "))
}

// count writes a number with separators and its noun.
func count(n int64, noun string) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n != 1 {
		noun += "s"
	}
	return digits + " " + noun
}
