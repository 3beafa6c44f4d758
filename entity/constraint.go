package entity

import (
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"entgo.io/ent"
)

// Constraint is what a validator of a field asks, where that can be said in SQL; see [Constraints].
type Constraint struct {
	// Of is what is compared: one of the constants Of….
	Of Measure `json:"of"`
	// Least and Most are its bounds as decimal numbers, "" for none; Pattern is the regular
	// expression of [OfPattern].
	Least   string `json:"least,omitempty"`
	Most    string `json:"most,omitempty"`
	Pattern string `json:"pattern,omitempty"`
}

// Measure is what a [Constraint] compares.
type Measure string

// The measures: a number itself, the length of a text or of bytes, and whether an expression of Go's
// package regexp matches.
const (
	OfValue      Measure = "value"
	OfCharacters Measure = "characters"
	OfBytes      Measure = "bytes"
	OfPattern    Measure = "pattern"
)

// Constraints says, by the names of fields, what the validators of a schema and its mixins ask, for
// the generator. It knows those that Ent's builders make, Min, Max, Range, Positive, NonNegative,
// MinLen, MaxLen, NotEmpty, Match and the like, and [Length] and [AtLeast]; every other validator
// is a function of which nobody knows what it asks, and is left out.
//
// A validator is a closure. What its code is, the Go runtime says; the bounds are read where it
// keeps them, and then tried: it has to take each bound and to refuse what is next to it. A
// comparison that does is the one with these bounds. What fails the trial is left out.
func Constraints(s ent.Interface) map[string][]Constraint {
	out := map[string][]Constraint{}
	add := func(fields []ent.Field) {
		for _, f := range fields {
			d := f.Descriptor()
			for _, v := range d.Validators {
				if c, ok := asks(v); ok {
					out[d.Name] = append(out[d.Name], c)
				}
			}
		}
	}
	for _, m := range s.Mixin() {
		add(m.Fields())
	}
	add(s.Fields())
	return out
}

// The functions that make validators, and the files that they are in. One that the compiler has put
// into its caller keeps its name behind that of the caller.
var (
	ofEnt  = regexp.MustCompile(`\(\*\w+Builder\)\.(\w+)\.func\d+$`)
	ofOurs = regexp.MustCompile(`\b(Length|AtLeast\[\.\.\.\])\.func\d+$`)

	entFile = regexp.MustCompile(`entgo\.io/ent(@[^/]*)?/schema/field/(field|numeric)\.go$`)
	ourFile = regexp.MustCompile(`(^|/)entity/validate\.go$`)
)

// maker names the function that has made a validator, "" for one that is not known.
func maker(validator any) string {
	v := reflect.ValueOf(validator)
	if v.Kind() != reflect.Func || v.IsNil() {
		return ""
	}
	code := runtime.FuncForPC(v.Pointer())
	file, _ := code.FileLine(v.Pointer())
	if m := ofEnt.FindStringSubmatch(code.Name()); m != nil && entFile.MatchString(file) {
		return m[1]
	}
	if m := ofOurs.FindStringSubmatch(code.Name()); m != nil && ourFile.MatchString(file) {
		return strings.TrimSuffix(m[1], "[...]")
	}
	return ""
}
