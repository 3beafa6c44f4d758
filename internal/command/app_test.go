package command

import (
	"errors"
	"fmt"
	"net"
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

// When another app has the default port, development takes the next free one, and says so.
// An address that was asked for is had or refused.
func TestListenDev(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var out strings.Builder
	ln, err := (&app{stdout: &out}).listenDev(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if port := ln.Addr().(*net.TCPAddr).Port; !strings.Contains(out.String(), fmt.Sprintf("in use by another program; taking %d", port)) {
		t.Errorf("port %d, and it says %q", port, &out)
	}
	asked := &app{environ: []string{"ADDR=" + taken.Addr().String()}, stdout: &out}
	if _, err := asked.listenDev(taken.Addr().String()); err == nil || !strings.Contains(err.Error(), "choose another address with ADDR") {
		t.Errorf("an address that was asked for: %v", err)
	}
}
