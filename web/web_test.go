package web

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	script     = "console.log('hello')"
	scriptPath = "/assets/main-abc123.js"
)

// built is a build output with one of each kind of file.
func built(t *testing.T) fstest.MapFS {
	t.Helper()
	return fstest.MapFS{
		".gitkeep":                  {},
		"index.html":                {Data: source(t, homePage)},
		"playground.html":           {Data: source(t, playgroundPage)},
		"favicon.svg.gz":            {Data: zip(t, "<svg/>")},
		"licenses.md.gz":            {Data: zip(t, "# Licenses")},
		"assets/main-abc123.js.gz":  {Data: zip(t, script)},
		"assets/font-abc123.woff2":  {Data: []byte("font")},
		"assets/broken-abc12.js.gz": {Data: []byte("not gzip")},
	}
}

// source reads the HTML that Vite builds from; it keeps the meta tags as they are.
func source(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// ask calls the handler; each header is "Name: value".
func ask(t *testing.T, h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	full := newSite(built(t), Options{Playground: true})
	noPlayground := newSite(built(t), Options{})
	empty := newSite(fstest.MapFS{".gitkeep": {}}, Options{Playground: true})

	tests := []struct {
		name        string
		site        *site
		path        string
		status      int
		contentType string
		cache       string
	}{
		{"start page", full, "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"playground", full, "/playground", 200, "text/html; charset=utf-8", "no-cache"},
		{"examples", full, examplesPath, 200, "application/json", "no-cache"},
		{"script", full, scriptPath, 200, "text/javascript; charset=utf-8", cacheForever},
		{"font", full, "/assets/font-abc123.woff2", 200, "font/woff2", cacheForever},
		{"icon", full, "/favicon.svg", 200, "image/svg+xml", "no-cache"},
		{"icon by its old name", full, "/favicon.ico", 200, "image/svg+xml", "no-cache"},
		{"licences", full, "/licenses.md", 200, "text/plain; charset=utf-8", "no-cache"},
		{"stored form has no address", full, scriptPath + ".gz", 404, "text/plain; charset=utf-8", ""},
		{"page file has no address", full, "/index.html", 404, "text/plain; charset=utf-8", ""},
		{"hidden file", full, "/.gitkeep", 404, "text/plain; charset=utf-8", ""},
		{"folder", full, "/assets/", 404, "text/plain; charset=utf-8", ""},
		{"traversal", full, "/assets/../web.go", 404, "text/plain; charset=utf-8", ""},
		{"encoded traversal", full, "/assets/%2e%2e/%2e%2e/web.go", 404, "text/plain; charset=utf-8", ""},
		{"traversal to a known file", full, "/assets/../favicon.svg", 404, "text/plain; charset=utf-8", ""},
		{"unknown", full, "/nothing", 404, "text/plain; charset=utf-8", ""},
		{"playground off", noPlayground, "/playground", 404, "text/plain; charset=utf-8", ""},
		{"playground off, examples", noPlayground, examplesPath, 404, "text/plain; charset=utf-8", ""},
		{"playground off, slash", noPlayground, "/playground/", 404, "text/plain; charset=utf-8", ""},
		{"damaged file", full, "/assets/broken-abc12.js", 500, "text/plain; charset=utf-8", "no-store"},
		{"start page not built", empty, "/", 503, "text/plain; charset=utf-8", "no-store"},
		{"playground not built", empty, "/playground", 503, "text/plain; charset=utf-8", "no-store"},
		{"unknown, nothing built", empty, "/assets/x.js", 404, "text/plain; charset=utf-8", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, tt.site, "GET", tt.path)
			if w.Code != tt.status {
				t.Errorf("status: got %d, want %d", w.Code, tt.status)
			}
			want := http.Header{
				"Content-Type":            {tt.contentType},
				"Content-Security-Policy": {contentSecurityPolicy},
				"X-Content-Type-Options":  {"nosniff"},
				"Referrer-Policy":         {"no-referrer"},
			}
			for name := range want {
				if diff := cmp.Diff(want[name], w.Header()[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if got := w.Header().Get("Cache-Control"); got != tt.cache {
				t.Errorf("Cache-Control: got %q, want %q", got, tt.cache)
			}
		})
	}
}

func TestPolicyHasNoUnsafeSource(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"unsafe", "http:", "https:", "*", "blob:"} {
		if strings.Contains(contentSecurityPolicy, bad) {
			t.Errorf("the policy contains %q: %s", bad, contentSecurityPolicy)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	h := newSite(built(t), Options{Playground: true})
	get := ask(t, h, "GET", "/")
	head := ask(t, h, "HEAD", "/")
	if head.Code != 200 || head.Body.Len() != 0 {
		t.Errorf("HEAD: status %d with %d bytes, want 200 with none", head.Code, head.Body.Len())
	}
	if diff := cmp.Diff(get.Header(), head.Header()); diff != "" {
		t.Errorf("HEAD headers differ from GET (-get +head):\n%s", diff)
	}
	post := ask(t, h, "POST", "/")
	if post.Code != 405 || post.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q", post.Code, post.Header().Get("Allow"))
	}
}

func TestPlaygroundSlashRedirects(t *testing.T) {
	t.Parallel()
	w := ask(t, newSite(built(t), Options{Playground: true}), "GET", "/playground/")
	if w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != "../playground" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestPagesLearnTheServer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		opts Options
		path string
		want []string
	}{
		{"defaults", Options{}, "/", []string{
			`<meta name="graphql-endpoint" content="/graphql"`,
			`<meta name="graphql-playground" content="off"`,
		}},
		{"start page", Options{Endpoint: "/api/v1/graphql", Playground: true}, "/", []string{
			`<meta name="graphql-endpoint" content="/api/v1/graphql"`,
			`<meta name="graphql-playground" content="on"`,
		}},
		{"playground", Options{Endpoint: "/api/v1/graphql", Playground: true}, "/playground", []string{
			`<meta name="graphql-endpoint" content="/api/v1/graphql"`,
		}},
		{"markup stays text", Options{Endpoint: `/"><script>`, Name: `"><b>`}, "/", []string{
			`content="/&#34;&gt;&lt;script&gt;"`,
			`<meta name="application-name" content="&#34;&gt;&lt;b&gt;"`,
			`<h1>&#34;&gt;&lt;b&gt;</h1>`,
		}},
		{"start page of an app", Options{Name: "shop"}, "/", []string{
			`<title>shop</title>`, `<h1>shop</h1>`, `<meta name="application-name" content="shop"`,
		}},
		{"playground of an app", Options{Name: "shop", Playground: true}, "/playground", []string{
			`<title>Playground · shop</title>`, `<meta name="application-name" content="shop"`,
		}},
		{"no name", Options{}, "/", []string{`<title>GraphQL API</title>`}},
		{"no examples", Options{Playground: true}, examplesPath, []string{`[]`}},
		{"examples", Options{Playground: true, Examples: []Example{{Query: "query A { a }"}, {Query: "query B { b }", Variables: "{}"}}}, examplesPath, []string{
			`[{"query":"query A { a }"},{"query":"query B { b }","variables":"{}"}]`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := ask(t, newSite(built(t), tt.opts), "GET", tt.path).Body.String()
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("the page lacks %s:\n%s", want, body)
				}
			}
		})
	}
}

// A page from other sources would talk to the wrong address without a word.
func TestPageWithoutMetaTagCountsAsMissing(t *testing.T) {
	t.Parallel()
	fsys := built(t)
	fsys["index.html"] = &fstest.MapFile{Data: []byte("<html></html>")}
	if w := ask(t, newSite(fsys, Options{}), "GET", "/"); w.Code != 503 {
		t.Errorf("status: got %d, want 503", w.Code)
	}
}

func TestNotBuiltSaysWhatToDo(t *testing.T) {
	t.Parallel()
	h := newSite(fstest.MapFS{}, Options{Playground: true})
	tests := []struct{ accept, contentType, command string }{
		{"text/html,*/*;q=0.8", "text/html; charset=utf-8", "cd web &amp;&amp; npm ci &amp;&amp; npm run build"},
		{"*/*", "text/plain; charset=utf-8", "cd web && npm ci && npm run build"},
	}
	for _, tt := range tests {
		w := ask(t, h, "GET", "/playground", "Accept: "+tt.accept)
		if got := w.Header().Get("Content-Type"); got != tt.contentType {
			t.Errorf("Accept %s: got %s", tt.accept, got)
		}
		if !strings.Contains(w.Body.String(), tt.command) {
			t.Errorf("Accept %s: no command in %s", tt.accept, w.Body)
		}
	}
	if w := ask(t, h, "HEAD", "/"); w.Code != 503 || w.Body.Len() != 0 {
		t.Errorf("HEAD: status %d with %d bytes", w.Code, w.Body.Len())
	}
}

// What is embedded is whatever the machine has built, so the test holds for both.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	want := http.StatusServiceUnavailable
	if Built() {
		want = http.StatusOK
	}
	h := Handler(Options{Playground: true})
	for _, path := range []string{"/", "/playground"} {
		if w := ask(t, h, "GET", path); w.Code != want {
			t.Errorf("%s: status %d, want %d; after a change of the pages build them again", path, w.Code, want)
		}
	}
	if _, err := fs.Stat(embedded(), ".gitkeep"); err != nil {
		t.Error("dist/.gitkeep is gone; without it Go does not compile before the pages are built")
	}
}
