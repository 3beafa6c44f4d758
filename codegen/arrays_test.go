package codegen_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
)

// slice is the type of Go of an array.
func (f *pairField) slice() string {
	return map[entity.Type]string{
		entity.String: "[]string{}", entity.Int: "[]int16{}", entity.BigInt: "[]int64{}", entity.Float: "[]float64{}", entity.Float32: "[]float32{}", entity.Decimal: "[]decimal.Decimal{}",
		entity.Bool: "[]bool{}", entity.Time: "[]time.Time{}", entity.Date: "[]time.Time{}", entity.LocalDateTime: "[]time.Time{}", entity.UUID: "[]uuid.UUID{}", entity.Inet: "[]string{}",
		entity.Enum: "[]string{}", entity.Cidr: "[]string{}", entity.MacAddr: "[]string{}", entity.TimeOfDay: "[]string{}", entity.Duration: "[]string{}",
	}[f.Type.Item()]
}

// element is the field that an array's element would be.
func (f *pairField) element() *pairField {
	out := &pairField{name: f.name, column: strings.Replace(f.column, "[]", "", 1), ent: field.TypeInt16}
	out.Type = f.Type.Item()
	switch out.Type {
	case entity.BigInt:
		out.ent = field.TypeInt64
	case entity.Decimal:
		out.ent = field.TypeOther
	}
	return out
}

// lists are JSON values of an array: all elements that there may be, some of them twice.
func (f *pairField) lists(random func(int) int) []string {
	items := f.element().values(random)
	out := []string{"[]"}
	for i := 0; i < len(items); i++ {
		list := []string{items[i]}
		for range random(3) {
			list = append(list, items[random(len(items))])
		}
		out = append(out, "["+strings.Join(list, ", ")+"]")
	}
	return out
}

// itemsOf takes a list of JSON apart.
func itemsOf(text string) []string {
	var raw []json.RawMessage
	if json.Unmarshal([]byte(text), &raw) != nil {
		return nil
	}
	out := make([]string, len(raw))
	for i := range raw {
		out[i] = string(raw[i])
	}
	return out
}

// sameList compares arrays element by element.
func (f *pairField) sameList(sent, got string) bool {
	return slices.EqualFunc(itemsOf(sent), itemsOf(got), f.element().same)
}

// documentQuestions are filters by path, and conditions in SQL on a document.
var documentQuestions = map[string]string{
	`{path: "n", gt: 1}`:                                    `CASE WHEN jsonb_typeof($d -> 'n') = 'number' THEN ($d ->> 'n')::numeric > 1 END`,
	`{path: ["n"], gt: 750727362669608960}`:                 `($d -> 'n') = '750727362669608961'`,
	`{path: ["n"], lte: 750727362669608961}`:                `($d -> 'n') = '750727362669608961'`,
	`{path: ["n"], lt: "z"}`:                                `NULL::boolean`,
	`{path: ["s"], gt: ""}`:                                 `$d ->> 's' > ''`,
	`{path: ["s"], gte: 0}`:                                 `NULL::boolean`,
	`{path: ["a", "0"], eq: 1.0}`:                           `$d #>> '{a,0}' = '1'`,
	`{path: ["a", "-1", "b"], eq: []}`:                      `$d #>> '{a,3,b}' = '[]'`,
	`{path: ["a", "0"], neq: 2}`:                            `$d #>> '{a,0}' <> '2'`,
	`{path: ["a", "1"], isNull: true}`:                      `$d #> '{a,1}' = 'null'`,
	`{path: ["a", "0"], isNull: false}`:                     `$d #> '{a,0}' <> 'null'`,
	`{path: ["a", "1"], exists: true}`:                      `$d #> '{a,1}' IS NOT NULL`,
	`{path: ["a", "9"], exists: true}`:                      `false`,
	`{path: [""], exists: true, eq: {}}`:                    `$d -> '' IS NOT NULL`,
	`{path: ["z"], in: [2, 1.1, "x"]}`:                      `$d -> 'z' = '1.10'`,
	`{path: ["z"], notIn: [2, "x"]}`:                        `$d -> 'z' = '1.10'`,
	`{path: ["z"], in: []}`:                                 `false`,
	`{path: ["a"], contains: [true, 1]}`:                    `$d -> 'a' @> '[1, true]'`,
	`{path: [], contains: {n: 750727362669608961}}`:         `CASE WHEN $d IS NOT NULL THEN coalesce(($d -> 'n') = '750727362669608961', false) END`,
	`[{path: "n", gt: 0}, {path: "f", lt: 1}]`:              `($d -> 'n') = '750727362669608961'`,
	`[{path: "n", gt: 0}, {path: "f", lt: 1, gt: 1}]`:       `CASE WHEN $d -> 'f' IS NOT NULL THEN false END`,
	`{path: ["big"], eq: 123456789012345678901234567890}`:   `$d ->> 'big' = '123456789012345678901234567890'`,
	`{path: ["big"], gt: 123456789012345678901234567889.5}`: `$d ->> 'big' = '123456789012345678901234567890'`,
	`{path: ["t"], exists: false}`:                          `$d -> 't' IS NULL AND $d IS NOT NULL OR $d IS NULL`,
	`[]`:                                                    `true`,
}

// filterDocuments asks for what is in documents.
func (s *samples) filterDocuments(t *testing.T, f *pairField) {
	ask := func(filter, condition string, args ...any) {
		t.Helper()
		want := s.numbers(t, "SELECT n FROM samples WHERE "+condition+" ORDER BY n", args...)
		if got := numbers(t, s.api.Query(t, `{ samples(first: 100, where: {`+filter+`}, orderBy: [{field: N}]) { nodes { n } } }`, nil).At(t, "samples.nodes")); !slices.Equal(got, want) {
			t.Errorf("%s: rows %v, Postgres says %v", filter, got, want)
		}
	}
	for filter, condition := range documentQuestions {
		ask(f.name+"Path: "+filter, strings.ReplaceAll(condition, "$d", f.name))
		ask("not: {"+f.name+"Path: "+filter+"}", "NOT ("+strings.ReplaceAll(condition, "$d", f.name)+")")
	}
	for _, v := range []string{`{}`, `{a: [{b: []}, true]}`, `{n: 750727362669608961}`, `{z: 1.1}`, `[]`, `1`} {
		document := regexp.MustCompile(`([a-z]+):`).ReplaceAllString(v, `"$1":`)
		ask(f.name+"Contains: "+v, f.name+" @> $1::text::jsonb", document)
	}
}

// arrayQuestions are conditions in SQL on an array and texts $1, cast to its type.
var arrayQuestions = map[entity.Op]string{
	entity.EQ: "%[1]s = $1::text[]::%[2]s[]", entity.NEQ: "%[1]s <> $1::text[]::%[2]s[]",
	entity.Has:     "($1::text[]::%[2]s[])[1] = ANY (%[1]s)",
	entity.HasAny:  "EXISTS (SELECT FROM unnest(%[1]s) x WHERE x = ANY ($1::text[]::%[2]s[]))",
	entity.HasAll:  "%[1]s IS NOT NULL AND NOT EXISTS (SELECT FROM unnest($1::text[]::%[2]s[]) y WHERE y <> ALL (%[1]s))",
	entity.IsEmpty: "%[1]s = '{}' AND $1::text[] IS NOT NULL", entity.IsNil: "%[1]s IS NULL AND $1::text[] IS NOT NULL", entity.NotNil: "%[1]s IS NOT NULL AND $1::text[] IS NOT NULL",
}

// filterLists asks with every operator for some lists, and for elements of them.
func (s *samples) filterLists(t *testing.T, f *pairField) {
	list := f.Type.Scalar()
	if f.Type.Item() == entity.Enum {
		list = "[Sample" + strings.ToUpper(f.name[:1]) + f.name[1:] + "!]"
	}
	for _, op := range f.Ops() {
		for i, v := range s.values[f.name] {
			if i > 0 && s.rand.IntN(4) > 0 {
				continue
			}
			typ, items := list, itemsOf(v)
			switch {
			case op == entity.Has && len(items) == 0:
				continue
			case op == entity.Has:
				typ, v = strings.Trim(list, "[!]"), items[0]
			case op == entity.IsEmpty || op.Null():
				typ, v = "Boolean", "true"
			}
			query := `query($v: ` + typ + `) { samples(first: 100, where: {` + f.name + string(op) + `: $v}, orderBy: [{field: N}]) { nodes { n } } }`
			texts := make([]string, len(items))
			for i, item := range items {
				if texts[i] = plainText(item); f.Type.Item() == entity.Enum && f.Native == "" && texts[i] == "RED" {
					texts[i] = "red-" // as it is stored
				}
			}
			want := s.numbers(t, "SELECT n FROM samples WHERE "+fmt.Sprintf(arrayQuestions[op], f.name, f.element().column)+" ORDER BY n", texts)
			if got := numbers(t, s.api.Query(t, query, vars{"v": json.RawMessage(v)}).At(t, "samples.nodes")); !slices.Equal(got, want) {
				t.Errorf("%s%s %s: rows %v, Postgres says %v", f.name, op, v, got, want)
			}
		}
	}
}

// lists writes arrays and documents, and finds them by what is in them.
func (s *oddStory) lists(t *testing.T) {
	const update = `mutation($id: ID!, $in: UpdateContextInput!) { updateContext(id: $id, input: $in) { context { labels codes } } }`
	s.want(t, `query($id: ID!) { context(id: $id) { labels codes } }`, vars{"id": s.a}, `{"context":{"labels":[],"codes":null}}`)
	s.want(t, update, vars{"id": s.a, "in": vars{"labels": []string{"a", "b \"c\\", ""}, "codes": 3, "anything": vars{"size": 3, "tags": []string{"x", "y"}}}},
		`{"updateContext":{"context":{"labels":["a","b \"c\\",""],"codes":[3]}}}`)
	s.refused(t, update, vars{"id": s.a, "in": vars{"codes": []int{1, 300}}}, "BAD_USER_INPUT codes")
	s.refused(t, update, vars{"id": s.a, "in": vars{"labels": []string{"a", "b\x00"}}}, "BAD_USER_INPUT labels.1")
	s.refused(t, update, vars{"id": s.a, "in": vars{"labels": nil}}, "BAD_USER_INPUT labels")
	s.refused(t, `mutation($id: ID!) { updateContext(id: $id, input: {labels: ["a", null]}) { context { id } } }`, vars{"id": s.a}, "GRAPHQL_VALIDATION_FAILED ")
	for _, where := range []string{
		`labelsHas: "a"`, `labelsHasAll: ["a", ""]`, `labelsHasAny: ["q", "b \"c\\"]`, `labelsIsEmpty: false`, `codesHas: 3`, `codes: [3]`, `codesNotNil: true`,
		`anythingContains: {tags: ["y"]}`, `anythingPath: {path: "size", gt: 2, lt: 4}`, `anythingPath: [{path: ["tags", "-1"], eq: "y"}, {path: ["tags"], contains: "x"}]`,
	} {
		s.want(t, `{ contexts(where: {`+where+`}) { nodes { codeName } } }`, nil, `{"contexts":{"nodes":[{"codeName":"a"}]}}`)
	}
	s.refused(t, `{ contexts(where: {codesHasAny: [1, 40000]}) { totalCount } }`, nil, "BAD_USER_INPUT where")
	s.refused(t, `{ contexts(where: {anythingPath: {path: "size", gt: true}}) { totalCount } }`, nil, "BAD_USER_INPUT where")
	s.want(t, update, vars{"id": s.a, "in": vars{"labels": []string{}, "codes": nil}}, `{"updateContext":{"context":{"labels":[],"codes":null}}}`)
}
