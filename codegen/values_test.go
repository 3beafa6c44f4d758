package codegen_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/schema/field"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
)

const sampleRows = 40

// samples are rows with values of every pair, and what Postgres says about them.
type samples struct {
	story
	conn   *pgx.Conn
	fields []pairField
	rand   *rand.Rand
	values map[string][]string           // of a field, as they are sent
	sent   [sampleRows]map[string]string // of a row, by field; absent for null
	ids    [sampleRows]string
	shown  []map[string]json.RawMessage // of a row, as the API answered
}

// testPairs writes, reads, filters, orders, pages, groups, sums and finds values of every
// pair, and compares each answer with that of Postgres to the same question.
func testPairs(t *testing.T, api *apitest.API, database string, fields []pairField) {
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	s := &samples{story: story{api: api}, conn: conn, fields: fields, rand: rand.New(rand.NewPCG(11, 24)), values: map[string][]string{}}
	for i := range fields {
		f := &fields[i]
		s.values[f.name] = f.values(s.rand.IntN)
	}
	if !t.Run("pairs create", s.create) || !t.Run("pairs update", s.update) {
		return
	}
	for _, f := range fields {
		t.Run(fmt.Sprintf("pair %s %s", entity.FieldName(f.ent), f.column), func(t *testing.T) {
			switch {
			case f.Type.IsList():
				s.filterLists(t, &f)
			case f.isRange():
				s.filterRanges(t, &f)
			case f.column == "jsonb":
				s.filterDocuments(t, &f)
			default:
				s.filter(t, &f)
			}
			if !f.Type.Kind().Unordered {
				s.order(t, &f)
				s.group(t, &f)
			}
			s.aggregate(t, &f)
			s.lookup(t, &f)
		})
	}
}

// create writes the rows and reads them back.
func (s *samples) create(t *testing.T) {
	for n := range s.sent {
		s.sent[n] = map[string]string{}
		in := vars{"n": n}
		for _, f := range s.fields {
			values := s.values[f.name]
			if n%7 != 6 {
				s.sent[n][f.name] = values[n%len(values)]
			}
			if one := f.distinct(values); f.unique != "" && n < len(one) {
				s.sent[n][f.unique] = one[n]
			}
		}
		for name, v := range s.sent[n] {
			in[name] = json.RawMessage(v)
		}
		s.ids[n] = s.at(t, "createSample.sample.id", `mutation($in: CreateSampleInput!) { createSample(input: $in) { sample { id } } }`, vars{"in": in})
	}
	s.read(t)
}

// read compares what is stored with what was sent.
func (s *samples) read(t *testing.T) {
	t.Helper()
	var names []string
	for _, f := range s.fields {
		if names = append(names, f.name); f.unique != "" {
			names = append(names, f.unique)
		}
	}
	var data struct {
		Samples struct{ Nodes []map[string]json.RawMessage }
	}
	s.api.Query(t, `{ samples(first: 100, orderBy: [{field: N}]) { nodes { `+strings.Join(names, " ")+` } } }`, nil).Into(t, &data)
	if s.shown = data.Samples.Nodes; len(s.shown) != sampleRows {
		t.Fatalf("%d rows", len(s.shown))
	}
	for n, row := range s.shown {
		for _, f := range s.fields {
			for _, name := range []string{f.name, f.unique} {
				sent, given := s.sent[n][name]
				switch {
				case name == "":
				case !given && string(row[name]) != "null", given && !f.same(sent, string(row[name])):
					t.Errorf("%s %s: sent %s, read %s", entity.FieldName(f.ent), f.column, sent, row[name])
				}
			}
		}
	}
}

// same compares a value as it was sent with one as it was answered.
func (f *pairField) same(sent, got string) bool {
	if f.Type.IsList() {
		return f.sameList(sent, got)
	}
	if f.isRange() {
		return f.rangeText(sent) == f.rangeText(got)
	}
	switch f.Type {
	case entity.JSON:
		return reflect.DeepEqual(exact(sent), exact(got))
	case entity.Float:
		a, _ := strconv.ParseFloat(sent, 64)
		b, err := strconv.ParseFloat(got, 64)
		return err == nil && a == b
	case entity.Float32:
		// As briefly as a real is told from others.
		a, _ := strconv.ParseFloat(sent, 32)
		want, _ := strconv.ParseFloat(strconv.FormatFloat(a, 'g', -1, 32), 64)
		b, err := strconv.ParseFloat(got, 64)
		return err == nil && b == want
	case entity.Time:
		a, _ := time.Parse(`"`+time.RFC3339Nano+`"`, strings.ToUpper(sent))
		b, err := time.Parse(`"2006-01-02T15:04:05.999999Z"`, got)
		return err == nil && a.Equal(b)
	case entity.BigInt:
		return strings.Trim(sent, `"`) == strings.Trim(got, `"`) && got[0] == '"'
	case entity.String, entity.Char, entity.Citext:
		return exact(sent) == exact(got)
	case entity.Decimal:
		a, b := strings.Trim(sent, `"`), strings.Trim(got, `"`)
		if f.column == "numeric" && f.ent == field.TypeOther {
			return exact(a) == exact(b) // the type of Go leaves out zeros at the end
		}
		return a == b && got[0] == '"'
	}
	return sent == got
}

// exact decodes JSON with numbers as fractions.
func exact(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	return fractions(v)
}

func fractions(v any) any {
	switch v := v.(type) {
	case json.Number:
		r, _ := new(big.Rat).SetString(v.String())
		return r.String()
	case []any:
		for i := range v {
			v[i] = fractions(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = fractions(v[key])
		}
	}
	return v
}

// update sets each field of two rows to another value and to null, and sends a number to
// a document as a literal and by a variable's default.
func (s *samples) update(t *testing.T) {
	const update = `mutation($id: ID!, $in: UpdateSampleInput!) { updateSample(id: $id, input: $in) { sample { id } } }`
	set, null := vars{}, vars{}
	for _, f := range s.fields {
		values := s.values[f.name]
		s.sent[0][f.name] = values[len(values)/2]
		set[f.name], null[f.name] = json.RawMessage(values[len(values)/2]), nil
		delete(s.sent[1], f.name)
	}
	s.api.Query(t, update, vars{"id": s.ids[0], "in": set}).OK(t)
	s.api.Query(t, update, vars{"id": s.ids[1], "in": null}).OK(t)
	for _, f := range s.fields {
		if f.Type != entity.JSON {
			continue
		}
		for i, query := range []string{
			`mutation($id: ID!) { updateSample(id: $id, input: {%s: {n: 750727362669608961, f: 0.92156863212585449}}) { sample { id } } }`,
			`mutation($id: ID!, $d: JSON = {n: 750727362669608961, f: -0.92156863212585449e-3}) { updateSample(id: $id, input: {%s: $d}) { sample { id } } }`,
			`mutation($id: ID!, $v: JSON) { updateSample(id: $id, input: {%s: {list: [$v, 1.10]}}) { sample { id } } }`,
		} {
			s.api.Query(t, fmt.Sprintf(query, f.name), vars{"id": s.ids[2+i], "v": json.RawMessage("9007199254740993.5")}).OK(t)
			s.sent[2+i][f.name] = []string{
				`{"n":750727362669608961,"f":0.92156863212585449}`, `{"n":750727362669608961,"f":-0.00092156863212585449}`, `{"list":[9007199254740993.5,1.10]}`,
			}[i]
		}
	}
	s.read(t)
}

// questions are conditions in SQL on a column and a text $1, cast to the column's type.
var questions = map[entity.Op]string{
	entity.EQ: "%[1]s = $1::%[2]s", entity.NEQ: "%[1]s <> $1::%[2]s", entity.GT: "%[1]s > $1::%[2]s", entity.GTE: "%[1]s >= $1::%[2]s",
	entity.LT: "%[1]s < $1::%[2]s", entity.LTE: "%[1]s <= $1::%[2]s",
	entity.In: "%[1]s IN ($1::%[2]s)", entity.NotIn: "%[1]s NOT IN ($1::%[2]s)",
	entity.Contains: "position($1 in %[1]s) > 0", entity.HasPrefix: "starts_with(%[1]s, $1)", entity.HasSuffix: "right(%[1]s, length($1)) = $1",
	entity.EqualFold: "translate(lower(%[1]s), 'ς', 'σ') = translate(lower($1), 'ς', 'σ')", entity.ContainsFold: "position(translate(lower($1), 'ς', 'σ') in translate(lower(%[1]s), 'ς', 'σ')) > 0",
	entity.Within: "%[1]s <<= $1::inet", entity.Covers: "%[1]s >>= $1::inet",
	entity.IsNil: "(%[1]s IS NULL) = $1::boolean", entity.NotNil: "(%[1]s IS NOT NULL) = $1::boolean",
}

// caselessQuestions are those on a citext, of which the case never counts.
var caselessQuestions = map[entity.Op]string{
	entity.Contains: questions[entity.ContainsFold], entity.HasPrefix: "starts_with(translate(lower(%[1]s), 'ς', 'σ'), translate(lower($1), 'ς', 'σ'))",
	entity.HasSuffix: "right(translate(lower(%[1]s), 'ς', 'σ'), length($1)) = translate(lower($1), 'ς', 'σ')",
}

// filter asks with every operator for some values.
func (s *samples) filter(t *testing.T, f *pairField) {
	for _, op := range f.Ops() {
		operands := s.values[f.name]
		if op == entity.Matches { // which the planner's tests compare
			continue
		}
		if op.Null() {
			operands = []string{"true", "false"}
		}
		for i, v := range operands {
			if i > 0 && s.rand.IntN(4) > 0 {
				continue
			}
			typ := f.Type.Scalar()
			switch {
			case op.Null():
				typ = "Boolean"
			case f.Type == entity.Enum:
				typ = "Sample" + strings.ToUpper(f.name[:1]) + f.name[1:]
			}
			given := vars{"v": json.RawMessage(v)}
			if op.List() {
				typ, given["v"] = "["+typ+"!]", []json.RawMessage{json.RawMessage(v)}
			}
			query := `query($v: ` + typ + `) { samples(first: 100, where: {` + f.name + string(op) + `: $v}, orderBy: [{field: N}]) { nodes { n } } }`
			if f.Type != entity.Enum && i%2 == 1 { // as a literal
				query, given = strings.ReplaceAll(strings.Replace(query, "query($v: "+typ+")", "", 1), "$v", v), nil
			}
			question := fmt.Sprintf(questions[op], f.name, f.column)
			if known := caselessQuestions[op]; f.Type == entity.Citext && known != "" {
				question = fmt.Sprintf(known, f.name+"::text")
			}
			if f.Type == entity.Bytes {
				question = strings.ReplaceAll(question, "$1::bytea", "decode($1, 'base64')")
			}
			want := s.numbers(t, "SELECT n FROM samples WHERE "+question+" ORDER BY n", plainText(v))
			if got := numbers(t, s.api.Query(t, query, given).At(t, "samples.nodes")); !slices.Equal(got, want) {
				t.Errorf("%s%s %s: rows %v, Postgres says %v", f.name, op, v, got, want)
			}
		}
	}
}

// plainText is a JSON value as Postgres reads it from a text.
func plainText(v string) string {
	var s string
	if json.Unmarshal([]byte(v), &s) == nil {
		return s
	}
	return v
}

// numbers are the n of what Postgres finds.
func (s *samples) numbers(t *testing.T, sql string, args ...any) []int {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		t.Fatalf("%s %q: %v", sql, args, err)
	}
	return out
}

// numbers are the n of nodes.
func numbers(t *testing.T, nodes any) []int {
	t.Helper()
	out := []int{}
	for _, node := range nodes.([]any) {
		out = append(out, int(node.(map[string]any)["n"].(float64)))
	}
	return out
}

// order reads all pages in both directions, forward and backward.
func (s *samples) order(t *testing.T, f *pairField) {
	for _, direction := range []string{"ASC", "DESC"} {
		want := s.numbers(t, fmt.Sprintf("SELECT n FROM samples ORDER BY %s %s, id", f.name, direction))
		order := fmt.Sprintf("orderBy: [{field: %s, direction: %s}]", strings.ToUpper(f.name), direction)
		forward, backward := []int{}, []int{}
		for after := any(nil); ; {
			answer := s.api.Query(t, `query($c: Cursor) { samples(first: 9, after: $c, `+order+`) { nodes { n } pageInfo { hasNextPage endCursor } } }`, vars{"c": after})
			forward = append(forward, numbers(t, answer.At(t, "samples.nodes"))...)
			if answer.At(t, "samples.pageInfo.hasNextPage") != true {
				break
			}
			after = answer.At(t, "samples.pageInfo.endCursor")
		}
		for before := any(nil); ; {
			answer := s.api.Query(t, `query($c: Cursor) { samples(last: 9, before: $c, `+order+`) { nodes { n } pageInfo { hasPreviousPage startCursor } } }`, vars{"c": before})
			backward = append(numbers(t, answer.At(t, "samples.nodes")), backward...)
			if answer.At(t, "samples.pageInfo.hasPreviousPage") != true {
				break
			}
			before = answer.At(t, "samples.pageInfo.startCursor")
		}
		if !slices.Equal(forward, want) || !slices.Equal(backward, want) {
			t.Errorf("ordered by %s %s:\n forward %v\nbackward %v\nPostgres %v", f.name, direction, forward, backward, want)
		}
	}
}

// group compares the groups' sizes, and their keys with the values of their rows.
func (s *samples) group(t *testing.T, f *pairField) {
	var data struct {
		Samples struct {
			GroupBy []struct {
				Count int
				Key   map[string]json.RawMessage
			}
		}
	}
	s.api.Query(t, `{ samples { groupBy(keys: [{field: `+strings.ToUpper(f.name)+`}], first: 100) { count key { `+f.name+` } } } }`, nil).Into(t, &data)
	sizes := s.numbers(t, fmt.Sprintf("SELECT count(*) FROM samples GROUP BY %[1]s ORDER BY %[1]s", f.name))
	first := s.numbers(t, fmt.Sprintf("SELECT min(n) FROM samples GROUP BY %[1]s ORDER BY %[1]s", f.name))
	if len(data.Samples.GroupBy) != len(sizes) {
		t.Fatalf("%s has %d groups, Postgres makes %d", f.name, len(data.Samples.GroupBy), len(sizes))
	}
	for i, g := range data.Samples.GroupBy {
		if want := f.grouped(s.shown[first[i]][f.name]); g.Count != sizes[i] || string(g.Key[f.name]) != string(want) {
			t.Errorf("group %d of %s: %d of %s, want %d of %s", i, f.name, g.Count, g.Key[f.name], sizes[i], want)
		}
	}
}

// grouped is a value as groups and ends of lists show it.
func (f *pairField) grouped(v json.RawMessage) json.RawMessage {
	if f.Type == entity.Citext && string(v) != "null" {
		return json.RawMessage(strings.ToLower(string(v)))
	}
	return v
}

// aggregate compares the ends, sums and averages of what has them.
func (s *samples) aggregate(t *testing.T, f *pairField) {
	e := entity.Entity{Fields: []entity.Field{f.Field}}
	if len(e.Comparable()) == 0 {
		return
	}
	functions := `min { x: ` + f.name + ` } max { x: ` + f.name + ` }`
	if len(e.Numeric()) > 0 {
		functions += ` avg { x: ` + f.name + ` } sum { x: ` + f.name + ` }`
	}
	var data struct {
		Samples struct {
			Aggregate map[string]map[string]json.RawMessage
		}
	}
	s.api.Query(t, `{ samples { aggregate { `+functions+` } } }`, nil).Into(t, &data)
	for name, direction := range map[string]string{"min": "", "max": "DESC"} {
		n := s.numbers(t, fmt.Sprintf("SELECT n FROM samples WHERE %[1]s IS NOT NULL ORDER BY %[1]s %[2]s LIMIT 1", f.name, direction))
		if got, want := data.Samples.Aggregate[name]["x"], f.grouped(s.shown[n[0]][f.name]); string(got) != string(want) {
			t.Errorf("%s of %s is %s, want %s", name, f.name, got, want)
		}
	}
	for name, sql := range map[string]string{"avg": "avg(%s)::float8", "sum": "sum(%s)"} {
		got, given := data.Samples.Aggregate[name]["x"]
		switch f.Type {
		case entity.Decimal:
			sql = strings.TrimSuffix(sql, "::float8")
		case entity.Float32:
			sql = strings.ReplaceAll(sql, "(%s)", "(%s::float8)")
		}
		var want string
		if !given {
			continue
		}
		if err := s.conn.QueryRow(t.Context(), "SELECT ("+fmt.Sprintf(sql, f.name)+")::text FROM samples").Scan(&want); err != nil {
			t.Fatal(err)
		}
		if text := strings.Trim(string(got), `"`); exact(text) != exact(want) && !sameFloat(string(got), want) {
			t.Errorf("%s of %s is %s, Postgres says %s", name, f.name, got, want)
		}
	}
}

// sameFloat reports whether two numbers are the same double: one halfway between two of them is
// its shortest form for Go, and not for Postgres. A JSON string is none.
func sameFloat(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, other := strconv.ParseFloat(b, 64)
	return err == nil && other == nil && x == y
}

// lookup finds a row by each value of the unique field.
func (s *samples) lookup(t *testing.T, f *pairField) {
	if f.unique == "" {
		return
	}
	for n := range s.sent {
		v, given := s.sent[n][f.unique]
		if !given {
			continue
		}
		if f.Type == entity.Citext {
			v = strings.ToLower(v)
		}
		query := fmt.Sprintf(`query($v: %[1]s!) { found: sampleBy%[2]s(%[3]s: $v) { n } }`, f.Type.Scalar(), strings.ToUpper(f.unique), f.unique)
		if got := s.api.Query(t, query, vars{"v": json.RawMessage(v)}).At(t, "found.n"); got != float64(n) {
			t.Errorf("%s %s finds row %v, want %d", f.unique, v, got, n)
		}
	}
}
