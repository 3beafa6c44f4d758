package devpg

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// sharedTemp outlives a reboot and can be entered by every account.
	sharedTemp = "/var/tmp"
	// shortTemp holds socket folders whose own path would be too long.
	shortTemp = "/tmp"
	// memory holds test clusters where the system offers it.
	memory = "/dev/shm"
	// roomInMemory is the least free space there, in bytes: a container's usual
	// 64 MB is used up by one test run.
	roomInMemory = 1 << 30
)

// place is where one checkout keeps its Postgres.
type place struct {
	root string // without symbolic links
	hash string // eight hex digits that stand for root
	base string // the folder of everything that outlives a process
}

// placeOf returns the place of the checkout at root and changes nothing.
func placeOf(root string) (place, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return place{}, fmt.Errorf("find repository root: %w", err)
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return place{}, fmt.Errorf("find repository root: %w", err)
	}
	p := place{root: abs, hash: hash8(abs)}
	own := filepath.Join(abs, ".dev", "pg")
	switch {
	case os.Geteuid() == 0:
		p.base = filepath.Join(sharedTemp, "entgraph-"+p.hash)
	case writable(own) || writable(abs) && !exists(own):
		p.base = own
	default: // a checkout that this user may only read
		p.base = filepath.Join(sharedTemp, "entgraph-"+p.hash+"-"+strconv.Itoa(os.Geteuid()))
	}
	return p, nil
}

// prepare makes the folders of the place.
func (p place) prepare() error {
	mode := uint32(0o700)
	if os.Geteuid() == 0 {
		mode = 0o755 // the account that runs the server must get through
	}
	if filepath.Dir(p.base) == sharedTemp && !exists(p.base) {
		if err := clearLitter(); err != nil {
			return err
		}
	}
	if dev := filepath.Dir(p.base); dev == filepath.Join(p.root, ".dev") {
		if err := makeDir(dev, 0o755); err != nil {
			return err
		}
		if err := writeNew(filepath.Join(dev, ".gitignore"), "*\n"); err != nil {
			return err
		}
	}
	for _, dir := range []string{p.base, p.testDir()} {
		if err := makeDir(dir, mode); err != nil {
			return err
		}
		if err := checkOwn(dir, os.Geteuid()); err != nil {
			return err
		}
	}
	// For people who wonder whose folder this is; its name is a hash.
	return writeNew(filepath.Join(p.base, "checkout"), p.root+"\n")
}

// clearLitter removes this user's folders of checkouts that are gone, such as
// temporary ones of tests, from the shared folder. One with dev data stays: its
// checkout may be on a disk that is not there today.
func clearLitter() error {
	dirs, err := globDir(sharedTemp, "entgraph-*")
	if err != nil {
		return fmt.Errorf("clear after checkouts that are gone: %w", err)
	}
	for _, dir := range dirs {
		if checkOwn(dir, os.Geteuid()) != nil {
			continue
		}
		root, err := readFile(filepath.Join(dir, "checkout"))
		if err != nil || exists(strings.TrimSuffix(root, "\n")) {
			continue
		}
		if data, err := globDir(dir, "data*"); err != nil || len(data) > 0 || exists(filepath.Join(dir, "container")) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("clear after a checkout that is gone: %w", err)
		}
	}
	return nil
}

// testDir holds what the test processes of this checkout share.
func (p place) testDir() string { return filepath.Join(p.base, "test") }

// testParents are the folders that may hold test clusters, the best first.
func (p place) testParents() []string {
	if freeBytes(memory) >= roomInMemory {
		return []string{memory, p.base}
	}
	return []string{p.base, memory}
}

// testPrefix begins the name of every test cluster of this checkout.
func (p place) testPrefix() string { return "entgraph-" + p.hash + "-" }

// socketDir returns the folder for the sockets of the cluster in dir: inside
// it, or in /tmp when the path would not fit into a socket address.
func socketDir(dir string) string {
	limit := 107 // bytes; Linux has 108 with the closing NUL
	if runtime.GOOS != "linux" {
		limit = 103
	}
	inside := filepath.Join(dir, "sock")
	if len(inside)+len("/.s.PGSQL.65535") <= limit {
		return inside
	}
	return filepath.Join(shortTemp, "entgraph-"+hash8(dir)+"-"+strconv.Itoa(os.Geteuid()))
}

func hash8(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

func exists(path string) bool { return unix.Access(path, unix.F_OK) == nil }

func writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }
