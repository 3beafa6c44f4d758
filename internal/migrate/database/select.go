package database

import (
	"context"
	"io/fs"

	"github.com/entgraph/entgraph/internal/migrate/folder"
)

// UpPlan is what [Up] would do.
type UpPlan struct {
	Files []folder.File // in order
	SQL   []string      // of each
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
	d, err := folder.Open(dir)
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
		plan.SQL = append(plan.SQL, string(d.ByVersion(f.Version).Bytes()))
	}
	return plan, nil
}
