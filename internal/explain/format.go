package explain

import (
	"regexp"
	"strings"
)

// shortQuery is the longest subquery that stays on one line.
const shortQuery = 72

// clauses begin a line of their own.
var clauses = regexp.MustCompile(`^(SELECT|FROM|LEFT JOIN|JOIN|CROSS JOIN|WHERE|AND|OR|GROUP BY|ORDER BY|LIMIT|UNION ALL)\b`)

var visibleTable = regexp.MustCompile(`^("[^"]+"|\w+) AS (NOT )?MATERIALIZED \(`)

// Format breaks a statement into lines: at its clauses, and around subqueries, which
// are indented. It changes white space only.
func Format(sql string) string {
	var b strings.Builder
	format(&b, strings.TrimSpace(sql), "", true)
	return b.String()
}

// format writes a part of a statement.
func format(b *strings.Builder, s, indent string, breaks bool) {
	inside := indent // of what is in parentheses
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\'' || c == '"':
			end := closing(s, i, c)
			b.WriteString(s[i:end])
			i = end
		case c == '(' && matching(s, i) > 0:
			end := matching(s, i)
			formatInner(b, s[i+1:end], inside)
			i = end + 1
		case c == ' ' && breaks && clauses.MatchString(s[i+1:]) && !joined(s[:i]):
			i++
			inside = indent
			if strings.HasPrefix(s[i:], "AND ") || strings.HasPrefix(s[i:], "OR ") {
				inside += "  "
			}
			b.WriteString("\n" + inside)
		case c == ' ' && breaks && i > 0 && s[i-1] == ',' && visibleTable.MatchString(s[i+1:]):
			inside = indent
			b.WriteString("\n" + indent)
			i++
		default:
			b.WriteByte(c)
			i++
		}
	}
}

// joined reports whether what follows belongs to the last word.
func joined(before string) bool {
	return strings.HasSuffix(before, "SELECT") || strings.HasSuffix(before, " LEFT") || strings.HasSuffix(before, " CROSS")
}

// formatInner writes what is in parentheses, and them.
func formatInner(b *strings.Builder, inner, indent string) {
	isQuery := strings.HasPrefix(inner, "SELECT ") || strings.HasPrefix(inner, "WITH ")
	switch {
	case isQuery && len(inner) > shortQuery:
		b.WriteString("(\n" + indent + "  ")
		format(b, inner, indent+"  ", true)
		b.WriteString("\n" + indent + ")")
	case isQuery:
		b.WriteString("(" + inner + ")")
	default:
		b.WriteByte('(')
		format(b, inner, indent, len(inner) > shortQuery)
		b.WriteByte(')')
	}
}

// closing is the index behind the quote that ends the one at i. A doubled quote ends
// one text and begins the next, which comes to the same.
func closing(s string, i int, quote byte) int {
	if n := strings.IndexByte(s[i+1:], quote); n >= 0 {
		return i + 1 + n + 1
	}
	return len(s)
}

// matching is the index of the parenthesis that closes the one at i, 0 without one.
func matching(s string, i int) int {
	depth := 0
	for j := i; j < len(s); j++ {
		switch s[j] {
		case '\'', '"':
			j = closing(s, j, s[j]) - 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return 0
}
