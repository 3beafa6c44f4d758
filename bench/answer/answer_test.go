package answer_test

import (
	"testing"

	"github.com/entgraph/entgraph/bench/answer"
)

func TestDifference(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, a, b, want string }{
		{"equal", `{"data":{"x":[1,"a",null]}}`, `{"data":{"x":[1,"a",null]}}`, ""},
		{"order of keys", `{"data":{"x":1,"y":2}}`, `{"data":{"y":2,"x":1}}`, ""},
		{"order of lists", `{"data":{"x":[1,2]}}`, `{"data":{"x":[2,1]}}`, "data.x[0]: 1 or 2"},
		{"length", `{"data":{"x":[1,2]}}`, `{"data":{"x":[1]}}`, "data.x: 2 or 1 entries"},
		{"missing key", `{"data":{"x":{"y":null}}}`, `{"data":{"x":{}}}`, "data.x.y: only one has it"},
		{"null", `{"data":{"x":null}}`, `{"data":{"x":{}}}`, "data.x: null or {}"},
		{"large number", `{"data":{"x":9007199254740993}}`, `{"data":{"x":9007199254740992}}`, "data.x: 9007199254740993 or 9007199254740992"},
		{"id", `{"data":{"id":"post_01h455vb4pex5vsknk084sn02q"}}`, `{"data":{"id":"01890a5d-ac96-774b-bcce-b302099a8057"}}`, ""},
		{"another id", `{"data":{"id":"post_01h455vb4pex5vsknk084sn02q"}}`, `{"data":{"id":"01890a5d-ac96-774b-bcce-b302099a8058"}}`, `data.id: "01890a5d-ac96-774b-bcce-b302099a8057" or "01890a5d-ac96-774b-bcce-b302099a8058"`},
		{"id text elsewhere", `{"data":{"x":"post_01h455vb4pex5vsknk084sn02q"}}`, `{"data":{"x":"01890a5d-ac96-774b-bcce-b302099a8057"}}`, `data.x: "post_01h455vb4pex5vsknk084sn02q" or "01890a5d-ac96-774b-bcce-b302099a8057"`},
		{"cursor", `{"data":{"endCursor":"a"}}`, `{"data":{"endCursor":"b"}}`, ""},
		{"no cursor", `{"data":{"endCursor":"a"}}`, `{"data":{"endCursor":null}}`, `data.endCursor: "a cursor" or null`},
		{"time", `{"data":{"createdAt":"2026-01-01T01:00:00.5+01:00"}}`, `{"data":{"createdAt":"2026-01-01T00:00:00.500000Z"}}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := answer.Difference(parse(t, test.a), parse(t, test.b)); got != test.want {
				t.Errorf("Difference = %q, want %q", got, test.want)
			}
		})
	}
}

func TestUnordered(t *testing.T) {
	t.Parallel()
	a := parse(t, `{"data":{"list":[{"tags":{"edges":[{"x":2},{"x":1}]},"edges":[2,1]}]}}`)
	b := parse(t, `{"data":{"list":[{"tags":{"edges":[{"x":1},{"x":2}]},"edges":[2,1]}]}}`)
	if answer.Difference(a, b) == "" {
		t.Error("order did not count")
	}
	if d := answer.Difference(answer.Unordered(a, "tags"), answer.Unordered(b, "tags")); d != "" {
		t.Error(d)
	}
	if answer.Difference(answer.Unordered(a, "edges"), answer.Unordered(b, "edges")) == "" {
		t.Error("order of another list did not count")
	}
	if answer.Difference(a, b) == "" {
		t.Error("the answers themselves were changed")
	}
}

func TestParseRefusesErrors(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"errors":[{"message":"no"}],"data":{}}`, `{"data":null}`, `internal error`} {
		if v, err := answer.Parse([]byte(body)); err == nil {
			t.Errorf("Parse(%s) = %v, want an error", body, v)
		}
	}
}

func parse(t *testing.T, body string) any {
	t.Helper()
	v, err := answer.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
