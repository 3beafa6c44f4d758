package devpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// The helpers in this file call the system directly instead of package os.
// "go test" remembers the files of the module that a test opened through os and
// runs the test again when one changed; locks and links change on every run, so
// no result would ever come from the test cache.

// pollPause is how often a lock or a file is looked at while waiting for it.
const pollPause = 5 * time.Millisecond

// open opens the file at path with flags of the system.
func open(path string, flags int) (*os.File, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		return os.NewFile(uintptr(fd), path), nil
	}
}

// readFile returns the text of a file.
func readFile(path string) (string, error) {
	f, err := open(path, unix.O_RDONLY)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	return string(text), err
}

// writeNew writes a small file that everybody may read unless it is there.
func writeNew(path, text string) error {
	f, err := open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Chmod(0o644), f.Close())
}

// globDir returns the paths in dir whose names match pattern, in order. A
// missing folder has none.
func globDir(dir, pattern string) ([]string, error) {
	d, err := open(dir, unix.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var paths []string
	for _, name := range names {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return nil, fmt.Errorf("match %s: %w", pattern, err)
		}
		if ok {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths, nil
}

// remove removes the file at path, which may be missing.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// openLock opens the lock file at path and makes it if it is missing.
func openLock(path string) (*os.File, error) {
	return open(path, unix.O_RDWR|unix.O_CREAT)
}

// tryLock takes the lock file at path for this process alone and returns nil
// without an error when somebody else has it. Closing the file gives it back.
func tryLock(path string) (*os.File, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	ok, err := flock(f, unix.LOCK_EX)
	if err != nil || !ok {
		f.Close()
		return nil, err
	}
	return f, nil
}

// waitLock is tryLock that waits until the lock is free or ctx ends. How is
// unix.LOCK_EX or unix.LOCK_SH.
func waitLock(ctx context.Context, path string, how int) (*os.File, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	for {
		ok, err := flock(f, how)
		if ok {
			return f, nil
		}
		if err == nil {
			err = pause(ctx, pollPause)
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("wait for lock %s: %w", path, err)
		}
	}
}

// flock tries to lock f without waiting and says whether it worked.
func flock(f *os.File, how int) (bool, error) {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case errors.Is(err, unix.EINTR):
		default:
			return false, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
	}
}

// pause waits for d and returns early with the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// makeDir makes the folder path if it is missing, with exactly these
// permissions whatever the umask.
func makeDir(path string, mode uint32) error {
	err := unix.Mkdir(path, mode)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	if err == nil {
		err = unix.Chmod(path, mode)
	}
	if err != nil {
		return &fs.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return nil
}

// checkOwn refuses path unless it is a real folder of user uid. Names in shared
// folders such as /var/tmp can be guessed, so somebody else may have been first.
func checkOwn(path string, uid int) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return fmt.Errorf("%s is not a folder; remove it", path)
	}
	if int(st.Uid) != uid {
		return fmt.Errorf("%s belongs to user id %d instead of %d; remove it", path, st.Uid, uid)
	}
	return nil
}

// ownerOf returns the user id that owns path.
func ownerOf(path string) (uid int, err error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return 0, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	return int(st.Uid), nil
}
