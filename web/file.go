package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// contentTypes is fixed, because the mime package also asks the machine's tables.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".json":  "application/json",
	".md":    "text/plain; charset=utf-8", // Browsers offer text/markdown as a download.
	".png":   "image/png",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// file is one answer, ready to send.
type file struct {
	data        []byte
	zipped      bool // data is in gzip form
	contentType string
	cache       string // Cache-Control
	etag        string // of data, without quotes
}

func newFile(name string, data []byte, zipped bool, cache string) file {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		contentType = "application/octet-stream"
	}
	sum := sha256.Sum256(data)
	return file{
		data:        data,
		zipped:      zipped,
		contentType: contentType,
		cache:       cache,
		etag:        hex.EncodeToString(sum[:12]),
	}
}

// serve sends the file: as stored to a client that accepts it, else unpacked,
// which costs a few milliseconds and is rare enough not to be kept.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", f.cache)
	data, etag := f.data, f.etag
	if f.zipped {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header) {
			header.Set("Content-Encoding", "gzip")
			etag += "-gz"
		} else {
			plain, err := unzip(data)
			if err != nil {
				header.Set("Cache-Control", "no-store")
				http.Error(w, "the file is damaged", http.StatusInternalServerError)
				return
			}
			data = plain
		}
	}
	header.Set("ETag", strconv.Quote(etag))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func unzip(data []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("open gzip: %w", err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("read gzip: %w", err)
	}
	return plain, nil
}

// acceptsGzip reads Accept-Encoding as RFC 9110, section 12.5.3, defines it: a
// weight of 0 refuses, and gzip by name goes before the wildcard.
func acceptsGzip(header http.Header) bool {
	accepted := false
	for _, part := range strings.Split(strings.Join(header.Values("Accept-Encoding"), ","), ",") {
		coding, params, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return weight(params) > 0
		case "*":
			accepted = weight(params) > 0
		}
	}
	return accepted
}

// weight returns the q of "q=0.5": 1 when there is none, 0 when it is no number.
func weight(params string) float64 {
	name, value, found := strings.Cut(params, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}

// setName puts the name of the app where our HTML sources say [DefaultName].
func setName(page []byte, app string) []byte {
	return bytes.ReplaceAll(page, []byte(DefaultName), []byte(html.EscapeString(app)))
}

// setMeta replaces the content of the page's meta tag of this name. The tag must
// be written as our HTML sources write it; one that is not there is an error.
func setMeta(page []byte, name, value string) ([]byte, error) {
	start := []byte(`<meta name="` + name + `" content="`)
	before, rest, found := bytes.Cut(page, start)
	if !found {
		return nil, fmt.Errorf("set meta tag %s: not found", name)
	}
	_, after, found := bytes.Cut(rest, []byte(`"`))
	if !found {
		return nil, fmt.Errorf("set meta tag %s: not closed", name)
	}
	return bytes.Join([][]byte{before, start, []byte(html.EscapeString(value)), []byte(`"`), after}, nil), nil
}
