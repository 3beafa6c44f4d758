package hostile

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

const sdl = `
scalar Time
scalar BigInt
enum Mood { GOOD BAD }
type Cat { id: ID! name: String lives: BigInt bornAt: Time mother: Cat kittens: CatConnection! }
type CatConnection { nodes: [Cat!]! pageInfo: PageInfo! }
type PageInfo { endCursor: String }
input CatWhereInput { name: String moodIn: [Mood!] and: [CatWhereInput!] hasMotherWith: [CatWhereInput!] }
input CreateCatInput { name: String! lives: BigInt bornAt: Time motherID: ID kittenIDs: [ID!] }
type CreateCatPayload { cat: Cat }
type Query { cats(first: Int, where: CatWhereInput): CatConnection! cat(id: ID!): Cat }
type Mutation { createCat(input: CreateCatInput!): CreateCatPayload }
`

// attack runs against an API that is a function.
func attack(t testing.TB, seed uint64, perSlot int, answer func(query string) (int, string)) (*recorder, []string) {
	t.Helper()
	rec := &recorder{TB: t}
	var bodies []string
	Run(rec, Options{
		Schema: gqlparser.MustLoadSchema(&ast.Source{Input: sdl}), Seed: seed, PerSlot: perSlot, Pairs: 30, IDs: map[string][]string{"Cat": {"cat_01h455vb4pex5vsknk084sn02r"}},
		Send: func(body []byte) (int, []byte) {
			var in struct {
				Query     string
				Variables json.RawMessage
			}
			if err := json.Unmarshal(body, &in); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			bodies = append(bodies, string(body))
			status, text := answer(in.Query)
			return status, []byte(text)
		},
	})
	return rec, bodies
}

type recorder struct {
	testing.TB
	faults []string
}

func (r *recorder) Errorf(format string, args ...any) {
	for _, a := range args {
		if s, ok := a.(string); ok {
			format += " " + s
		}
	}
	r.faults = append(r.faults, format)
}
func (r *recorder) Logf(string, ...any) {}

func (r *recorder) has(fault string) bool {
	for _, f := range r.faults {
		if strings.Contains(f, fault) {
			return true
		}
	}
	return false
}

const fine = `{"errors":[{"message":"no","extensions":{"code":"BAD_USER_INPUT"}}]}`

// TestRequestsAreDocuments: what is sent is hostile by its values alone, and the same for
// the same seed.
func TestRequestsAreDocuments(t *testing.T) {
	t.Parallel()
	whole := 0
	answer := func(query string) (int, string) {
		if _, err := parser.ParseQuery(&ast.Source{Input: query}); err != nil {
			t.Errorf("%v: %s", err, cut(query))
		}
		if strings.Contains(query, "kittens(first: 100)") && strings.Contains(query, "motherID") {
			whole++
		}
		return 200, fine
	}
	rec, one := attack(t, 1, 1000, answer)
	_, two := attack(t, 1, 1000, answer)
	_, other := attack(t, 2, 1000, answer)
	if len(rec.faults) > 0 {
		t.Errorf("faults in good answers: %v", rec.faults)
	}
	if strings.Join(one, "") != strings.Join(two, "") || strings.Join(one, "") == strings.Join(other, "") {
		t.Error("the requests do not follow from the seed")
	}
	if len(one) < 500 || whole == 0 {
		t.Errorf("%d requests, %d of them with an edge in a literal", len(one), whole)
	}
}

// TestBadAnswersAreFound gives answers of which each is wrong.
func TestBadAnswersAreFound(t *testing.T) {
	t.Parallel()
	stored := func(field string) string { return `{"data":{"x":{"cat":{` + field + `}}}}` }
	for want, answer := range map[string]string{
		"code INTERNAL":         `{"errors":[{"message":"no","extensions":{"code":"INTERNAL"}}]}`,
		"code ":                 `{"errors":[{"message":"no"}]}`,
		"no JSON":               `oops`,
		"shows the inside":      `{"errors":[{"message":"ERROR (SQLSTATE 22003)","extensions":{"code":"CONFLICT"}}]}`,
		"no data and no errors": `{}`,
		"value: name: stored":   stored(`"name":"other"`),
		"value: lives: stored":  stored(`"lives":"1"`),
		"value: bornAt: stored": stored(`"bornAt":"2026-01-01T00:00:00Z"`),
		"errors: too many":      `{"errors":[` + strings.Repeat(`{"message":"no","extensions":{"code":"CONFLICT"}},`, 21) + `{"message":"no","extensions":{"code":"CONFLICT"}}]}`,
		"field: not sent: ear":  `{"errors":[{"message":"no","extensions":{"code":"CONFLICT","field":"ear"}}]}`,
	} {
		rec, _ := attack(t, 1, 4, func(string) (int, string) { return 200, answer })
		if !rec.has(want) {
			t.Errorf("not found: %s", want)
		}
	}
	if rec, _ := attack(t, 1, 4, func(string) (int, string) { return 500, fine }); !rec.has("status: 500") {
		t.Error("not found: status 500")
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		scalar, sent, stored string
		want                 bool
	}{
		{"String", `" A "`, `"a"`, true}, {"String", `"a"`, `"b"`, false}, {"String", `"\ud800"`, `"�"`, false}, {"String", `"\ud83d\ude00"`, `"😀"`, true},
		{"BigInt", `7`, `"7"`, true}, {"BigInt", `"9007199254740993"`, `"9007199254740992"`, false},
		{"Float", `0.1`, `0.1`, true}, {"Float", `0.1`, `0.10000000149011612`, false}, {"Float", `1e2`, `100`, true},
		{"Time", `"2026-01-31t12:00:00.123456+01:00"`, `"2026-01-31T11:00:00.123456Z"`, true}, {"Time", `"2026-01-31T12:00:00.1234567Z"`, `"2026-01-31T12:00:00.123456Z"`, false}, {"Time", `"2026-01-31T12:00:00Z"`, `"2026-01-31T12:00:01Z"`, false},
		{"JSON", `{"a":[1.0,null]}`, `{"a": [1, null]}`, true}, {"JSON", `{"a":750727362669608961}`, `{"a":750727362669609000}`, false},
		{"Decimal", `007.50`, `"7.5"`, false}, {"Decimal", `"007.50"`, `"7.50"`, true}, {"Decimal", `"0.1"`, `"0.10000000000000001"`, false}, {"Duration", `"P1Y-1M"`, `"P11M"`, true}, {"Duration", `"P1D"`, `"PT24H"`, false},
		{"LocalDateTime", `"2026-01-31T12:00:00.500"`, `"2026-01-31T12:00:00.5"`, true}, {"TimeOfDay", `"10:00:00"`, `"10:00:01"`, false}, {"Inet", `"2001:DB8::1/128"`, `"2001:db8::1"`, true}, {"Cidr", `"192.0.2.0/24"`, `"192.0.2.0/25"`, false},
		{"DateRange", `{"lower":"2026-01-31","upper":"2026-02-03","bounds":"[]"}`, `{"lower":"2026-01-31","upper":"2026-02-04","bounds":"[)"}`, true}, {"DateRange", `{"lower":"2026-01-31"}`, `{"lower":null,"upper":null,"bounds":"()"}`, false},
		{"MacAddr", `"08-00-2B-01-02-03"`, `"08:00:2b:01:02:03"`, true}, {"Bytes", `"AA=="`, `"AA="`, false},
		{"Int", `3`, `3.0`, true}, {"Boolean", `true`, `false`, false}, {"UUID", `"A"`, `"a"`, true},
	} {
		if got := equal(tc.scalar, []byte(tc.sent), []byte(tc.stored)); got != tc.want {
			t.Errorf("%s %s %s: %t", tc.scalar, tc.sent, tc.stored, got)
		}
	}
}
