package codegen

import (
	"fmt"
	"io"
	"os"
	"testing"
)

// Who generates waits for who does already, and says so.
func TestOneGeneratesAtATime(t *testing.T) {
	t.Chdir(t.TempDir())
	first, err := lock(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	said, says := io.Pipe()
	second := make(chan error, 1)
	go func() {
		f, err := lock(says)
		if err == nil {
			err = f.Close()
		}
		second <- err
	}()
	want := fmt.Sprintf("waiting for process %d, which generates here too ...\n", os.Getpid())
	line := make([]byte, len(want))
	if _, err := io.ReadFull(said, line); err != nil || string(line) != want {
		t.Fatalf("said %q (%v), want %q", line, err, want)
	}
	select {
	case err := <-second:
		t.Fatalf("did not wait: %v", err)
	default:
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Fatal(err)
	}
}
