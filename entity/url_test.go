package entity_test

import (
	"strings"
	"testing"

	"github.com/entgraph/entgraph/entity"
)

// TestURL checks which texts are URLs.
func TestURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"https://example.com": true, "http://[2001:db8::1]:8080/a?b=c#d": true, "https://example.com/ä": true,
		"": false, "example.com": false, "//example.com": false, "ftp://example.com": false, "javascript:alert(1)": false, "https://": false, "https://:80": false,
		"https://exa mple.com": false, "https://example.com/a b": false, "https://example.com/\n": false, "https://example.com/" + strings.Repeat("a", 2048): false,
	} {
		if got := entity.URL(text) == nil; got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
