package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/key"
)

// Key is where pgx scans a column to that holds ids, of whatever type: Scan(postgres.Key(&id)).
// NULL gives the zero key.
func Key(k *key.Key) any { return &keyScanner{k} }

// RowToKey collects rows of one column that holds ids; see [pgx.CollectRows].
func RowToKey(row pgx.CollectableRow) (k key.Key, err error) {
	err = row.Scan(Key(&k))
	return k, err
}

// keyScanner has a method for each type of Postgres; the type of the column chooses.
type keyScanner struct{ key *key.Key }

var (
	_ pgtype.UUIDScanner  = (*keyScanner)(nil)
	_ pgtype.Int64Scanner = (*keyScanner)(nil)
	_ pgtype.TextScanner  = (*keyScanner)(nil)
)

func (s *keyScanner) ScanUUID(v pgtype.UUID) error { return s.set(v.Valid, key.UUID(v.Bytes)) }

func (s *keyScanner) ScanInt64(v pgtype.Int8) error { return s.set(v.Valid, key.Int(v.Int64)) }

func (s *keyScanner) ScanText(v pgtype.Text) error { return s.set(v.Valid, key.Text(v.String)) }

var errNoRow = errors.New("scan an id: there is no place for it")

func (s *keyScanner) set(valid bool, k key.Key) error {
	if s.key == nil {
		return errNoRow
	}
	if !valid {
		k = key.Key{}
	}
	*s.key = k
	return nil
}
