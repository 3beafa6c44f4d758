package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

const (
	homePage       = "index.html"
	playgroundPage = "playground.html"
	examplesPath   = "/playground/examples.json"
)

// contentSecurityPolicy lets the pages load from their own host only. Images and
// fonts may be data: addresses: the playground's style sheet embeds its fonts.
const contentSecurityPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; " +
	"object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

const (
	// cacheForever is for files whose name changes with their content.
	cacheForever = "public, max-age=31536000, immutable"
	// cacheChecked makes the browser ask each time; an ETag keeps the answer short.
	cacheChecked = "no-cache"
)

// site answers from a table made once, so a request path can never reach a file
// that is not in it.
type site struct {
	files map[string]file
	// missing answers for the pages that the build did not leave in files.
	missing map[string]bool
}

func newSite(fsys fs.FS, opts Options) *site {
	opts.Endpoint = cmp.Or(opts.Endpoint, DefaultEndpoint)
	opts.Name = cmp.Or(opts.Name, DefaultName)
	s := &site{files: map[string]file{}, missing: map[string]bool{}}
	s.addPage("/", fsys, homePage, map[string]string{
		"application-name":   opts.Name,
		"graphql-endpoint":   opts.Endpoint,
		"graphql-playground": onOff(opts.Playground),
	})
	if opts.Playground {
		s.addPage("/playground", fsys, playgroundPage, map[string]string{
			"application-name": opts.Name,
			"graphql-endpoint": opts.Endpoint,
			"development":      onOff(opts.Development),
		})
		s.addExamples(opts.Examples)
	}
	s.addFiles(fsys)
	return s
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// addPage adds an HTML page with its meta tags filled in and the app's name in its texts. A
// page that is absent, or that was built from other sources and lacks a tag, counts as not
// built.
func (s *site) addPage(url string, fsys fs.FS, name string, meta map[string]string) {
	html, err := fs.ReadFile(fsys, name)
	html = setName(html, meta["application-name"])
	for key, value := range meta {
		if err == nil {
			html, err = setMeta(html, key, value)
		}
	}
	if err != nil {
		s.missing[url] = true
		return
	}
	s.files[url] = newFile(name, html, false, cacheChecked)
}

func (s *site) addExamples(examples []Example) {
	if examples == nil {
		examples = []Example{} // not null
	}
	data, err := json.Marshal(examples)
	if err != nil {
		panic(err) // texts always marshal
	}
	s.files[examplesPath] = newFile(examplesPath, data, false, cacheChecked)
}

// addFiles adds everything but the pages under its own name, less ".gz".
func (s *site) addFiles(fsys fs.FS) {
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".html" || strings.HasPrefix(name, ".") {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		plain, zipped := strings.CutSuffix(name, ".gz")
		cache := cacheChecked
		if strings.HasPrefix(plain, "assets/") {
			cache = cacheForever
		}
		s.files["/"+plain] = newFile(plain, data, zipped, cache)
		return nil
	})
	if err != nil {
		panic(err) // The file system is memory inside the binary.
	}
	if icon, ok := s.files["/favicon.svg"]; ok {
		// Browsers ask for this name when they show an answer that is not HTML.
		s.files["/favicon.ico"] = icon
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if f, ok := s.files[r.URL.Path]; ok {
		f.serve(w, r)
		return
	}
	switch {
	case s.missing[r.URL.Path]:
		serveNotBuilt(w, r)
	case r.URL.Path == "/playground/" && s.knows("/playground"):
		// Relative, so that it holds below a prefix that a proxy takes off.
		header.Set("Location", "../playground")
		w.WriteHeader(http.StatusPermanentRedirect)
	default:
		http.NotFound(w, r)
	}
}

func (s *site) knows(url string) bool {
	_, ok := s.files[url]
	return ok || s.missing[url]
}
