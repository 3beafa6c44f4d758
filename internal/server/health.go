package server

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/entgraph/entgraph/internal/migrate"
)

// readyTimeout bounds the check of the database. An orchestrator asks every few
// seconds and gives up after about one.
const readyTimeout = time.Second

// tellAgain is how often the log says that the server is still not ready.
const tellAgain = time.Minute

// livez tells that the process runs; it asks nobody else, because a restart does not
// mend a database.
func livez(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz tells whether requests should come here.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if s.leaving.Load() {
		writeHealth(w, http.StatusServiceUnavailable, map[string]string{"status": "stopping"})
		return
	}
	status, answer := s.ready()
	writeHealth(w, status, answer)
}

// readiness is the last result of the check, which all callers share: anybody may ask for
// it as often as they like.
type readiness struct {
	mu     sync.Mutex
	at     time.Time
	status int
	answer map[string]string
	told   time.Time // when a failure was logged
}

// ready looks unless somebody has just done so. One looks at a time, and not for the
// client that happens to ask: neither its end nor its share of connections matters.
func (s *Server) ready() (status int, answer map[string]string) {
	r := &s.readiness
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) <= s.o.ReadyAge {
		return r.status, r.answer
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	answer = map[string]string{"status": "ok", "database": "ok", "schema": "ok"}
	state, err := s.gate.Status(ctx, s.status)
	if err != nil {
		answer["status"], answer["database"], answer["schema"] = "unavailable", "cannot be reached", "unknown"
	} else if err = state.Err(); err != nil {
		answer["status"], answer["schema"] = "unavailable", reason(err)
	}
	status = http.StatusOK
	if err != nil {
		status = http.StatusServiceUnavailable
	}
	if changed := !maps.Equal(answer, r.answer); err != nil && (changed || time.Since(r.told) >= tellAgain) {
		// The details are for the operator: the path is open to everybody.
		s.o.Log.WarnContext(ctx, "not ready", "error", err)
		r.told = time.Now()
	} else if err == nil && changed && r.answer != nil {
		s.o.Log.InfoContext(ctx, "ready again")
	}
	r.at, r.status, r.answer = time.Now(), status, answer
	return status, answer
}

// reason is what is wrong without its details.
func reason(err error) string {
	var state *migrate.StateError
	if errors.As(err, &state) {
		return state.Reason.Error()
	}
	return "does not fit"
}

func writeHealth(w http.ResponseWriter, status int, answer map[string]string) {
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(mustMarshal(answer), '\n'))
}
