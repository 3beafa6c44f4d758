package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate"
)

// problem is what keeps saved sources from being served, as the terminal and the playground
// show it.
type problem struct {
	// Kind is what failed: generate, build, schema (the database was not changed) or start.
	// With question it waits for an answer in the terminal.
	Kind string `json:"kind"`
	Text string `json:"text"` // lines for people
	// File is where, below the project, and Line the line; "" and 0 where that is not known.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// The kinds of a problem.
const (
	problemGenerate = "generate"
	problemBuild    = "build"
	problemSchema   = "schema"
	problemStart    = "start"
	problemQuestion = "question"
)

// Error gives the text.
func (p *problem) Error() string { return p.Text }

// place is where a compiler or generator says that something is wrong.
var place = regexp.MustCompile(`(?m)^\s*(?:\S+: )*?([\w./@+-]+\.(?:go|graphql|yml|sql)):(\d+)(?::\d+)?:? `)

// noise are lines of the go command that say nothing to those who wait for a build.
var noise = regexp.MustCompile(`(?m)^(# \S+( \[.*\])?|exit status \d+|go: downloading .*|.*still waiting for .*|.*no generated file was changed(: exit status \d+)?)\n?|^(entgraph|generate): | (parse schema dir: )?# \S+$`)

// said makes a problem of what a program has written when it failed.
func said(kind, text string, err error) *problem {
	text = strings.TrimSpace(noise.ReplaceAllString(text, ""))
	if text == "" {
		text = err.Error()
	}
	p := &problem{Kind: kind, Text: text}
	if m := place.FindStringSubmatch(text); m != nil {
		p.File = filepath.ToSlash(strings.TrimPrefix(m[1], "./"))
		p.Line, _ = strconv.Atoi(m[2])
	}
	return p
}

// refused makes a problem of an error of the database's part.
func refused(err error) *problem {
	p := &problem{Kind: problemSchema, Text: err.Error()}
	var stmt *migrate.StatementError
	if errors.As(err, &stmt) {
		p.Text = fmt.Sprintf("Postgres refuses: %v\n%s", stmt.Err, stmt.SQL)
		if stmt.Advice != "" {
			p.Text += "\n" + stmt.Advice
		}
	}
	return p
}

// development is what the playground is told of the sources.
type development struct {
	// API counts the servers that were started, from the time of the start on; a page that sees another one reads the
	// schema again.
	API int `json:"api"`
	// Working: a change is being generated, built or applied.
	Working bool     `json:"working"`
	Problem *problem `json:"problem"`
}

// write puts it into a file, whole at any time.
func (d development) write(file string) error {
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("tell the playground: %w", err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file+".new", text, 0o600)); err != nil {
		return fmt.Errorf("tell the playground: %w", err)
	}
	return os.Rename(file+".new", file)
}
