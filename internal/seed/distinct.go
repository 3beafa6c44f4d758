package seed

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// tries is how often a row gets other values for its unique keys.
const tries = 60

// distinct gives a row values of its own in every unique key and takes them. It reports
// false when none were found.
func (f *filler) distinct(r *row) (bool, error) {
	for try := range tries {
		u := f.clash(r)
		if u == nil {
			f.take(r)
			return true, nil
		}
		f.number++
		r.number = f.number
		// The values change first and what the row belongs to later.
		changed := false
		for _, c := range u.columns {
			if f.t.refOf(c) == nil && slices.Contains(f.columns, c) {
				changed = true
				if err := f.set(r, c, try/10); err != nil {
					return false, err
				}
			}
		}
		for _, c := range u.columns {
			if k := f.t.refOf(c); k != nil && (!changed || try%4 == 3) {
				f.refer(r, k)
			}
		}
	}
	return false, nil
}

// clash finds a unique key of which another row has the values.
func (f *filler) clash(r *row) *unique {
	for _, u := range f.t.uniques {
		if h, whole := u.hash(r.list(u.columns)); whole {
			if _, taken := u.seen[h]; taken {
				return u
			}
		}
	}
	return nil
}

func (f *filler) take(r *row) {
	for _, u := range f.t.uniques {
		if h, whole := u.hash(r.list(u.columns)); whole {
			u.seen[h] = struct{}{}
		}
	}
}

// release gives the values of a row back.
func (f *filler) release(r *row) {
	for _, u := range f.t.uniques {
		if h, whole := u.hash(r.list(u.columns)); whole {
			delete(u.seen, h)
		}
	}
}

// hash tells the values of a key from others; case does not count, for indexes of lower().
// It reports false for a key that is unlike all others because of a null.
func (u *unique) hash(values []any) (uint64, bool) {
	h := fnv.New64a()
	for _, v := range values {
		var text string
		switch v := v.(type) {
		case nil:
			if !u.nulls {
				return 0, false
			}
		case string:
			text = strings.ToLower(v)
		case time.Time:
			text = v.UTC().Format(time.RFC3339Nano)
		case [16]byte:
			text = uuid.UUID(v).String()
		case []byte:
			text = hex.EncodeToString(v)
		default:
			text = fmt.Sprint(v)
		}
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return h.Sum64(), true
}

// remember takes the values of rows that are there already and finds where ids go on.
func (f *filler) remember(ctx context.Context) error {
	f.proto.next = func() int64 { f.last++; return f.last }
	for _, c := range f.t.key {
		if c.typ == "smallint" || c.typ == "integer" || c.typ == "bigint" {
			if err := f.s.Tx.QueryRow(ctx, fmt.Sprintf("SELECT coalesce(max(%s), 0) FROM %s", sqltext.Ident(c.name), sqltext.Ident(f.t.name))).Scan(&f.last); err != nil {
				return fmt.Errorf("look into table %s: %w", f.t.name, err)
			}
		}
	}
	for _, u := range f.t.uniques {
		clear(u.seen)
		columns := make([]string, len(u.columns))
		for i, c := range u.columns {
			columns[i] = c.name
		}
		rows, err := f.s.Tx.Query(ctx, "SELECT "+sqltext.Idents(columns)+" FROM "+sqltext.Ident(f.t.name))
		if err != nil {
			return fmt.Errorf("look into table %s: %w", f.t.name, err)
		}
		defer rows.Close()
		for rows.Next() {
			values, err := rows.Values()
			if err != nil {
				return fmt.Errorf("look into table %s: %w", f.t.name, err)
			}
			if h, whole := u.hash(values); whole {
				u.seen[h] = struct{}{}
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("look into table %s: %w", f.t.name, err)
		}
	}
	return nil
}
