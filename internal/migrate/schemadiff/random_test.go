package schemadiff_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

var (
	randomPairs = flag.Int("pairs", 40, "how many random pairs of schemas to compare")
	randomSeed  = flag.Uint64("seed", 1, "the `number` of the first pair")
)

// Random changes of random schemas on tables with rows lead where they should, and
// back. A failing pair is run again with -seed N -pairs 1.
func TestRandomPairs(t *testing.T) {
	t.Parallel()
	const workers = 4
	for w := range workers {
		t.Run(strconv.Itoa(w), func(t *testing.T) {
			t.Parallel()
			r := newRing(t)
			for i := w; i < *randomPairs; i += workers {
				r.pair(*randomSeed + uint64(i))
				if t.Failed() {
					return
				}
			}
		})
	}
}

// ring is three databases that are used again and again: making one is slower than
// emptying it.
type ring struct {
	t                      *testing.T
	filled, fresh, scratch database
}

func newRing(t *testing.T) *ring {
	return &ring{t, open(t, ""), open(t, ""), open(t, "")}
}

const emptySchema = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'standard public schema';\n"

func (r *ring) pair(seed uint64) {
	t := r.t
	m := newModel(rand.New(rand.NewPCG(seed, 1)))
	base := m.sql()
	rows := m.rows()
	m.before = base
	m.change()
	after := m.sql()
	r.filled.run(t, emptySchema+base+rows)
	r.fresh.run(t, emptySchema+after)
	start, want := r.read(r.filled), r.read(r.fresh)
	expand := seed%3 == 0
	plan := func(a schemadiff.Answers) ([]schemadiff.File, error) {
		r.scratch.run(t, emptySchema+base)
		return schemadiff.Plan(t.Context(), r.scratch.conn, want, schemadiff.Options{Flags: a, Online: seed%2 == 0, Expand: expand, Down: true})
	}
	files, answers, err := decide(plan, append(m.flags, "--allow-drop *"))
	if errors.Is(err, schemadiff.ErrExpand) {
		expand = false
		files, answers, err = decide(plan, append(m.flags, "--allow-drop *"))
	}
	fail := func(what string, err any) {
		t.Errorf("pair %d: %s: %v\n%v\n%s\nbase:\n%s\nafter:\n%s\nrows:\n%s", seed, what, err, answers.Flags(), script(files), base, after, rows)
	}
	if err != nil {
		fail("plan", err)
		return
	}
	if base == after && len(files) > 0 {
		fail("plan", "there is nothing to do")
		return
	}
	j := &judge{t: t, filled: r.filled, files: files, answers: answers}
	before := j.count()
	for _, f := range files {
		if err := r.filled.apply(t, f.Up, f.Tx); err != nil {
			fail("up", err)
			return
		}
	}
	if left := r.read(r.filled).Diff(want); len(left) > 0 {
		fail("up", left)
	}
	for table, n := range j.count() {
		if before[table] > n {
			fail("rows of "+table, n)
		}
	}
	for _, f := range slices.Backward(files) {
		if err := r.filled.apply(t, f.Down, !f.DownBare); err != nil {
			fail("down", err)
			return
		}
	}
	if left := r.read(r.filled).Diff(start); len(left) > 0 {
		fail("down", left)
	}
	j.sequences()
}

func (r *ring) read(d database) *schemadiff.State {
	r.t.Helper()
	s, err := schemadiff.Read(r.t.Context(), d.conn)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}
