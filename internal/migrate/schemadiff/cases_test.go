package schemadiff_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

var (
	// casesFiles names other files of cases in the same form. Those of odd.json are combined
	// changes, odd names, and columns that much stands on.
	casesFiles = flag.String("cases", "testdata/cases.json,testdata/odd.json", "`files` of change cases")
	// dumpBack judges the way back by pg_dump too, which takes a quarter longer.
	dumpAll  = flag.Bool("dump-all", false, "compare dumps of every case, not of one in four")
	dumpBack = flag.Bool("dump-back", false, "compare dumps after the way back too")
)

// changeCase is one change of a schema on a filled database.
type changeCase struct {
	ID    string `json:"id"`
	Group string `json:"group"`
	Base  string `json:"base"`
	After string `json:"after"`
	Seed  string `json:"seed"`
	Check string `json:"check"`
	Noop  bool   `json:"noop"`
	// Answers are flags; without them the first choice of each question is taken.
	Answers []string `json:"answers"`
}

type caseFile struct {
	Seed  string       `json:"seed"`
	Cases []changeCase `json:"cases"`
}

// Every change leads to the schema that was wanted, on tables with rows, loses none,
// and back.
func TestCases(t *testing.T) {
	t.Parallel()
	all := newTally(t)
	for i, c := range loadCases(t, strings.Split(*casesFiles, ",")...) {
		t.Run(c.Group+"/"+c.ID, func(t *testing.T) {
			t.Parallel()
			defer func() { all.add(c, !t.Failed()) }()
			j := newJudge(t, c.Base, c.After, c.Seed)
			j.dumped = *dumpAll || i%4 == 0
			if c.Noop {
				j.wantNothing()
				return
			}
			j.judge(c.Answers)
			if c.Check != "" && !j.true(c.Check) {
				t.Errorf("the check is false: %s\n%s", c.Check, j.script())
			}
			j.again()
		})
	}
}

// loadCases reads files of cases.
func loadCases(t *testing.T, names ...string) (cases []changeCase) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		var file caseFile
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range file.Cases {
			c.Seed = file.Seed + "\n" + c.Seed
			cases = append(cases, c)
		}
	}
	return cases
}

// decide plans and answers each question with its first choice.
func decide(plan func(schemadiff.Answers) ([]schemadiff.File, error), given []string) (files []schemadiff.File, answers schemadiff.Answers, err error) {
	for _, a := range given {
		if err := answers.Add(a); err != nil {
			return nil, answers, err
		}
	}
	for range 10 {
		files, err = plan(answers)
		var undecided *schemadiff.UndecidedError
		if !errors.As(err, &undecided) {
			return files, answers, errors.Join(err, misjudged(files))
		}
		for _, q := range undecided.Questions {
			if len(q.Choices) == 0 { // the case has to say
				return nil, answers, err
			}
			if err := answers.Add(q.Choices[0]); err != nil {
				return nil, answers, err
			}
		}
	}
	return nil, answers, fmt.Errorf("questions without end: %w", err)
}

func script(files []schemadiff.File) string {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "-- file %q tx %v\n", f.Part, f.Tx)
		for _, s := range f.Up {
			b.WriteString(s.String() + ";\n")
		}
		b.WriteString("-- down\n")
		for _, s := range f.Down {
			b.WriteString(s.String() + ";\n")
		}
	}
	return b.String()
}
