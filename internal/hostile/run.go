package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// Options say what is attacked, and how much.
type Options struct {
	Schema *ast.Schema
	// Send posts a body to the API and gives the status and the answer.
	Send func(body []byte) (int, []byte)
	// IDs are ids of rows that stay, by type.
	IDs map[string][]string
	// Honest gives a value, in JSON that is a literal as well, for a key of an input where
	// the schema does not tell which are valid. N differs from one request to the next.
	Honest func(input, key string, n int) (value string, ok bool)
	// Skip names root fields that are not called.
	Skip []string
	// Seed begins the random choices.
	Seed uint64
	// Long sends every value to every slot; otherwise every slot gets PerSlot of them. Pairs
	// is how many requests have two hostile values, for each field.
	Long           bool
	PerSlot, Pairs int
}

type runner struct {
	Options
	t       testing.TB
	r       *rand.Rand
	n       int
	ids     map[string][]string
	cursors []string

	sent, taken int
	faults      map[string]int
}

// maxFaults is how many faults of one kind are printed.
const maxFaults = 2

// Run sends the requests and fails the test for every answer that it should not get. It
// returns how many requests were sent, and how many of them went through.
func Run(t testing.TB, o Options) (sent, taken int) {
	t.Helper()
	r := &runner{Options: o, t: t, r: rand.New(rand.NewPCG(o.Seed, 0)), ids: o.IDs, faults: map[string]int{}}
	r.findCursors()
	for _, f := range r.fieldsWithArguments() {
		r.attack(f)
	}
	for fault, n := range r.faults {
		t.Errorf("%d × %s", n, fault)
	}
	t.Logf("seed %d: %d requests, %d went through", o.Seed, r.sent, r.taken)
	return r.sent, r.taken
}

// fieldsWithArguments lists what is attacked, in the order of the schema.
func (r *runner) fieldsWithArguments() (out []field) {
	for kind, def := range map[ast.Operation]*ast.Definition{ast.Query: r.Schema.Query, ast.Mutation: r.Schema.Mutation} {
		for _, f := range def.Fields {
			if slices.Contains(r.Skip, f.Name) || strings.HasPrefix(f.Name, "__") {
				continue
			}
			if len(f.Arguments) > 0 {
				out = append(out, field{root: f, kind: kind})
			}
			conn := r.Schema.Types[named(f.Type)]
			if group := conn.Fields.ForName("groupBy"); group != nil {
				out = append(out, field{root: f, inner: group, kind: kind})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b field) int { return strings.Compare(string(b.kind)+b.root.Name, string(a.kind)+a.root.Name) })
	return out
}

// findCursors asks each list for cursors of its default ordering.
func (r *runner) findCursors() {
	for _, f := range r.Schema.Query.Fields {
		if !strings.HasSuffix(named(f.Type), "Connection") || slices.Contains(r.Skip, f.Name) {
			continue
		}
		var answer struct {
			Data map[string]struct{ PageInfo struct{ EndCursor string } }
		}
		_, body := r.Send([]byte(`{"query":"{ x: ` + f.Name + `(first: 1) { pageInfo { endCursor } } }"}`))
		if err := json.Unmarshal(body, &answer); err == nil && answer.Data["x"].PageInfo.EndCursor != "" {
			r.cursors = append(r.cursors, answer.Data["x"].PageInfo.EndCursor)
		}
	}
}

func (r *runner) attack(f field) {
	slots := r.slots(f.args())
	for _, s := range slots {
		if !r.Long && nested(s.path) && r.r.IntN(nestedShare) > 0 {
			continue // they are many, and much the same as those above them
		}
		values := r.hostileTo(s)
		if !r.Long {
			r.r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
			values = values[:min(r.PerSlot, len(values))]
		}
		for _, v := range values {
			r.try(f, putting{s, v})
		}
	}
	for range r.Pairs {
		a, b := slots[r.r.IntN(len(slots))], slots[r.r.IntN(len(slots))]
		r.try(f, r.random(a), r.random(b))
	}
}

// nestedShare is the part of the slots in filters below filters that the short form takes.
const nestedShare = 6

func nested(path []string) bool {
	return len(path) > 2 && (path[0] == "where" || path[0] == "having")
}

func (r *runner) random(s slot) putting {
	values := r.hostileTo(s)
	return putting{s, values[r.r.IntN(len(values))]}
}

// try sends honest arguments with hostile values among them.
func (r *runner) try(f field, puts ...putting) {
	r.n++
	q := &request{field: f, args: object{}, puts: puts, mode: mode(r.r.IntN(int(modes)))}
	for _, a := range f.args() {
		if !a.Type.NonNull {
			continue
		}
		v, ok := r.honest(nil, a.Name, a.Type, 0)
		if a.Name == "id" {
			v, ok = r.rootID(f)
		}
		if !ok {
			v = both("null")
		}
		q.args[a.Name] = v
	}
	for _, p := range puts {
		q.args = put(q.args, p.slot.path, p.value).(object)
	}
	if q.mode != asArguments && !literal(q.args) || q.mode == asLeaf && (len(puts) > 1 || !literal(put(q.args, puts[0].slot.path, both("null")))) {
		q.mode = asArguments
	}
	body := q.body(r)
	status, answer := r.Send(body)
	r.sent++
	fault := r.judge(q, status, answer)
	if fault == "" {
		return
	}
	var slots, values []string
	for _, p := range puts {
		slots, values = append(slots, p.slot.String()), append(values, string(appendJSON(nil, p.value)))
	}
	kind, _, _ := strings.Cut(fault, ":")
	if r.faults[kind]++; r.faults[kind] <= maxFaults*4 {
		r.t.Errorf("seed %d, request %d: %s %v %s: %s\n%s\n%s", r.Seed, r.n, f, slots, cut(strings.Join(values, " ")), fault, cut(string(body)), cut(string(answer)))
	}
}

// rootID is an id of the entity of a root field.
func (r *runner) rootID(f field) (any, bool) {
	typ := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(named(f.root.Type), "Update"), "Delete"), "Create"), "Payload")
	if strings.HasPrefix(f.root.Name, "delete") {
		return missingID(strings.ToLower(typ)), true // or the rows would be gone
	}
	for name, ids := range r.ids {
		if name == typ || typ == "Node" {
			return text(ids[0]), true
		}
	}
	return nil, false
}

func (r *runner) word() string { return fmt.Sprintf("%d", r.n) }

// codes are those that the documents name.
var codes = []string{
	"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT", "CONFLICT", "LIMIT_EXCEEDED", "RATE_LIMITED",
	"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST",
}

type answerError struct {
	Message    string
	Path       []any
	Extensions struct{ Code, Field string }
}

// judge says what is wrong with an answer, "" if nothing is.
func (r *runner) judge(q *request, status int, body []byte) string {
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []answerError
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&answer); err != nil {
		return fmt.Sprintf("no JSON: %v", err)
	}
	if status != 200 && status != 400 {
		return fmt.Sprintf("status: %d", status)
	}
	if len(answer.Errors) > 21 { // the last one says how many there are besides
		return "errors: too many of them"
	}
	for _, e := range answer.Errors {
		if fault := r.judgeError(q, e); fault != "" {
			return fault
		}
	}
	switch {
	case len(answer.Errors) > 0:
		return ""
	case answer.Data == nil:
		return "no data and no errors"
	}
	r.taken++
	return r.compare(q, answer.Data["x"])
}

func (r *runner) judgeError(q *request, e answerError) string {
	code := e.Extensions.Code
	if !slices.Contains(codes, code) {
		return fmt.Sprintf("code %s: %s", code, e.Message)
	}
	for _, secret := range []string{"SQLSTATE", "pgx", "sqlgraph", "runtime error", "panic", ".go:", "ent: "} {
		if strings.Contains(e.Message, secret) {
			return "message: shows the inside: " + e.Message
		}
	}
	if q.field.kind != ast.Mutation || e.Extensions.Field == "" {
		return ""
	}
	name, _, _ := strings.Cut(e.Extensions.Field, ".")
	in, _ := q.args["input"].(object)
	if _, sent := in[name]; !sent && q.args[name] == nil && q.field.root.Arguments.ForName("input") != nil && in != nil {
		return "field: not sent: " + name
	}
	return ""
}
