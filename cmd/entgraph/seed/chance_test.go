package seed

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestIDsSortByMicrosecond(t *testing.T) {
	t.Parallel()
	c := newChance(0)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var before uuid.UUID
	for range 3_000 {
		id := c.id(at)
		if bytes.Compare(before[:], id[:]) >= 0 {
			t.Fatalf("%s at %s does not sort after %s", id, at, before)
		}
		if id.Version() != 7 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%s has version %d and variant %s", id, id.Version(), id.Variant())
		}
		before, at = id, at.Add(time.Microsecond)
	}
}
