package seed

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// stage is a temporary table without constraints, in which Postgres says of candidates
// which CHECKs they would break.
const (
	stage      = "entgraph_seed_candidates"
	stagePlace = "entgraph_seed_place"
)

// rounds is how often rows that break a CHECK get other values. In the first ones they are
// of the same kind: two numbers of which one must not be larger need no more.
const (
	rounds     = 40
	sameRounds = 5
)

// mend gives other values to rows that break a CHECK, until all rows are right.
func (f *filler) mend(ctx context.Context, rows []*row) ([]*row, error) {
	if len(f.t.checks) == 0 || len(rows) == 0 {
		return rows, nil
	}
	broken, err := f.judge(ctx, rows)
	hopeless := make([]bool, len(f.t.checks)) // no value of the best shape passes
	for j := range f.t.checks {
		hopeless[j] = len(broken) == len(rows) && !slices.ContainsFunc(broken, func(b verdict) bool { return b.passes[j] })
	}
	for round := 1; err == nil && len(broken) > 0; round++ {
		if round > rounds {
			return nil, f.unmended(broken[0])
		}
		offset := max(0, round-sameRounds)
		pending := make([]*row, 0, len(broken))
		for _, b := range broken {
			f.release(b.row)
			ok, err := f.redo(b, offset)
			if err != nil {
				return nil, err
			}
			if !ok {
				rows = slices.DeleteFunc(rows, func(r *row) bool { return r == b.row })
				continue
			}
			pending = append(pending, b.row)
		}
		before := broken
		if broken, err = f.judge(ctx, pending); err == nil && offset > 0 {
			f.prefer(before, broken, hopeless, offset)
		}
	}
	return rows, err
}

// verdict says which CHECKs a row passes.
type verdict struct {
	row    *row
	passes []bool
}

// judge asks Postgres and gives the rows that break a CHECK.
func (f *filler) judge(ctx context.Context, rows []*row) ([]verdict, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	if !f.staged {
		_, err := f.s.Tx.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED, %s int) ON COMMIT DROP", stage, sqltext.Ident(f.t.name), stagePlace))
		if err != nil {
			return nil, fmt.Errorf("make a table of candidates for %s: %w", f.t.name, err)
		}
		f.staged = true
	}
	columns := []string{stagePlace}
	for _, c := range f.columns {
		columns = append(columns, c.name)
	}
	source := pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		return append([]any{i}, rows[i].list(f.columns)...), nil
	})
	if _, err := f.s.Tx.CopyFrom(ctx, pgx.Identifier{stage}, columns, source); err != nil {
		return nil, fmt.Errorf("try rows of table %s: %w; write the app's own Seed function", f.t.name, err)
	}
	tests := make([]string, len(f.t.checks))
	for i, c := range f.t.checks {
		tests[i] = "coalesce((" + c.expression + "), true)"
	}
	found, err := f.s.Tx.Query(ctx, fmt.Sprintf("WITH gone AS (DELETE FROM %s RETURNING *) SELECT %s, ARRAY[%s] FROM gone WHERE NOT (%s) ORDER BY 1",
		stage, stagePlace, strings.Join(tests, ", "), strings.Join(tests, " AND ")))
	if err != nil {
		return nil, fmt.Errorf("check rows of table %s: %w", f.t.name, err)
	}
	broken, err := pgx.CollectRows(found, func(r pgx.CollectableRow) (v verdict, err error) {
		var place int
		err = r.Scan(&place, &v.passes)
		if err == nil {
			v.row = rows[place]
		}
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("check rows of table %s: %w", f.t.name, err)
	}
	return broken, nil
}

// redo gives other values to the columns of broken CHECKs. It reports false when unique
// keys leave none.
func (f *filler) redo(b verdict, offset int) (bool, error) {
	for j, k := range f.t.checks {
		if b.passes[j] || f.redoRefs(b.row, k, offset) {
			continue
		}
		for _, c := range k.columns {
			key := f.t.refOf(c)
			switch {
			case key != nil:
				f.refer(b.row, key)
			case !slices.Contains(f.columns, c):
			case !c.notNull && offset > 0 && b.row.IntN(2) == 0:
				b.row.values[c] = nil
			default:
				if err := f.set(b.row, c, offset); err != nil {
					return false, err
				}
			}
		}
	}
	return f.distinct(b.row)
}

// redoRefs gives other values to foreign keys, if a CHECK speaks of several that may all be null:
// at first one of them leads somewhere, which is what most such CHECKs ask for.
func (f *filler) redoRefs(r *row, k *check, offset int) bool {
	refs := f.t.choice(k)
	if refs == nil {
		return false
	}
	chosen := refs[r.IntN(len(refs))]
	for _, ref := range refs {
		for _, c := range ref.columns {
			r.values[c] = nil
		}
		if list := f.parents[ref]; len(list) > 0 && (ref == chosen || offset > 0 && r.IntN(2) == 0) {
			f.lead(r, ref, list)
		}
	}
	return true
}

// choice lists the foreign keys that a CHECK speaks of, when it speaks of nothing else, of two or
// more, and each may be null; else nil.
func (t *table) choice(k *check) []*ref {
	var refs []*ref
	for _, c := range k.columns {
		ref := t.refOf(c)
		if ref == nil || ref.required() {
			return nil
		}
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	if len(refs) < 2 {
		return nil
	}
	return refs
}

// oneOfSeveral reports whether a foreign key is in such a choice. Then it is not set once the
// CHECK has passed.
func (t *table) oneOfSeveral(r *ref) bool {
	return slices.ContainsFunc(t.checks, func(k *check) bool { return slices.Contains(t.choice(k), r) })
}

// prefer remembers the shape that passes a CHECK which no value of the best one has passed.
func (f *filler) prefer(before, after []verdict, hopeless []bool, offset int) {
	still, moved := map[*row]verdict{}, map[*column]bool{}
	for _, v := range after {
		still[v.row] = v
	}
	for j, k := range f.t.checks {
		passed := slices.ContainsFunc(before, func(b verdict) bool {
			now, broken := still[b.row]
			return !b.passes[j] && (!broken || now.passes[j])
		})
		if !hopeless[j] || !passed {
			continue
		}
		hopeless[j] = false
		for _, c := range k.columns {
			if len(c.shapes) > 0 && !moved[c] {
				moved[c] = true
				c.best = (c.best + offset) % len(c.shapes)
			}
		}
	}
}

// unmended names the CHECK that defeated a row.
func (f *filler) unmended(b verdict) error {
	k := f.t.checks[slices.Index(b.passes, false)]
	var columns []string
	for _, c := range k.columns {
		columns = append(columns, c.name)
	}
	return fmt.Errorf("table %s cannot be filled: no values for column %s were found that the CHECK %s lets pass: %s; write the app's own Seed function",
		f.t.name, strings.Join(columns, " and "), k.name, k.expression)
}
