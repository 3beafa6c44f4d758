package explain

import (
	"fmt"
	"io"
	"strings"
)

// Print writes a report for people: the plan as a tree, every statement with its
// arguments and costs, and the totals.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Plan\n")
	b.WriteString(r.Tree())
	if len(r.Statements) == 0 {
		b.WriteString("   nothing is read from the database\n")
	}
	for i := range r.Statements {
		r.Statements[i].print(&b)
	}
	if t := r.Totals; t != nil {
		fmt.Fprintf(&b, "\nTotal: %s, %s, %s, planning %.2f ms, execution %.2f ms\n", count(int64(t.Statements), "statement"),
			count(t.Rows, "row"), buffers(t.BuffersHit, t.BuffersRead), t.PlanningMS, t.ExecutionMS)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Tree is the plan: a line for each statement, below the one whose rows it needs.
func (r *Report) Tree() string {
	var b strings.Builder
	children := map[int][]int{}
	for i := range r.Statements {
		p := r.parent(i)
		children[p] = append(children[p], i)
	}
	var walk func(at int, prefix string)
	walk = func(at int, prefix string) {
		for n, i := range children[at] {
			branch, deeper := "├─ ", "│  "
			if n == len(children[at])-1 {
				branch, deeper = "└─ ", "   "
			}
			s := &r.Statements[i]
			name := s.Path
			if at >= 0 {
				name = strings.TrimPrefix(name, r.Statements[at].Path+".")
			}
			fmt.Fprintf(&b, "%s%s%s: %s of %s, %s  #%d\n", prefix, branch, name, s.Kind, s.Type, s.flow(), s.Number)
			walk(i, prefix+deeper)
		}
	}
	walk(-1, "")
	return b.String()
}

// parent finds the statement whose rows one is for: that of the longest path above its
// own; -1 at the root.
func (r *Report) parent(i int) int {
	best := -1
	for j := range r.Statements {
		s := &r.Statements[j]
		if j != i && strings.HasPrefix(r.Statements[i].Path, s.Path+".") && (best < 0 || len(s.Path) > len(r.Statements[best].Path)) {
			best = j
		}
	}
	return best
}

// flow tells how many rows came for how many parents.
func (s *Statement) flow() string {
	if s.Parents == 0 {
		return count(s.Rows, "row")
	}
	return count(int64(s.Parents), "parent") + " -> " + count(s.Rows, "row")
}

func buffers(hit, read int64) string {
	return fmt.Sprintf("%s hit, %d read", count(hit, "buffer"), read)
}

func (s *Statement) print(b *strings.Builder) {
	fmt.Fprintf(b, "\n#%d %s\n\n%s\n", s.Number, s.Path, indented(Format(s.SQL)))
	if len(s.Arguments) > 0 {
		b.WriteString("\n")
	}
	for i, arg := range s.Arguments {
		fmt.Fprintf(b, "  $%d = %s\n", i+1, arg)
	}
	c := s.Cost
	if c == nil {
		return
	}
	b.WriteString("\n")
	if len(c.Text) > 0 {
		fmt.Fprintln(b, indented(strings.Join(c.Text, "\n")))
	} else {
		for _, n := range c.Nodes {
			fmt.Fprintf(b, "  %s%s\n", strings.Repeat("  ", n.Depth), n.line())
		}
	}
	fmt.Fprintf(b, "  %s, %s read, planning %.2f ms, execution %.2f ms\n",
		buffers(c.BuffersHit, c.BuffersRead), count(c.RowsRead, "row"), c.PlanningMS, c.ExecutionMS)
	for _, warning := range c.Warnings {
		fmt.Fprintf(b, "  warning: %s\n", warning)
	}
}

// line is a node in one line.
func (n Node) line() string {
	text := n.Type
	if n.Index != "" {
		text += " " + n.Index
	}
	if n.Relation != "" {
		text += " on " + n.Relation
	}
	if n.Loops == 0 {
		return text + ": never executed"
	}
	text += ": " + count(n.Rows, "row")
	if n.Removed > 0 {
		text += fmt.Sprintf(", %d more removed", n.Removed)
	}
	if n.Loops > 1 {
		text += fmt.Sprintf(", %d loops", n.Loops)
	}
	return text + ", " + buffers(n.BuffersHit, n.BuffersRead)
}

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
