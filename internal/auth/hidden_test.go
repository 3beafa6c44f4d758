package auth

import (
	"errors"
	"strconv"
	"testing"
	"time"
)

// A window begins with the first write and ends by itself; the number of clients is bounded.
func TestHiddenInMemory(t *testing.T) {
	t.Parallel()
	h, err := NewHidden(Limits{SignUp: 2, Window: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for i, tc := range []struct {
		after   time.Duration
		clients []string
		wait    time.Duration
	}{
		{0, []string{"a", "u"}, 0},
		{time.Second, []string{"a"}, 0},
		{2 * time.Second, []string{"a"}, 58 * time.Second},
		{2 * time.Second, []string{"b", "u"}, 0},
		{3 * time.Second, []string{"b", "u"}, 57 * time.Second}, // the user's window, who counts nothing for b
		{3 * time.Second, []string{"b"}, 0},
		{3 * time.Second, []string{"b"}, 59 * time.Second},
		{time.Minute, []string{"a", "u"}, 0},
	} {
		err := h.count(start.Add(tc.after), tc.clients)
		var limit *LimitError
		if errors.As(err, &limit) != (tc.wait > 0) || limit != nil && limit.Wait != tc.wait {
			t.Errorf("%d: %v, want to wait %s", i, err, tc.wait)
		}
	}
	for i := range 2 * maxCounted {
		if err := h.count(start, []string{strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.counts.Len(); n != maxCounted {
		t.Errorf("%d clients are counted", n)
	}
}
