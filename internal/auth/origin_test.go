package auth_test

import (
	"net/http/httptest"
	"testing"

	"github.com/entgraph/entgraph/internal/auth"
)

func TestForeign(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		site, origin string
		want         bool
	}{
		"a program":               {"", "", false},
		"this origin":             {"same-origin", "https://shop.example", false},
		"the address bar":         {"none", "", false},
		"a sibling":               {"same-site", "https://blog.shop.example", true},
		"another site":            {"cross-site", "", true},
		"an old browser, ours":    {"", "https://shop.example", false},
		"an old browser, another": {"", "https://evil.example", true},
		"an old browser, a file":  {"", "null", true},
		"another port":            {"", "https://shop.example:8443", true},
		"something new":           {"other", "", true},
	} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			r := httptest.NewRequest(method, "https://shop.example/graphql", nil)
			if tc.site != "" {
				r.Header.Set("Sec-Fetch-Site", tc.site)
			}
			if tc.origin != "" {
				r.Header.Set("Origin", tc.origin)
			}
			if got := auth.Foreign(r); got != tc.want {
				t.Errorf("%s by %s: %t", name, method, got)
			}
		}
	}
}
