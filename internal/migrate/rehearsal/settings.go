package rehearsal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Settings is what a project forbids. The zero value is [DefaultSettings].
type Settings struct {
	// FailOn lists severities ("error", or "warning", which includes errors), codes
	// ("LK101") and verdicts ("rewrites").
	// Default: "error".
	FailOn []string
	// Off lists codes that are not looked for.
	Off []string
	// Names is what names of tables, columns, types, views, indexes and constraints must
	// match. Default: lower-case words joined by _.
	Names *regexp.Regexp
	// Comments wants a comment on each new table and column.
	Comments bool
}

// DefaultSettings forbids errors. Warnings are printed.
func DefaultSettings() Settings { return Settings{FailOn: []string{string(Error)}} }

// ReadSettings reads settings in YAML: fail_on and off are lists, names is a regular
// expression, comments is true or false. What is left out has its default. It refuses
// other keys, naming the line.
func ReadSettings(text []byte) (Settings, error) {
	var file struct {
		FailOn   []string `yaml:"fail_on"`
		Off      []string `yaml:"off"`
		Names    string   `yaml:"names"`
		Comments bool     `yaml:"comments"`
	}
	err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&file)
	var at yaml.Error
	switch {
	case errors.Is(err, io.EOF): // nothing but comments
	case errors.As(err, &at) && at.GetToken() != nil:
		return Settings{}, fmt.Errorf("line %d: %s", at.GetToken().Position.Line, at.GetMessage())
	case err != nil:
		return Settings{}, fmt.Errorf("decode settings: %w", err)
	}
	s := Settings{FailOn: file.FailOn, Off: file.Off, Comments: file.Comments}
	if s.FailOn == nil {
		s.FailOn = DefaultSettings().FailOn
	}
	if file.Names != "" {
		if s.Names, err = regexp.Compile(file.Names); err != nil {
			return Settings{}, fmt.Errorf("names: %w", err)
		}
	}
	return s, s.Check()
}

// Check refuses words that are neither a severity nor a code nor a verdict.
func (s Settings) Check() error {
	for _, word := range s.FailOn {
		if word != string(Error) && word != string(Warning) && !known(word) {
			return fmt.Errorf("fail on %q: want error, warning, a code such as LK101, or one of %s", word, strings.Join(verdictNames[1:], ", "))
		}
	}
	for _, code := range s.Off {
		if ruleOf(code).Code == "" {
			return fmt.Errorf("off %q: want a code such as LK101", code)
		}
	}
	return nil
}

// forbids says whether a finding makes lint fail.
func (s Settings) forbids(f Finding) bool {
	return f.Allowed == "" && (slices.Contains(s.FailOn, f.Code) || slices.Contains(s.FailOn, string(f.Severity)) ||
		f.Severity == Error && slices.Contains(s.FailOn, string(Warning)))
}

// known says whether a word is a code or a verdict.
func known(word string) bool {
	return slices.Contains(verdictNames[1:], word) || ruleOf(word).Code != ""
}

// ruleOf finds a rule by its code; one without a code when there is none.
func ruleOf(code string) Rule {
	for _, r := range Rules() {
		if r.Code == code {
			return r
		}
	}
	return Rule{}
}
