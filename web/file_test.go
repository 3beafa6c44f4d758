package web

import (
	"net/http"
	"testing"
)

func TestEncodings(t *testing.T) {
	t.Parallel()
	h := newSite(built(t), Options{})
	zipped := string(zip(t, script))
	for _, tt := range []struct {
		name, accept, encoding, body string
	}{
		{"gzip", "Accept-Encoding: gzip, deflate, br", "gzip", zipped},
		{"none", "X-None: ", "", script},
		{"identity", "Accept-Encoding: identity", "", script},
		{"refused", "Accept-Encoding: gzip;q=0, *", "", script},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, h, "GET", scriptPath, tt.accept)
			if got := w.Header().Get("Content-Encoding"); got != tt.encoding {
				t.Errorf("Content-Encoding: got %q, want %q", got, tt.encoding)
			}
			if w.Body.String() != tt.body {
				t.Errorf("body: got %q, want %q", w.Body, tt.body)
			}
			if got := w.Header().Get("Vary"); got != "Accept-Encoding" {
				t.Errorf("Vary: got %q", got)
			}
		})
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"":                    false,
		"gzip":                true,
		"GZip":                true,
		"x-gzip":              true,
		"br, gzip;q=0.5":      true,
		"gzip; q=1.0":         true,
		"gzip;q=0":            false,
		"gzip;q=0.000":        false,
		"gzip;q=many":         false,
		"gzip;level=9":        true,
		"*":                   true,
		"*;q=0":               false,
		"*;q=0, gzip":         true,
		"gzip;q=0, *":         false,
		"br, deflate":         false,
		"gzipped":             false,
		"identity;q=1, *;q=0": false,
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": {header}}); got != want {
			t.Errorf("%q: got %t, want %t", header, got, want)
		}
	}
	if !acceptsGzip(http.Header{"Accept-Encoding": {"br", "gzip"}}) {
		t.Error("the second of two header lines is ignored")
	}
}

func TestETag(t *testing.T) {
	t.Parallel()
	h := newSite(built(t), Options{})
	first := ask(t, h, "GET", "/")
	etag := first.Header().Get("ETag")
	again := ask(t, h, "GET", "/", "If-None-Match: "+etag)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("same page: status %d with %d bytes, want 304 with none", again.Code, again.Body.Len())
	}
	other := newSite(built(t), Options{Endpoint: "/api/v1/graphql"})
	if w := ask(t, other, "GET", "/", "If-None-Match: "+etag); w.Code != http.StatusOK {
		t.Errorf("another endpoint: status %d, want 200", w.Code)
	}
	plain := ask(t, h, "GET", scriptPath).Header().Get("ETag")
	zipped := ask(t, h, "GET", scriptPath, "Accept-Encoding: gzip").Header().Get("ETag")
	if plain == "" || plain == zipped {
		t.Errorf("two encodings need two tags: %s and %s", plain, zipped)
	}
}

func TestSetMeta(t *testing.T) {
	t.Parallel()
	got, err := setMeta([]byte(`<meta name="a" content="1"><meta name="b" content="2">`), "b", "3")
	if want := `<meta name="a" content="1"><meta name="b" content="3">`; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
	for _, page := range []string{``, `<meta name="ab" content="1">`, `<meta name="b" content="1`} {
		if got, err := setMeta([]byte(page), "b", "3"); err == nil {
			t.Errorf("%q: got %s, want an error", page, got)
		}
	}
}
