package codegen

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// lockFile is held by the one process that generates in a module; it says which.
const lockFile = workFolder + "/lock"

// lock waits until no other process generates here: each would take what the other writes for
// what was there before, and put it back. It tells out for whom it waits. Closing the file ends it.
func lock(out io.Writer) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(lockFile), 0o755); err != nil {
		return nil, fmt.Errorf("lock the generated files: %w", err)
	}
	f, err := os.OpenFile(lockFile, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the generated files: %w", err)
	}
	err = flock(f, unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		who, _ := os.ReadFile(lockFile) // for people alone
		fmt.Fprintf(out, "waiting for %s, which generates here too ...\n", strings.TrimSpace("process "+string(who)))
		err = flock(f, 0)
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the generated files: %w", err), f.Close())
	}
	return f, nil
}

// flock takes a lock for this process alone.
func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|how); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
