package migrate

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
)

// Head is the newest version of the directory, for [ParseTarget].
const Head = "head"

// ParseTarget reads what a person wrote as the goal of up or down: a number of files, a
// version of the directory, "head" or "base". A text that is both a version and a
// number, as in directories that count their files, is the version. The result is a
// count, or a version, [Base] or "" for head.
func ParseTarget(dir fs.FS, text string) (count int, version string, err error) {
	d, err := openDirectory(dir)
	if err != nil {
		return 0, "", err
	}
	switch {
	case text == "" || text == Head:
		return 0, "", nil
	case text == Base || d.byVersion(text) != nil:
		return 0, text, nil
	}
	// A longer one is a version with a slip of the pen.
	if n, err := strconv.Atoi(text); err == nil && n > 0 && len(text) <= 3 {
		return n, "", nil
	}
	return 0, "", fmt.Errorf("find %q: want a number of files, a version of the directory, %s or %s", text, Head, Base)
}

// UpPlan is what [Up] would do.
type UpPlan struct {
	Files []File   // in order
	SQL   []string // of each
}

// PlanUp says what [Up] would do. It changes nothing and waits for no lock.
func PlanUp(ctx context.Context, url string, dir fs.FS, o UpOptions) (UpPlan, error) {
	st, err := ReadStatus(ctx, url, dir)
	if err != nil {
		return UpPlan{}, err
	}
	if err := st.upBlocked(); err != nil {
		return UpPlan{}, err
	}
	d, err := openDirectory(dir)
	if err != nil {
		return UpPlan{}, err
	}
	plan := UpPlan{}
	if plan.Files, err = selectPending(st, d, o); err != nil {
		return UpPlan{}, err
	}
	for i := range plan.Files {
		f := &plan.Files[i]
		if st.Partial != nil && st.Partial.Version == f.Version {
			f.Resumed = st.Partial.Applied
		}
		plan.SQL = append(plan.SQL, string(d.byVersion(f.Version).Bytes()))
	}
	return plan, nil
}

// Newest gives the newest version of a directory.
func Newest(dir fs.FS) (string, error) {
	d, err := openDirectory(dir)
	if err != nil {
		return "", err
	}
	if len(d.files) == 0 {
		return "", fmt.Errorf("find the newest version: the directory has no migration")
	}
	return d.last(), nil
}
