package command

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// answerFlags are the flags that decide what two schemas leave open.
type answerFlags struct {
	rename, backfill, using []string
	back, drop              []string
}

func (f *answerFlags) add(cmd *cobra.Command) {
	// Arrays: a value may hold a comma, as numeric(10,2) does.
	cmd.Flags().StringArrayVar(&f.rename, "rename", nil, "`old=new` name of a table, table.column, type or enum.value")
	cmd.Flags().StringArrayVar(&f.backfill, "backfill", nil, "`table.column=SQL`: what rows get in a column that becomes NOT NULL; empty when none lacks it")
	cmd.Flags().StringArrayVar(&f.using, "using", nil, "`table.column=SQL`: how a column's values get its new type")
	cmd.Flags().StringArrayVar(&f.back, "using-back", nil, "`table.column=SQL`: how a new type's values get the old type, for the way back and for old programs that still run")
	cmd.Flags().StringSliceVar(&f.drop, "allow-drop", nil, "`tables`, table.columns and enum.values that may be dropped with their data; * allows all")
}

func (f *answerFlags) read() (answers schemadiff.Answers, err error) {
	for _, flag := range []struct {
		name   string
		values []string
	}{{"--rename", f.rename}, {"--backfill", f.backfill}, {"--using", f.using}, {"--using-back", f.back}} {
		for _, v := range flag.values {
			if err := answers.Add(flag.name + " " + v); err != nil {
				return answers, err
			}
		}
	}
	answers.AllowDrop = f.drop
	return answers, nil
}

// prompt gives a function that asks on the terminal, nil when there is none.
func (a *app) prompt(cmd *cobra.Command) func(schemadiff.Question) (string, error) {
	in := cmd.InOrStdin()
	if !terminal(in) {
		return nil
	}
	return prompt(bufio.NewReader(in), a.stderr)
}

// prompt asks a question with numbered choices, in words; the flags of scripts are below them,
// and any of them is an answer too.
func prompt(in *bufio.Reader, out io.Writer) func(schemadiff.Question) (string, error) {
	return func(q schemadiff.Question) (string, error) {
		fmt.Fprintf(out, "%s\n", q.Text)
		for i, c := range q.Choices {
			fmt.Fprintf(out, "  %d  %s\n", i+1, schemadiff.Words(c))
		}
		if len(q.Choices) > 0 {
			fmt.Fprintf(out, "in a script: %s\n", strings.Join(q.Choices, "  or  "))
		}
		for {
			fmt.Fprint(out, invitation(q))
			line, err := in.ReadString('\n')
			line = strings.TrimSpace(line)
			if choice, ok := chosen(q, line); ok {
				unfit := new(schemadiff.Answers).Add(choice)
				if unfit == nil {
					return choice, nil
				}
				fmt.Fprintln(out, unfit)
			}
			if err != nil {
				fmt.Fprintln(out) // the message begins a line
				return "", fmt.Errorf("read answer: %w", err)
			}
		}
	}
}

// invitation says what may be typed.
func invitation(q schemadiff.Question) string {
	switch {
	case q.Value == "":
		return "a number, or a flag with another value: "
	case len(q.Choices) == 0:
		return "a value, as SQL: "
	}
	return "a number, or = and another value as SQL: "
}

// chosen gives the flag that a line stands for, which is a number, a flag or a value.
func chosen(q schemadiff.Question, line string) (flag string, ok bool) {
	if strings.HasPrefix(line, "--") {
		return line, true
	}
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(q.Choices) {
		return q.Choices[n-1], true
	}
	value, given := strings.CutPrefix(line, "=")
	if value = strings.TrimSpace(value); q.Value != "" && value != "" && (given || len(q.Choices) == 0) {
		return q.Value + value, true
	}
	return "", false
}
