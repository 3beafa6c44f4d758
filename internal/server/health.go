package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/entgraph/entgraph/internal/migrate"
)

// readyTimeout bounds the check of the database. An orchestrator asks every few
// seconds and gives up after about one.
const readyTimeout = time.Second

// livez tells that the process runs; it asks nobody else, because a restart does not
// mend a database.
func livez(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz tells whether requests should come here.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.leaving.Load() {
		writeHealth(w, http.StatusServiceUnavailable, map[string]string{"status": "stopping"})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	answer := map[string]string{"status": "ok", "database": "ok", "schema": "ok"}
	status, err := s.gate.Status(ctx, s.status)
	if err != nil {
		answer["status"], answer["database"], answer["schema"] = "unavailable", "cannot be reached", "unknown"
	} else if err = status.Err(); err != nil {
		answer["status"], answer["schema"] = "unavailable", reason(err)
	}
	if err == nil {
		writeHealth(w, http.StatusOK, answer)
		return
	}
	// The details are for the operator: the path is open to everybody.
	s.o.Log.WarnContext(ctx, "not ready", "error", err)
	writeHealth(w, http.StatusServiceUnavailable, answer)
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
