package devpg

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

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
	if dev := filepath.Dir(p.base); dev == filepath.Join(p.root, ".dev") {
		if err := makeDir(dev, 0o755); err != nil {
			return err
		}
		if err := ignore(dev); err != nil {
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
	return nil
}

// testDir holds what the test processes of this checkout share.
func (p place) testDir() string { return filepath.Join(p.base, "test") }

// ignore keeps the folder dir out of version control.
func ignore(dir string) error {
	path := filepath.Join(dir, ".gitignore")
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o644)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	if err != nil {
		return &fs.PathError{Op: "create", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	if _, err := f.WriteString("*\n"); err != nil {
		f.Close()
		return fmt.Errorf("ignore %s: %w", dir, err)
	}
	return f.Close()
}

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
