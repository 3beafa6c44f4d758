package refs

import "testing"

func TestReplace(t *testing.T) {
	t.Parallel()
	value := func(n int) []byte { return []byte{'a' + byte(n)} }
	for name, tc := range map[string]struct{ in, want string }{
		"none":       {`{"x":1}`, `{"x":1}`},
		"one":        {"{\"x\":\x000\x00}", `{"x":a}`},
		"two":        {"[\x001\x00,\x000\x00]", `[b,a]`},
		"unpaired":   {"[\x00", ""},
		"no number":  {"[\x00x\x00]", ""},
		"empty":      {"[\x00\x00]", ""},
		"too large":  {"[\x002\x00]", ""},
		"negative":   {"[\x00-1\x00]", ""},
		"third mark": {"[\x000\x00\x00]", ""},
	} {
		got, err := Replace([]byte(tc.in), 2, value)
		if (err != nil) != (tc.want == "") || string(got) != tc.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
