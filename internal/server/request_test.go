package server

import (
	"net/http/httptest"
	"testing"
)

// TestRefusalOfAQueryStringIsOne sends two parts that are wrong: always the first is named.
func TestRefusalOfAQueryStringIsOne(t *testing.T) {
	t.Parallel()
	for range 20 {
		_, bad := readGet(httptest.NewRequest("GET", "/graphql?query=%7Ba%7D&extensions=1&variables=1", nil))
		if bad == nil || bad.message != "variables must be a JSON object" {
			t.Fatalf("%+v", bad)
		}
	}
}
