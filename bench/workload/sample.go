package workload

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Sample is what the requests ask for.
type Sample struct {
	Users    []uuid.UUID
	Searches []Search
	Places   []Place
	Tags     []string
	Since    []time.Time
}

// Search is a word in the titles of posts after a time.
type Search struct {
	Word  string
	After time.Time
}

// Place is a post in the list of all that are visible, the newest first, with the
// cursor by which each server knows the place. [Sample.Take] knows those of the
// servers whose cursors are open; entgraph is asked for its own.
type Place struct {
	ID        uuid.UUID
	CreatedAt time.Time
	Cursors   map[Server]string
}

// How many different requests a workload has, where there are as many rows.
const (
	manyUsers = 512
	many      = 64
	fewSince  = 16
)

// words are in the titles of the sample data, some often and some seldom.
var words = []string{"about", "guide", "Notes", "practice", "mistakes", "year", "quiet", "debugged", "blame", "impatient"}

// Take samples the database, in the same way in every run. With published, drafts are
// hidden and no places.
func Take(ctx context.Context, conn *pgx.Conn, published bool) (*Sample, error) {
	s, random := &Sample{}, rand.New(rand.NewPCG(2026, 7))
	var err error
	if s.Users, err = shuffled[uuid.UUID](ctx, conn, random, manyUsers, "SELECT id FROM users ORDER BY id"); err != nil {
		return nil, err
	}
	if s.Tags, err = shuffled[string](ctx, conn, random, many, "SELECT name FROM tags ORDER BY id"); err != nil {
		return nil, err
	}
	times, err := list[time.Time](ctx, conn, "SELECT created_at FROM posts ORDER BY created_at DESC")
	if err != nil {
		return nil, err
	}
	if len(s.Users) == 0 || len(s.Tags) == 0 || len(times) == 0 {
		return nil, fmt.Errorf("sample the database: there is no data")
	}
	for range many {
		// The newest twentieth, give or take a tenth of it.
		n := len(times) / 20
		s.Searches = append(s.Searches, Search{words[random.IntN(len(words))], times[n-n/10+random.IntN(n/5+1)].UTC()})
	}
	for range fewSince {
		s.Since = append(s.Since, times[len(times)-1-random.IntN(len(times)/4+1)].UTC())
	}
	s.Places, err = places(ctx, conn, random, published)
	return s, err
}

// authors are those who write in W5.
func (s *Sample) authors() []uuid.UUID { return s.Users[:min(many, len(s.Users))] }

// SignIn makes sessions for the authors.
func (s *Sample) SignIn(ctx context.Context, conn *pgx.Conn) error {
	for _, id := range s.authors() {
		sum := sha256.Sum256([]byte(token(id)))
		_, err := conn.Exec(ctx, `INSERT INTO sessions (user_id, token_hash, used_at, expires_at)
			VALUES ($1, $2, now() + interval '1 hour', now() + interval '1 day') ON CONFLICT DO NOTHING`, id, sum[:])
		if err != nil {
			return fmt.Errorf("make sessions: %w", err)
		}
	}
	return nil
}

// token is that of an author's session: 43 characters of base64url.
func token(id uuid.UUID) string {
	sum := sha256.Sum256(id[:])
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func cookie(id uuid.UUID) string { return "__Host-entgraph_session=" + token(id) }

// places takes posts from the older half of the list.
func places(ctx context.Context, conn *pgx.Conn, random *rand.Rand, published bool) ([]Place, error) {
	query := "SELECT id, created_at FROM posts ORDER BY created_at DESC, id"
	if published {
		query = strings.Replace(query, "ORDER", "WHERE status = 'PUBLISHED' ORDER", 1)
	}
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("sample the database: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Place, error) {
		var p Place
		err := row.Scan(&p.ID, &p.CreatedAt)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("sample the database: %w", err)
	}
	var out []Place
	for range many {
		// Not the last page, so that every answer is as long.
		from, to := len(all)/2, max(len(all)/2+1, len(all)-25)
		p := all[from+random.IntN(to-from)]
		p.Cursors = map[Server]string{Limit: limitCursor(p), LimitNoSnapshot: limitCursor(p), Stock: stockCursor(p)}
		out = append(out, p)
	}
	return out, nil
}

// limitCursor is the time in Postgres' binary form and the id, in base 64.
func limitCursor(p Place) string {
	micros := p.CreatedAt.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Microseconds()
	raw := binary.BigEndian.AppendUint64(nil, uint64(micros))
	return base64.RawURLEncoding.EncodeToString(append(raw, p.ID[:]...))
}

func stockCursor(p Place) string {
	var b strings.Builder
	entgql.Cursor[uuid.UUID]{ID: p.ID, Value: []any{p.CreatedAt}}.MarshalGQL(&b)
	return strings.Trim(b.String(), `"`)
}

// shuffled gives at most so many values of a query, in random order.
func shuffled[T any](ctx context.Context, conn *pgx.Conn, random *rand.Rand, most int, query string) ([]T, error) {
	all, err := list[T](ctx, conn, query)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(most, len(all))], err
}

func list[T any](ctx context.Context, conn *pgx.Conn, query string) ([]T, error) {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("sample the database: %w", err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		return nil, fmt.Errorf("sample the database: %w", err)
	}
	return values, nil
}
