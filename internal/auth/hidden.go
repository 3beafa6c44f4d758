package auth

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/viewer"
)

// maxCounted bounds the clients that are counted in memory, at some 200 bytes each. Of more,
// those who asked longest ago are forgotten.
const maxCounted = 50_000

// Hidden counts writes that tell whether a value is taken which the viewer may not see, such as
// somebody's e-mail address. Get one from [NewHidden]. It may be used by several goroutines.
//
// Where sign-in counts attempts in the database, it does so among the sign-ups, which tell the
// same. Elsewhere, where users sign in by another way, it counts in the memory of this process.
type Hidden struct {
	limits Limits
	mu     sync.Mutex
	counts *simplelru.LRU[string, tried]
}

// tried is how often something was tried in a window that ends.
type tried struct {
	count int
	ends  time.Time
}

// NewHidden makes the counts within limits: SignUp in a Window.
func NewHidden(limits Limits) (*Hidden, error) {
	counts, err := simplelru.NewLRU[string, tried](maxCounted, nil)
	if err != nil {
		return nil, fmt.Errorf("count hidden values: %w", err)
	}
	return &Hidden{limits: limits.withDefaults(), counts: counts}, nil
}

// Count counts a write: for the address that it comes from, and for the viewer, whatever address
// they use. It fails with a [LimitError], and then counts nothing. The caller must hold no
// connection.
func (h *Hidden) Count(ctx context.Context, v viewer.Viewer) error {
	if req := FromContext(ctx); req != nil && req.auth.sql.count != "" {
		return req.countHidden(ctx, v)
	}
	clients := []string{fair.Place(ctx)}
	if v.SignedIn() {
		clients = append(clients, "user "+v.UserID.String())
	}
	return h.count(time.Now(), clients)
}

func (h *Hidden) count(now time.Time, clients []string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var wait time.Duration
	for _, client := range clients {
		if t, ok := h.counts.Get(client); ok && t.count >= h.limits.SignUp {
			wait = max(wait, t.ends.Sub(now))
		}
	}
	if wait > 0 {
		return &LimitError{Wait: max(wait, time.Second)}
	}
	for _, client := range slices.Compact(clients) {
		t, ok := h.counts.Get(client)
		if !ok || !now.Before(t.ends) {
			t = tried{ends: now.Add(h.limits.Window)}
		}
		t.count++
		h.counts.Add(client, t)
	}
	return nil
}
