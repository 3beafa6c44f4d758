package rehearsal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/rewrite"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Severity says how a finding counts. [Settings] decides what fails.
type Severity string

// The severities.
const (
	// Error: it stops a running system, breaks it or loses data.
	Error Severity = "error"
	// Warning: it may, or is hard to take back.
	Warning Severity = "warning"
)

// Rule is a known hazard.
type Rule struct {
	Code     string // LK locks, DL data, CP compatibility, DS design, HS history
	Severity Severity
	Title    string // what the migration does
	Effect   string // what a running system feels
	Rewrite  string // the safe way

	// check gives what one statement does it to, such as "users.bio"; nothing when
	// it does not. It is nil where no statement tells: see [LintHistory].
	check func(*File, *Statement) []string
}

// Fix says whether [Fix] knows a rewrite for the usual forms.
func (r Rule) Fix() bool { return slices.Contains(rewrite.Codes, r.Code) }

// Rules lists all rules by code.
func Rules() []Rule {
	all := slices.Concat(lockRules, dataRules, compatibilityRules, designRules, nameRules, liveRules, historyRules)
	slices.SortFunc(all, func(a, b Rule) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// Finding is a rule, or a forbidden verdict, that a statement breaks.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Object   string   `json:"object,omitempty"`
	Title    string   `json:"title"`
	Effect   string   `json:"effect"`
	Rewrite  string   `json:"rewrite,omitempty"`
	// Allowed is the reason that the file gives for it; "" when it gives none.
	Allowed string `json:"allowed,omitempty"`
	Fails   bool   `json:"fails"`

	statement int // index in the file
}

// String is the finding in three lines for people.
func (f Finding) String() string {
	object := f.Object
	if object != "" {
		object = " (" + object + ")"
	}
	state := string(f.Severity)
	if f.Allowed != "" {
		state = "allowed: " + f.Allowed
	}
	text := fmt.Sprintf("%s:%d: %s %s%s [%s]\n    %s\n", f.File, f.Line, f.Code, f.Title, object, state, f.Effect)
	if f.Rewrite != "" {
		text += "    instead: " + f.Rewrite + "\n"
	}
	return text
}

// Lint looks for the hazards in what [Run] has seen, also when that ended early. A
// file allows one by a line "-- entgraph:allow CODE reason"; it fails when the reason
// is missing or no such code exists.
func Lint(report Report, settings Settings) ([]Finding, error) {
	if settings.FailOn == nil {
		settings = DefaultSettings()
	}
	if err := settings.Check(); err != nil {
		return nil, err
	}
	all := []Finding{}
	for i := range report.Files {
		f := &report.Files[i]
		f.settings = settings
		allowed, err := allowances(f)
		if err != nil {
			return nil, err
		}
		found := append(f.findings(), f.forbidden(settings)...)
		slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
		for _, one := range found {
			one.Allowed = allowed[one.Code]
			one.Fails = settings.forbids(one)
			all = append(all, one)
		}
	}
	return all, nil
}

// findings applies the rules to every statement.
func (f *File) findings() (all []Finding) {
	rules := slices.DeleteFunc(Rules(), func(r Rule) bool { return r.check == nil || slices.Contains(f.settings.Off, r.Code) })
	for i := range f.Statements {
		s := &f.Statements[i]
		for _, r := range rules {
			for _, object := range slices.Sorted(slices.Values(r.check(f, s))) { // many rules look through maps
				one := r.finding(f.Name, s.Line, object)
				one.statement = i
				all = append(all, one)
			}
		}
	}
	return all
}

func (r Rule) finding(file string, line int, object string) Finding {
	return Finding{
		Code: r.Code, Severity: r.Severity, File: file, Line: line, Object: object,
		Title: r.Title, Effect: r.Effect, Rewrite: r.Rewrite,
	}
}

// forbidden reports the verdicts that the settings name.
func (f *File) forbidden(settings Settings) (all []Finding) {
	add := func(v Verdict, line int, effect string) {
		if word := verdictNames[v]; slices.Contains(settings.FailOn, word) {
			all = append(all, Finding{Code: word, Severity: Error, File: f.Name, Line: line, Title: "has the forbidden verdict " + v.String(), Effect: effect})
		}
	}
	for _, s := range f.Statements {
		add(s.Verdict, s.Line, s.Effect)
	}
	if f.Verdict == Irreversible {
		add(Irreversible, 1, "the file has no way back")
	}
	return all
}

// allowances reads what a file allows, with the reasons.
func allowances(f *File) (map[string]string, error) {
	all := map[string]string{}
	for _, m := range sqlfile.Allowance.FindAllStringSubmatch(f.text, -1) {
		switch code, reason := m[1], m[2]; {
		case !known(code):
			return nil, fmt.Errorf("read %s: entgraph:allow %q: no rule or verdict has this name", f.Name, code)
		case reason == "":
			return nil, fmt.Errorf("read %s: entgraph:allow %s: the reason is missing", f.Name, code)
		default:
			all[code] = reason
		}
	}
	return all, nil
}
