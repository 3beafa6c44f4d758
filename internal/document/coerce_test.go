package document

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
)

var update = flag.Bool("update", false, "ask graphql-js again (needs Node and web/node_modules)")

// coercionCase is an operation with one root field, whose arguments tell what became of a
// value. Answer is what graphql-js says.
type coercionCase struct {
	Document  string          `json:"document"`
	Variables json.RawMessage `json:"variables,omitempty"`
	Answer    json.RawMessage `json:"answer,omitempty"`
}

// value is one value as a literal and as JSON; "" where one form has no such value.
type value struct{ literal, json string }

var values = []value{
	{"null", "null"}, {"1", "1"}, {"0", "0"}, {"-5", "-5"}, {"2147483647", "2147483647"}, {"2147483648", "2147483648"},
	{"-2147483649", "-2147483649"}, {"1.5", "1.5"}, {"", "1.0"}, {"1.0", ""}, {"", "1e2"}, {"1e2", ""}, {`"1"`, `"1"`}, {`"a"`, `"a"`},
	{`""`, `""`}, {`"SMALL"`, `"SMALL"`}, {"SMALL", ""}, {"small", ""}, {"", `"small"`}, {"", `"Small"`}, {"HUGE", `"HUGE"`},
	{"true", "true"}, {`"true"`, `"true"`}, {"[]", "[]"}, {"{}", "{}"}, {"[1]", "[1]"}, {"[null]", "[null]"}, {"[1,null]", "[1,null]"},
	{`["a"]`, `["a"]`}, {`["a",1]`, `["a",1]`}, {"[[1],2]", "[[1],2]"}, {"[[1,null],null]", "[[1,null],null]"}, {"[SMALL]", `["SMALL"]`},
	{"[SMALL,small]", `["SMALL","small"]`}, {"[true]", "[true]"}, {"[{}]", "[{}]"}, {`{n:1}`, `{"n":1}`}, {`{n:null}`, `{"n":null}`},
	{`{r:1}`, `{"r":1}`}, {`{r:null}`, `{"r":null}`}, {`{r:1,d:null}`, `{"r":1,"d":null}`}, {`{r:1,d:2}`, `{"r":1,"d":2}`},
	{`{r:1,e:small}`, `{"r":1,"e":"small"}`}, {`{r:1,e:SMALL}`, `{"r":1,"e":"SMALL"}`}, {`{r:1,list:5}`, `{"r":1,"list":5}`},
	{`{r:1,list:[5,null]}`, `{"r":1,"list":[5,null]}`}, {`{r:1,in:{r:2}}`, `{"r":1,"in":{"r":2}}`}, {`{r:1,in:{}}`, `{"r":1,"in":{}}`},
	{`{r:1,ins:{r:2}}`, `{"r":1,"ins":{"r":2}}`}, {`{r:1,ins:[{r:2},{r:3,es:SMALL}]}`, `{"r":1,"ins":[{"r":2},{"r":3,"es":"SMALL"}]}`},
	{`{r:1,es:[small]}`, `{"r":1,"es":["small"]}`}, {`{r:1,x:1}`, `{"r":1,"x":1}`}, {"", `{"r":1,"__typename":"In"}`},
	{`{r:1,j:[]}`, `{"r":1,"j":[]}`}, {`{r:1,j:{a:[],b:[1.25]}}`, `{"r":1,"j":{"a":[],"b":[1.25]}}`}, {`{a:1}`, `{"a":1}`},
	{`{a:null}`, `{"a":null}`}, {`{a:1,b:2}`, `{"a":1,"b":2}`}, {`{b:"x"}`, `{"b":"x"}`}, {`0.1`, `0.1`}, {`123456789012`, `123456789012`},
	{`{r:1,id:7}`, `{"r":1,"id":7}`}, {`{r:1,f:7}`, `{"r":1,"f":7}`}, {`{r:1,ids:[1,"2"]}`, `{"r":1,"ids":[1,"2"]}`}, {`"""block"""`, ""},
}

// types are the types of arguments with a default of each.
var types = []struct{ name, fallback string }{
	{"Int", "3"}, {"Int!", "3"}, {"[Int]", "3"}, {"[Int!]", "[3]"}, {"[Int!]!", "3"}, {"[[Int]]", "3"}, {"[[Int!]!]!", "[[3]]"},
	{"Float", "3"}, {"Float!", "3.5"}, {"String", `"s"`}, {"String!", `"s"`}, {"[String!]", `"s"`}, {"Boolean", "true"}, {"Boolean!", "true"},
	{"ID", `"i"`}, {"ID!", `"i"`}, {"[ID!]", `["i"]`}, {"E", "LARGE"}, {"E!", "LARGE"}, {"[E!]", "LARGE"}, {"[E]!", "[LARGE]"},
	{"In", "{r: 9}"}, {"In!", "{r: 9, list: 4}"}, {"[In!]", "{r: 9}"}, {"[In]", "[{r: 9}]"}, {"J", "5"}, {"J!", `"j"`}, {"[J!]", "[5]"}, {"One", `{a: 1}`},
}

const coercionTypes = `
enum E { SMALL LARGE }
scalar J
input In { n: Int r: Int! d: Int! = 4 e: E es: [E!] list: [Int!] in: In ins: [In!] j: J de: E! = SMALL dl: [Int!] = 8 id: ID ids: [ID!] f: Float }
input One @oneOf { a: Int b: String }
`

// coercionSchema has for each type a field that takes it plainly, with a default, in a
// list, and in an object without and with a default.
func coercionSchema() string {
	var query, inputs strings.Builder
	for i, typ := range types {
		fmt.Fprintf(&query, "p%[1]d(a: %[2]s): String d%[1]d(a: %[2]s = %[3]s): String l%[1]d(a: [%[2]s]): String o%[1]d(a: O%[1]d): String q%[1]d(a: P%[1]d): String\n", i, typ.name, typ.fallback)
		fmt.Fprintf(&inputs, "input O%[1]d { x: %[2]s y: [%[2]s] } input P%[1]d { x: %[2]s = %[3]s }\n", i, typ.name, typ.fallback)
	}
	return "type Query {\n" + query.String() + "}\n" + inputs.String() + coercionTypes
}

// coercionCases are all values at all positions of all types.
func coercionCases() []coercionCase {
	var cases []coercionCase
	literal := func(format string, args ...any) {
		cases = append(cases, coercionCase{Document: fmt.Sprintf(format, args...)})
	}
	variable := func(vars, format string, args ...any) {
		cases = append(cases, coercionCase{Document: fmt.Sprintf(format, args...), Variables: json.RawMessage(vars)})
	}
	for i, typ := range types {
		nullable := strings.TrimSuffix(typ.name, "!")
		literal("{p%d}", i)
		literal("{d%d}", i)
		literal("{q%d(a:{})}", i)
		for _, declared := range []string{typ.name, nullable, nullable + "! ", nullable + "=" + typ.fallback, typ.name + "=null", typ.name + "=" + typ.fallback} {
			for _, vars := range []string{"{}", `{"v":null}`} {
				for _, use := range []string{"p%d(a:$v)", "d%d(a:$v)", "l%d(a:[$v])", "o%d(a:{x:$v})", "o%d(a:{y:[$v]})", "q%d(a:{x:$v})"} {
					variable(vars, "query($v:%s){"+use+"}", declared, i)
				}
			}
		}
		for n, v := range values {
			if v.literal != "" {
				literal("{p%d(a:%s)}", i, v.literal)
				literal("query($v:%s=%s){p%d(a:$v)}", typ.name, v.literal, i)
				if n%2 == 0 {
					literal("{d%d(a:%s)}", i, v.literal)
					literal("{l%d(a:[%s])}", i, v.literal)
				} else {
					literal("{o%d(a:{x:%s})}", i, v.literal)
					literal("{q%d(a:{x:%s})}", i, v.literal)
				}
			}
			if v.json != "" {
				variable(`{"v":`+v.json+`}`, "query($v:%s){d%d(a:$v)}", typ.name, i)
				if n%2 == 1 {
					variable(`{"v":[`+v.json+`]}`, "query($v:[%s]){l%d(a:$v)}", typ.name, i)
				} else {
					variable(`{"v":{"x":`+v.json+`}}`, "query($v:O%d){o%d(a:$v)}", i, i)
					variable(`{"v":{"x":`+v.json+`}}`, "query($v:P%d!){q%d(a:$v)}", i, i)
				}
			}
		}
	}
	return cases
}

// A value becomes what graphql-js makes of it, or is refused as there, whatever its type
// and wherever it stands: literal, variable, default, in a list, in an object.
func TestCoercionIsThatOfGraphQLJS(t *testing.T) {
	t.Parallel()
	schema, cases := coercionSchema(), coercionCases()
	path := filepath.Join("testdata", "coercion.json.gz")
	if *update {
		writeAnswers(t, path, askGraphQLJS(t, schema, cases))
	}
	answers := readAnswers(t, path)
	if len(answers) != len(cases) {
		t.Fatalf("%d answers for %d cases; run this test with -update", len(answers), len(cases))
	}
	set := New(newSchema(t, schema), Options{})
	refused, wrong := 0, 0
	for i, c := range cases {
		if c.Document != answers[i].Document {
			t.Fatalf("case %d is %q, and was %q; run this test with -update", i, c.Document, answers[i].Document)
		}
		var want struct {
			Args  any
			Error string
		}
		if err := json.Unmarshal(answers[i].Answer, &want); err != nil {
			t.Fatal(err)
		}
		got, err := coerced(t, set, c)
		if err != nil {
			refused++
		}
		diff := cmp.Diff(want.Args, got)
		if (err != nil) != (want.Error != "") || err == nil && diff != "" {
			if wrong++; wrong <= 20 {
				t.Errorf("%s %s\ngraphql-js: %v %s\nhere: %v %v", c.Document, c.Variables, want.Args, want.Error, got, err)
			}
		}
	}
	if refused < len(cases)/4 || refused > len(cases)*3/4 {
		t.Errorf("%d of %d cases are refused", refused, len(cases))
	}
	t.Logf("%d cases, %d refused, %d differ", len(cases), refused, wrong)
}

// coerced is what the arguments of the root field are, in the form of JSON.
func coerced(t *testing.T, set *Set, c coercionCase) (any, error) {
	t.Helper()
	params := &graphql.RawParams{Query: c.Document}
	if c.Variables != nil {
		d := json.NewDecoder(bytes.NewReader(c.Variables))
		d.UseNumber()
		if err := d.Decode(&params.Variables); err != nil {
			t.Fatal(err)
		}
	}
	oc, err := set.Operation(graphql.StartOperationTrace(t.Context()), params)
	if err != nil {
		return nil, err
	}
	field, _ := oc.Operation.SelectionSet[0].(*ast.Field)
	text, err := json.Marshal(field.ArgumentMap(oc.Variables))
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out, nil
}

func askGraphQLJS(t *testing.T, schema string, cases []coercionCase) []coercionCase {
	t.Helper()
	var in bytes.Buffer
	e := json.NewEncoder(&in)
	for _, v := range append([]any{map[string]string{"schema": schema}}, anyOf(cases)...) {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	module, err := filepath.Abs(filepath.Join("..", "..", "web", "node_modules", "graphql"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "coerce.mjs"), module)
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	answered := make([]coercionCase, 0, len(cases))
	for scan := bufio.NewScanner(bytes.NewReader(out)); scan.Scan(); {
		c := cases[len(answered)]
		c.Answer = json.RawMessage(bytes.Clone(scan.Bytes()))
		answered = append(answered, c)
	}
	return answered
}

func anyOf(cases []coercionCase) []any {
	out := make([]any, len(cases))
	for i, c := range cases {
		out[i] = c
	}
	return out
}

func writeAnswers(t *testing.T, path string, cases []coercionCase) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, c := range cases {
		if err := json.NewEncoder(z).Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readAnswers(t *testing.T, path string) []coercionCase {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var cases []coercionCase
	for d := json.NewDecoder(z); ; {
		var c coercionCase
		if err := d.Decode(&c); err == io.EOF {
			return cases
		} else if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
}
