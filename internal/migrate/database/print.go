package database

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/entgraph/entgraph/internal/migrate"
)

// Print gives a progress function for [UpOptions] and [DownOptions] that writes one
// line for each file: its place, name, number of statements and time. What is waited
// for comes in lines between.
func Print(w io.Writer) func(Event) {
	begun, noted := false, false
	return func(e Event) {
		// Progress is a courtesy: a closed terminal does not stop a migration.
		switch {
		case e.Notice != "":
			if begun && !noted {
				_, _ = fmt.Fprintln(w)
			}
			noted = begun
			_, _ = fmt.Fprintf(w, "     %s\n", e.Notice)
		case !e.Done:
			begun = true
			_, _ = fmt.Fprintf(w, "%d/%d  %s  ", e.Index, e.Count, e.File.Name)
		default:
			if noted {
				_, _ = fmt.Fprintf(w, "%d/%d  %s  ", e.Index, e.Count, e.File.Name)
			}
			begun, noted = false, false
			_, _ = fmt.Fprintln(w, e.result())
		}
	}
}

func (e Event) result() string {
	if e.Err != nil {
		return "failed after " + milliseconds(e.File.Elapsed)
	}
	if e.File.Down {
		return "taken back, " + milliseconds(e.File.Elapsed)
	}
	text := migrate.Count(e.File.Statements-e.File.Resumed, "statement")
	if e.File.Resumed > 0 {
		text += fmt.Sprintf(" (%d applied before)", e.File.Resumed)
	}
	return text + ", " + milliseconds(e.File.Elapsed)
}

// String describes the status in a few lines for people.
func (s Status) String() string {
	var b strings.Builder
	current := s.Current
	if current == "" {
		current = "none"
	}
	fmt.Fprintf(&b, "current   %s\napplied   %s\npending   %s\n", current, migrate.Count(s.Complete(), "migration"), migrate.Count(len(s.Pending), "migration"))
	for _, f := range s.Pending {
		fmt.Fprintf(&b, "  %s  %s\n", f.Name, migrate.Count(f.Statements, "statement"))
	}
	if err := s.Err(); err != nil {
		fmt.Fprintf(&b, "state     %v\n", err)
	} else if len(s.Unknown) > 0 {
		fmt.Fprintf(&b, "state     the database is newer, by migrations that are compatible with this program: %s\n", versions(s.Unknown))
	} else {
		b.WriteString("state     the database is up to date\n")
	}
	return b.String()
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
