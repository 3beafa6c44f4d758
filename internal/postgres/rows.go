package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// formats has the types that are sent in binary. All others come as text, the form
// in which database/sql and a sql.Scanner expect them.
var formats = pgx.QueryResultFormatsByOID{
	pgtype.BoolOID:        pgx.BinaryFormatCode,
	pgtype.ByteaOID:       pgx.BinaryFormatCode,
	pgtype.DateOID:        pgx.BinaryFormatCode,
	pgtype.Float4OID:      pgx.BinaryFormatCode,
	pgtype.Float8OID:      pgx.BinaryFormatCode,
	pgtype.Int2OID:        pgx.BinaryFormatCode,
	pgtype.Int4OID:        pgx.BinaryFormatCode,
	pgtype.Int8OID:        pgx.BinaryFormatCode,
	pgtype.TimestampOID:   pgx.BinaryFormatCode,
	pgtype.TimestamptzOID: pgx.BinaryFormatCode,
	pgtype.UUIDOID:        pgx.BinaryFormatCode,
}

// rows gives pgx's rows to Ent, which knows those of database/sql.
type rows struct {
	pgx.Rows
	peeked, more bool  // the first Next was done already, and its answer
	rest         []any // what is left to pgx in Scan; kept for the next row
}

// newRows reads up to the first row. pgx reports what the server refused only then,
// but Ent asks for the columns before it and would find none.
func newRows(r pgx.Rows) (*rows, error) {
	more := r.Next()
	if err := r.Err(); err != nil {
		r.Close()
		return nil, forEnt(err)
	}
	return &rows{Rows: r, peeked: true, more: more}, nil
}

func (r *rows) Next() bool {
	if r.peeked {
		r.peeked = false
		return r.more
	}
	return r.Rows.Next()
}

// Close ends the statement. Its error is that of the statement.
func (r *rows) Close() error {
	r.Rows.Close()
	return r.Err()
}

func (r *rows) Err() error { return forEnt(r.Rows.Err()) }

func (r *rows) Columns() ([]string, error) {
	fields := r.FieldDescriptions()
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names, nil
}

var errNoColumnTypes = errors.New("column types are known to database/sql only")

// ColumnTypes cannot be had: only database/sql can make a sql.ColumnType. Ent asks
// for them to scan an expression of unknown type and takes any value after the error.
func (r *rows) ColumnTypes() ([]*sql.ColumnType, error) { return nil, errNoColumnTypes }

// NextResultSet reports false: a statement has one result.
func (r *rows) NextResultSet() bool { return false }

// Scan copies the row into dest with the conversions of database/sql: a sql.Scanner,
// an any and a driver.Value get what pgx gives database/sql (a UUID, a numeric or an
// array as text, JSON as bytes, every integer as int64, times in UTC). Destinations
// that database/sql does not know, such as slices for arrays, follow pgx.
func (r *rows) Scan(dest ...any) error {
	if n := len(r.RawValues()); n != len(dest) {
		return fmt.Errorf("scan row: %d destinations for %d columns", len(dest), n)
	}
	r.rest = append(r.rest[:0], dest...)
	left := false
	for i := range dest {
		done, err := r.scanColumn(i, dest[i])
		if err != nil {
			return fmt.Errorf("scan column %q: %w", r.FieldDescriptions()[i].Name, err)
		}
		if done {
			r.rest[i] = nil // pgx skips it
		}
		left = left || !done
	}
	if !left {
		return nil
	}
	return r.Rows.Scan(r.rest...)
}

// scanColumn scans a column if its destination is one that database/sql knows.
func (r *rows) scanColumn(i int, dest any) (known bool, err error) {
	raw := r.RawValues()[i]
	if id, ok := dest.(*uuid.UUID); ok && r.isBinary(i, pgtype.UUIDOID) && len(raw) == len(id) {
		copy(id[:], raw) // spares the way over text
		return true, nil
	}
	if document, ok := dest.(*[]byte); ok && r.isArray(i) {
		return true, r.scanArray(i, document)
	}
	v, err := r.value(i)
	if err != nil {
		return true, err
	}
	return assign(v, dest)
}

func (r *rows) isBinary(i int, oid uint32) bool {
	f := r.FieldDescriptions()[i]
	return f.DataTypeOID == oid && f.Format == pgx.BinaryFormatCode
}

// value gives a column as database/sql would: nil, int64, float64, bool, []byte,
// string or time.Time. It is a copy.
func (r *rows) value(i int) (driver.Value, error) {
	raw := r.RawValues()[i]
	if raw == nil {
		return nil, nil
	}
	f := r.FieldDescriptions()[i]
	types := r.TypeMap()
	if t, ok := types.TypeForOID(f.DataTypeOID); ok {
		v, err := t.Codec.DecodeDatabaseSQLValue(types, f.DataTypeOID, f.Format, raw)
		if err != nil {
			return nil, fmt.Errorf("decode %s: %w", t.Name, err)
		}
		return v, nil
	}
	if f.Format == pgx.TextFormatCode {
		return string(raw), nil
	}
	return append([]byte(nil), raw...), nil
}
