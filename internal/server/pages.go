package server

import (
	"context"
	"net/http"
	"os"

	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/example"
	"github.com/entgraph/entgraph/web"
)

func (s *Server) pages() http.Handler {
	return web.Handler(web.Options{
		Endpoint: s.Endpoint(), Playground: s.o.Playground, Name: s.o.Name, Examples: s.examples(),
		Development: s.o.Development != "",
	})
}

// development tells what happens to the sources, as the program that watches them has written
// it last.
func (s *Server) development(w http.ResponseWriter, r *http.Request) {
	text, err := os.ReadFile(s.o.Development)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text)
}

// examples are those of the app, or else some that tell no more of the schema than clients
// may read.
func (s *Server) examples() []web.Example {
	switch {
	case !s.o.Playground:
		return nil
	case s.o.Examples != nil:
		// Not s.documents: what is wrong is told to developers, and nothing has to be kept.
		documents := document.New(s.schema.Schema(), document.Options{Suggestions: true, CacheBytes: -1})
		examples, err := example.Read(context.Background(), s.o.Examples, documents)
		if err != nil {
			s.o.Log.Warn("playground examples left out", "error", err)
		}
		return examples
	case s.o.Introspection:
		return example.Make(s.schema.Schema())
	}
	return nil
}
