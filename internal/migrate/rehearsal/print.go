package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Table writes the report for people: a line for each statement under the name of its
// file, with the verdict of the file. Without all, runs of safe statements are one line.
func (r Report) Table(all bool) string {
	rows := [][]string{{"LINE", "STATEMENT", "LOCK", "VERDICT", "PER MILLION ROWS", "WHAT IT DOES"}}
	for _, f := range r.Files {
		rows = append(rows, []string{fmt.Sprintf("%s: %s%s", f.Name, f.headline(), f.remark())})
		rows = append(rows, f.rows(all)...)
	}
	var b strings.Builder
	align(&b, rows)
	fmt.Fprintf(&b, "rehearsed on PostgreSQL %s %s\n", r.Server, r.sample())
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// sample says which tables were given how many rows.
func (r Report) sample() string {
	rows := fmt.Sprintf("%d rows", r.Rows)
	if r.Live {
		rows = fmt.Sprintf("%d live rows", r.Rows)
	}
	switch r.Filled {
	case 0:
		if r.Rows > 0 {
			return "without sample rows, as the files touch no table that was there"
		}
		return "without sample rows"
	case 1:
		return "with " + rows + " in the table that the files touch"
	}
	return fmt.Sprintf("with %s in each of the %d tables that the files touch", rows, r.Filled)
}

func (f File) headline() string {
	if slices.ContainsFunc(f.Statements, func(s Statement) bool { return s.failure != "" }) {
		return "fails"
	}
	return f.Verdict.String()
}

func (f File) remark() string {
	switch {
	case f.Reversible:
		return ", its down file leads back"
	case f.Verdict == Irreversible:
		return ", it has no down file"
	}
	return ""
}

func (f File) rows(all bool) (rows [][]string) {
	safe := 0
	flush := func() {
		if safe > 0 {
			rows = append(rows, []string{"", fmt.Sprintf("(%d safe)", safe), "", "", "", ""})
		}
		safe = 0
	}
	for _, s := range f.Statements {
		if !all && s.Verdict == Safe && s.failure == "" {
			safe++
			continue
		}
		flush()
		rows = append(rows, s.cells())
	}
	flush()
	return rows
}

func (s Statement) cells() []string {
	verdict, effect, estimate := s.Verdict.String(), s.Effect, ""
	if s.failure != "" {
		verdict, effect = "fails", "SQLSTATE "+s.failure
	}
	if s.PerMillion > 0 {
		estimate = about(time.Duration(s.PerMillion))
	}
	return []string{fmt.Sprint(s.Line), shorten(s.SQL, 48), s.Lock.String(), verdict, estimate, effect}
}

// about rounds an estimate to what it can know.
func about(d time.Duration) string {
	switch {
	case d < time.Second:
		return "< 1 s"
	case d < time.Minute:
		return fmt.Sprintf("~%.0f s", d.Seconds())
	}
	return fmt.Sprintf("~%.0f min", d.Minutes())
}

// align writes rows as columns. A row of one cell is a heading across all of them.
func align(b *strings.Builder, rows [][]string) {
	var width []int
	for _, row := range rows {
		for i, cell := range row {
			if len(row) == 1 {
				continue
			}
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := row[0]
		if len(row) > 1 {
			line = ""
			for i, cell := range row {
				line += fmt.Sprintf("%-*s  ", width[i], cell)
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
