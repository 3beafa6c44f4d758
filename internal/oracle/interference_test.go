package oracle_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/oracle"
	"github.com/entgraph/entgraph/viewer"
)

// changesPerWorld is how many operations are asked before and after a change of what
// their viewer does not see.
const changesPerWorld = 250

// TestHiddenChangesShowNothing asks random operations, changes everything that the
// viewer does not see, and asks again: no answer may differ. The same change must show
// to the system, or it was none.
func TestHiddenChangesShowNothing(t *testing.T) {
	t.Parallel()
	for world := 0; world*changesPerWorld < *cases; world++ {
		s, size := *seed*2_000_000+uint64(world), sizes[world%len(sizes)]
		t.Run(fmt.Sprintf("seed %d size %d", s, size), func(t *testing.T) {
			t.Parallel()
			interfere(t, s, size, world)
		})
	}
}

// asked is an operation with its answer.
type asked struct {
	oracle.Case
	answer []byte
}

func interfere(t *testing.T, seed uint64, size, world int) {
	b := newBench(t, seed, size)
	system, others := b.views[0], b.views[1:]
	v := others[world%len(others)]
	operations, all := v.askRandom(t, b, seed, changesPerWorld), system.askRandom(t, b, seed, changesPerWorld/5)
	if err := changeHidden(t.Context(), b.api.DB.Write, v.viewer); err != nil {
		t.Fatal(err)
	}
	for _, o := range operations {
		again, err := v.Ask(o.Case)
		if err != nil || !bytes.Equal(again, o.answer) {
			t.Fatalf("%s sees what is hidden: %v\nbefore %s\nafter  %s\nkeep in testdata: %s", v.viewer, err, o.answer, again, v.kept(o.Case, seed, size))
		}
	}
	shows := slices.ContainsFunc(all, func(o asked) bool {
		again, err := system.Ask(o.Case)
		return err == nil && !bytes.Equal(again, o.answer)
	})
	if !shows && size > 12 {
		t.Error("the system sees no change, so that nothing was tested")
	}
}

func (v *view) askRandom(t *testing.T, b *bench, seed uint64, n int) []asked {
	t.Helper()
	g := oracle.NewGenerator(v.evaluator, b.world, maxPage, seed)
	out := make([]asked, n)
	for i := range out {
		c := g.Roll(g.Operation())
		answer, err := v.Ask(c)
		if err != nil {
			t.Fatalf("%v\n%s", err, v.kept(c, seed, 0))
		}
		out[i] = asked{c, answer}
	}
	return out
}

// changeHidden changes, removes and adds what a viewer does not see: the drafts of
// others with their links, and their e-mail addresses unless the viewer is an admin.
func changeHidden(ctx context.Context, db *pgxpool.Pool, v viewer.Viewer) error {
	const hidden = ` status = 'DRAFT' AND author_id IS DISTINCT FROM $1::uuid `
	statements := []string{
		`DELETE FROM public.taggings WHERE post_id IN (SELECT id FROM public.posts WHERE` + hidden + `) AND random() < 0.5`,
		`DELETE FROM public.posts WHERE` + hidden + `AND random() < 0.3`,
		`UPDATE public.posts SET title = 'changed ' || left(title, 100), body = 'x' || left(body, 1000), created_at = created_at + interval '1 year',
			published_at = now(), author_id = (SELECT id FROM public.users WHERE id IS DISTINCT FROM $1::uuid ORDER BY md5(id::text || posts.title) LIMIT 1) WHERE` + hidden,
		`INSERT INTO public.posts (title, body, status, author_id) SELECT title, body, 'DRAFT', author_id FROM public.posts WHERE author_id IS DISTINCT FROM $1::uuid LIMIT 20`,
		`INSERT INTO public.taggings (post_id, tag_id, position) SELECT p.id, t.id, 7 FROM public.posts p, public.tags t WHERE` + hidden + `ON CONFLICT DO NOTHING`,
	}
	if v.Role != "ADMIN" {
		statements = append(statements, `UPDATE public.users SET email = 'changed.' || left(md5(email), 10) || '@example.com' WHERE id IS DISTINCT FROM $1::uuid`)
	}
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(ctx, s, v.UserID); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
}
