package schemadiff

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Answers decide what two states leave open. Names are those of the state to start
// from: "users", "users.bio", or with a schema, "app.users.bio".
type Answers struct {
	// Rename gives the new name of a table ("old_logs"), column ("users.bio"), type,
	// attribute of a composite type or value of an enum ("mood.glad"). A value may also
	// take the name of another that stays: its rows become that.
	Rename map[string]string
	// Backfill gives the SQL expression that a column which becomes NOT NULL has in the
	// rows there are. An empty one promises that there are none, or none without a value.
	Backfill map[string]string
	// Using gives the SQL expression that casts a column to its new type.
	Using map[string]string
	// UsingBack gives the SQL expression that casts a column's new type back to the old
	// one, for the way back and for programs that still use it. Options.Expand asks for it,
	// and a Using that is more than a cast does.
	UsingBack map[string]string
	// AllowDrop lists tables, columns, sequences, attributes and enum values that may go with their
	// data; "*" is all of them.
	AllowDrop []string
	// Enums are the values that a program takes from columns of a type that has more, such as a
	// text. It is for hints, and by the names of the state to come.
	Enums map[string][]string
	// Offer gives, for hints, the SQL expression that is proposed where Backfill says nothing:
	// of the right shape for a column that Postgres knows less of than the program. An empty one
	// says that none can be proposed, since the program's own validators may refuse it.
	Offer map[string]string
}

// Question is a decision that two states leave open.
type Question struct {
	// Text asks, in one line.
	Text string
	// Choices are the flags that answer, the likeliest first. None where only Value answers.
	Choices []string
	// Value is the beginning of a flag that takes any value, such as "--backfill users.bio=",
	// "" without one.
	Value string
	// Drops is set when one of the answers gives up data.
	Drops bool

	gone string // what that answer is about, as flags call it
}

// ErrUndecided is what an [UndecidedError] wraps.
var ErrUndecided = errors.New("the change needs a decision")

// UndecidedError lists the questions that nobody answered.
type UndecidedError struct{ Questions []Question }

// Error lists the questions and the flags that answer them.
func (e *UndecidedError) Error() string {
	var b strings.Builder
	b.WriteString(ErrUndecided.Error())
	for _, q := range e.Questions {
		choices := q.Choices
		if len(choices) == 0 {
			choices = []string{q.Value + "SQL"}
		}
		fmt.Fprintf(&b, "\n%s\n    %s", q.Text, strings.Join(choices, "\n or "))
	}
	return b.String()
}

// Unwrap gives [ErrUndecided].
func (e *UndecidedError) Unwrap() error { return ErrUndecided }

// Drops lists what some of the choices give up: the arguments of --allow-drop.
func (e *UndecidedError) Drops() []string {
	var all []string
	for _, q := range e.Questions {
		if q.Drops {
			all = append(all, q.gone)
		}
	}
	return all
}

const (
	flagRename   = "--rename"
	flagBackfill = "--backfill"
	flagUsing    = "--using"
	flagBack     = "--using-back"
	flagDrop     = "--allow-drop"
)

// Add takes one flag with its argument, such as "--rename users.bio=biography".
func (a *Answers) Add(choice string) error {
	flag, rest, _ := strings.Cut(strings.TrimSpace(choice), " ")
	rest = strings.TrimSpace(rest)
	if len(rest) > 1 && rest[0] == '\'' && rest[len(rest)-1] == '\'' && strings.Contains(rest, "=") {
		rest = strings.ReplaceAll(rest[1:len(rest)-1], `'\''`, `'`) // as a shell reads it
	}
	if flag == flagDrop {
		a.AllowDrop = append(a.AllowDrop, strings.Split(rest, ",")...)
		return nil
	}
	name, value, ok := strings.Cut(rest, "=")
	if !ok || name == "" {
		return fmt.Errorf("read answer %q: want a flag with name=value", choice)
	}
	switch flag {
	case flagRename:
		put(&a.Rename, name, value)
	case flagBackfill:
		put(&a.Backfill, name, value)
	case flagUsing:
		put(&a.Using, name, value)
	case flagBack:
		put(&a.UsingBack, name, value)
	default:
		return fmt.Errorf("read answer %q: there is no such flag", choice)
	}
	return nil
}

func put(m *map[string]string, name, value string) {
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[name] = value
}

// Flags writes the answers as a command line takes them.
func (a *Answers) Flags() []string {
	var all []string
	for _, f := range []struct {
		flag string
		of   map[string]string
	}{{flagRename, a.Rename}, {flagBackfill, a.Backfill}, {flagUsing, a.Using}, {flagBack, a.UsingBack}} {
		for _, name := range slices.Sorted(maps.Keys(f.of)) {
			all = append(all, choice(f.flag, name, f.of[name]))
		}
	}
	if len(a.AllowDrop) > 0 {
		all = append(all, flagDrop+" "+strings.Join(a.AllowDrop, ","))
	}
	return all
}

// Words says in words what a flag of [Question.Choices] answers.
func Words(choice string) string {
	var a Answers
	if a.Add(choice) != nil {
		return choice
	}
	one := func(m map[string]string, f func(name, value string) string) string {
		for name, value := range m {
			return f(name, value)
		}
		return ""
	}
	switch {
	case a.AllowDrop != nil:
		return "drop " + strings.Join(a.AllowDrop, ", ") + " with its data"
	case a.Rename != nil:
		return one(a.Rename, func(name, value string) string { return name + " is now called " + value })
	case a.Using != nil:
		return one(a.Using, func(_, value string) string { return "convert them by: " + value })
	case a.UsingBack != nil:
		return one(a.UsingBack, func(_, value string) string { return "convert them back by: " + value })
	}
	return one(a.Backfill, func(_, value string) string {
		if value == "" {
			return "none: no row lacks one"
		}
		return value
	})
}

// choice writes a flag so that a shell reads it back.
func choice(flag, name, value string) string {
	arg := name + "=" + value
	if strings.ContainsAny(arg, ` '"()<>|&;$*?[]{}\`) {
		arg = `'` + strings.ReplaceAll(arg, `'`, `'\''`) + `'`
	}
	return flag + " " + arg
}
