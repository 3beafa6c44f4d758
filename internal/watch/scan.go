package watch

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// source is a file that matters, as it was when it was read last.
type source struct {
	kind Kind // 0: it does not matter, as a generated one
	sum  [sha256.Size]byte

	size     int64
	modified time.Time
}

// tree is a folder's sources by their paths, and the folders that they are in.
type tree struct {
	files map[string]source
	dirs  []string // on disk
}

// scan reads the sources below root. Those that have the size and the time of before are not
// read again.
func scan(root string, before map[string]source) (tree, error) {
	t := tree{files: map[string]source{}}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		name, rerr := filepath.Rel(root, p)
		name = filepath.ToSlash(name)
		switch {
		case rerr != nil:
			return rerr
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone since its folder was read
		case errors.Is(err, fs.ErrPermission) && name != ".":
			return nil // such as the data of a container; nothing in it is a source
		case err != nil:
			return err
		case d.IsDir() && name != "." && (skipped(name) || isModule(p)):
			return filepath.SkipDir
		case d.IsDir():
			t.dirs = append(t.dirs, p)
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		return t.add(name, p, d, before)
	})
	if err != nil {
		return tree{}, fmt.Errorf("look for changed sources: %w", err)
	}
	return t, nil
}

func (t *tree) add(name, path string, d fs.DirEntry, before map[string]source) error {
	if kindOf(name, nil) == 0 {
		return nil
	}
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// Within a moment of a change another one need not show in the time.
	const moment = 50 * time.Millisecond
	old, ok := before[name]
	if ok && old.size == info.Size() && old.modified.Equal(info.ModTime()) && time.Since(old.modified) > moment {
		t.files[name] = old
		return nil
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(content) == 0 { // somebody is about to write it; that is told, too
		if ok {
			t.files[name] = old
		}
		return nil
	}
	t.files[name] = source{kindOf(name, content), sha256.Sum256(content), info.Size(), info.ModTime()}
	return nil
}

// isModule reports whether a folder holds a module of its own.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
