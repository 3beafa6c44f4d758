package folder

import (
	"fmt"
	"io/fs"
	"strconv"
)

const (
	// Head is the newest version of the directory, for [ParseTarget].
	Head = "head"
	// Base is the state before the first migration.
	Base = "base"
)

// ParseTarget reads what a person wrote as the goal of up or down: a number of files, a
// version of the directory, "head" or "base". A text that is both a version and a
// number, as in directories that count their files, is the version. The result is a
// count, or a version, [Base] or "" for head.
func ParseTarget(dir fs.FS, text string) (count int, version string, err error) {
	d, err := Open(dir)
	if err != nil {
		return 0, "", err
	}
	switch {
	case text == "" || text == Head:
		return 0, "", nil
	case text == Base || d.ByVersion(text) != nil:
		return 0, text, nil
	}
	// A longer one is a version with a slip of the pen.
	if n, err := strconv.Atoi(text); err == nil && n > 0 && len(text) <= 3 {
		return n, "", nil
	}
	return 0, "", fmt.Errorf("find %q: want a number of files, a version of the directory, %s or %s", text, Head, Base)
}

// Newest gives the newest version of a directory.
func Newest(dir fs.FS) (string, error) {
	d, err := Open(dir)
	if err != nil {
		return "", err
	}
	if len(d.Files) == 0 {
		return "", fmt.Errorf("find the newest version: the directory has no migration")
	}
	return d.Last(), nil
}
