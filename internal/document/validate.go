package document

import (
	"context"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// ruleSet are the rules of validation. Those of gqlparser serve but for three: cycles of
// fragments are refused before, fields that do not merge are found by [overlap] after,
// and values are judged by [literals].
type ruleSet struct {
	quiet []core.Rule
	// helpful are the same with suggestions; nil without them.
	helpful []core.Rule
}

func newRules(suggestions bool) ruleSet {
	set := ruleSet{quiet: rulesOf(false)}
	if suggestions {
		set.helpful = rulesOf(true)
	}
	return set
}

// replaced are the rules of gqlparser that have no place here.
var replaced = []string{"OverlappingFieldsCanBeMerged", "NoFragmentCycles", "ValuesOfCorrectType"}

// quiet are the variants of rules that make no suggestions.
var quiet = []core.Rule{
	rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions,
	rules.KnownTypeNamesRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
}

func rulesOf(suggestions bool) []core.Rule {
	defaults := rules.NewDefaultRules()
	for _, name := range replaced {
		defaults.RemoveRule(name)
	}
	if !suggestions {
		for _, r := range quiet {
			defaults.RemoveRule(strings.TrimSuffix(r.Name, "WithoutSuggestions"))
			defaults.AddRule(r.Name, r.RuleFunc)
		}
	}
	list := []core.Rule{{Name: "ValuesOfCorrectType", RuleFunc: literals(suggestions)}}
	for name, f := range defaults.GetInner() {
		list = append(list, core.Rule{Name: name, RuleFunc: f})
	}
	slices.SortFunc(list, func(a, b core.Rule) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// validate gives the first errors of a document and how many more there are, or the
// error of a context that ended.
func (s *Set) validate(ctx context.Context, doc *ast.QueryDocument) (gqlerror.List, int, error) {
	v := &validation{ctx: ctx, max: s.o.MaxErrors}
	if err := v.run(func() { v.walk(s.schema, doc, s.rules.quiet) }); err != nil {
		return nil, 0, err
	}
	if len(v.errs) > 0 {
		return s.suggest(ctx, doc, v)
	}
	o := &overlap{validation: v, schema: s.schema, budget: 20 * s.o.MaxFields}
	if err := v.run(func() { o.document(doc) }); err != nil {
		return nil, 0, err
	}
	return v.errs, v.more, nil
}

// suggest tells the errors of a first run again with suggestions. Those are dear to find:
// the second run ends with the last error that is told.
func (s *Set) suggest(ctx context.Context, doc *ast.QueryDocument, found *validation) (gqlerror.List, int, error) {
	if s.rules.helpful == nil {
		return found.errs, found.more, nil
	}
	v := &validation{ctx: ctx, max: s.o.MaxErrors, enough: true}
	if err := v.run(func() { v.walk(s.schema, doc, s.rules.helpful) }); err != nil {
		return nil, 0, err
	}
	return v.errs, found.more, nil
}

// validation is one run of rules over a document.
type validation struct {
	ctx    context.Context
	max    int
	enough bool // end with the error after the last that is told

	errs  gqlerror.List
	more  int // errors beyond max
	steps int
}

// stopped is what ends a run early: gqlparser's walker has no other way out.
type stopped struct{ err error }

// run does work that may stop early.
func (v *validation) run(work func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case stopped:
			err = r.err
		default:
			panic(r)
		}
	}()
	work()
	return nil
}

// step ends the run when its context has ended.
func (v *validation) step() {
	if v.steps++; v.steps%256 == 0 && v.ctx.Err() != nil {
		panic(stopped{v.ctx.Err()})
	}
}

// report takes an error of a rule. What is beyond the limit is only counted: to make its
// message may be dear.
func (v *validation) report(rule string, options ...core.ErrorOption) {
	if len(v.errs) >= v.max {
		if v.more++; v.enough {
			panic(stopped{})
		}
		return
	}
	e := &gqlerror.Error{Rule: rule}
	for _, o := range options {
		o(e)
	}
	v.errs = append(v.errs, e)
}

func (v *validation) walk(schema *ast.Schema, doc *ast.QueryDocument, list []core.Rule) {
	var events core.Events
	events.OnField(func(*core.Walker, *ast.Field) { v.step() })
	events.OnFragmentSpread(func(*core.Walker, *ast.FragmentSpread) { v.step() })
	events.OnDirective(func(*core.Walker, *ast.Directive) { v.step() })
	events.OnValue(func(*core.Walker, *ast.Value) { v.step() })
	for _, r := range list {
		r.RuleFunc(&events, func(options ...core.ErrorOption) { v.report(r.Name, options...) })
	}
	core.Walk(schema, doc, &events)
}
