package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/postgres"
)

// open gives a DB on an empty database of its own.
func open(t *testing.T, change ...func(*postgres.Options)) *postgres.DB {
	t.Helper()
	return openAt(t, devpg.Empty(t), change...)
}

func openAt(t *testing.T, url string, change ...func(*postgres.Options)) *postgres.DB {
	t.Helper()
	o := postgres.Options{URL: url, MaxConns: 4, ConnectTimeout: 10 * time.Second}
	for _, f := range change {
		f(&o)
	}
	db, err := postgres.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func exec(t *testing.T, q postgres.Querier, sql string, args ...any) {
	t.Helper()
	if _, err := q.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// one reads the single value of a query.
func one[T any](t *testing.T, q postgres.Querier, sql string, args ...any) T {
	t.Helper()
	v, err := tryOne[T](t.Context(), q, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func tryOne[T any](ctx context.Context, q postgres.Querier, sql string, args ...any) (T, error) {
	var v T
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return v, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&v); err != nil {
			return v, err
		}
	}
	return v, rows.Err()
}
