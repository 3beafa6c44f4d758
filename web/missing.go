package web

import (
	"io"
	"net/http"
	"strings"
)

// The policy forbids inline styles, so the page looks plain; the color-scheme
// tag still follows the reader's light or dark setting.
const notBuiltHTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Pages not built</title>
</head>
<body>
<h1>The pages are not in this binary</h1>
<p>The API works. The start page and the playground come with every release of entgraph: use one
instead of a checkout or an untagged commit, as <code>go get github.com/entgraph/entgraph@latest</code>
does, and build the program again.</p>
<p>In a checkout of entgraph Node 20 or later builds them; then build the program again:</p>
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre>
</body>
</html>
`

const notBuiltText = `The pages are not in this binary.

The API works. The start page and the playground come with every release of entgraph: use one
instead of a checkout or an untagged commit, and build the program again:

    go get github.com/entgraph/entgraph@latest

In a checkout of entgraph Node 20 or later builds them; then build the program again:

    cd web && npm ci && npm run build
`

// serveNotBuilt answers 503 with the way out, as HTML to a browser and as text
// to everybody else.
func serveNotBuilt(w http.ResponseWriter, r *http.Request) {
	contentType, body := "text/plain; charset=utf-8", notBuiltText
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		contentType, body = "text/html; charset=utf-8", notBuiltHTML
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept")
	w.WriteHeader(http.StatusServiceUnavailable)
	if r.Method != http.MethodHead {
		// The client may have gone; nobody is left to tell.
		_, _ = io.WriteString(w, body)
	}
}
