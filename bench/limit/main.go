// Command limit answers the benchmark's workloads as fast as we know how: flat SQL by
// hand, one statement per level, prepared once; pgx's connection pool; binary rows; and
// JSON appended in Go. There is no GraphQL. It is what entgraph is measured against.
//
// It gives what entgraph gives: the same rows in the same order with the same limits,
// each answer from one snapshot, and a statement stops when its client goes away. With
// -snapshot=false the statements of an answer are separate transactions at read
// committed, which tells what the snapshot costs.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	var o options
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.StringVar(&o.database, "database", "", "address of the database")
	flag.IntVar(&o.pool, "pool", 16, "connections to the database")
	flag.BoolVar(&o.published, "published", false, "hide drafts")
	flag.BoolVar(&o.snapshot, "snapshot", true, "read each answer from one snapshot")
	flag.Parse()
	if err := serve(*addr, o); err != nil {
		fmt.Fprintln(os.Stderr, "limit:", err)
		os.Exit(1)
	}
}

func serve(addr string, o options) error {
	db, err := openStore(context.Background(), o)
	if err != nil {
		return err
	}
	defer db.close()
	return http.ListenAndServe(addr, routes(db))
}

func routes(db *store) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /user", answer(db.user))
	mux.Handle("GET /users", answer(db.users))
	mux.Handle("GET /search", answer(db.search))
	mux.Handle("GET /page", answer(db.page))
	mux.Handle("POST /post", answer(db.createPost))
	mux.Handle("GET /tagged", answer(db.tagged))
	mux.Handle("GET /months", answer(db.months))
	return mux
}

// answer writes what an endpoint appends to a pooled buffer.
func answer(endpoint func(*http.Request, []byte) ([]byte, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buf := buffers.Get().(*[]byte)
		defer buffers.Put(buf)
		out, err := endpoint(r, (*buf)[:0])
		*buf = out
		if err != nil {
			log.Print(err)
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h["Content-Type"] = contentType
		h["Content-Length"] = []string{itoa(len(out))}
		_, _ = w.Write(out)
	})
}
