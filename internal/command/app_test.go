package command

import (
	"errors"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
)

// Without a Postgres for scratch databases it says what they are for, and the way without.
func TestNoScratchServer(t *testing.T) {
	t.Parallel()
	err := explainScratch(&devpg.NotFoundError{})
	for _, want := range []string{"scratch server", "PG_BIN", "stamp --force"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in: %v", want, err)
		}
	}
	if other := errors.New("other"); !errors.Is(explainScratch(other), other) || explainScratch(nil) != nil {
		t.Error("it explains another error")
	}
}
