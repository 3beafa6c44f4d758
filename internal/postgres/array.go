package postgres

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// Ent keeps a slice as JSON, whatever its column: it sends the text of a document and expects
// one back. In a column of an array, such as text[], a document goes in as an array, and what
// comes out becomes a document again.

// arrayElements are the types of arrays that are made from documents, by the names that pgx has
// for the types of their elements.
var arrayElements = []string{"text", "varchar", "int2", "int4", "int8", "float4", "float8", "numeric", "bool", "timestamptz", "timestamp", "date", "time", "interval", "uuid", "inet", "cidr", "macaddr"}

// registerArrays lets a connection take documents for arrays.
func registerArrays(m *pgtype.Map) {
	for _, name := range arrayElements {
		element, ok := m.TypeForName(name)
		if !ok {
			continue
		}
		if t, ok := m.TypeForName("_" + name); ok {
			m.RegisterType(&pgtype.Type{Name: t.Name, OID: t.OID, Codec: documentCodec{&pgtype.ArrayCodec{ElementType: element}}})
		}
	}
}

// enumArrays lists the enums of a database and the arrays of them.
const enumArrays = "SELECT oid, typarray FROM pg_catalog.pg_type WHERE typtype = 'e' AND typarray <> 0"

// registerEnums does the same for arrays of enums of the database, by what [enumArrays] gave.
func registerEnums(m *pgtype.Map, rows [][][]byte) error {
	for _, row := range rows {
		element, err := strconv.ParseUint(string(row[0]), 10, 32)
		if err != nil {
			return fmt.Errorf("read the OID of an enum: %w", err)
		}
		array, err := strconv.ParseUint(string(row[1]), 10, 32)
		if err != nil {
			return fmt.Errorf("read the OID of an array: %w", err)
		}
		codec := &pgtype.ArrayCodec{ElementType: &pgtype.Type{Name: fmt.Sprint("enum ", element), OID: uint32(element), Codec: pgtype.TextCodec{}}}
		m.RegisterType(&pgtype.Type{Name: fmt.Sprint("enums ", element), OID: uint32(array), Codec: documentCodec{codec}})
	}
	return nil
}

// documentCodec is the codec of an array that takes a document as well, as text: what cannot be
// sent in binary, pgx sends as text.
type documentCodec struct{ *pgtype.ArrayCodec }

func (c documentCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(json.RawMessage); ok {
		return documentPlan{text: format == pgtype.TextFormatCode}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

type documentPlan struct{ text bool }

var errBinary = errors.New("a document is not sent as an array in binary")

// Encode writes the array of a document; that of null is NULL.
func (p documentPlan) Encode(value any, buf []byte) ([]byte, error) {
	if !p.text {
		return nil, errBinary // and not its bytes as elements
	}
	d := json.NewDecoder(bytes.NewReader(value.(json.RawMessage)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read the document of an array: %w", err)
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		return appendArray(buf, v)
	}
	return nil, errors.New("the document of an array is not a list")
}

var arrayEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// appendArray writes an array as text. Source: PostgreSQL manual, section 8.15.6.
func appendArray(buf []byte, list []any) ([]byte, error) {
	buf = append(buf, '{')
	for i, item := range list {
		if i > 0 {
			buf = append(buf, ',')
		}
		switch item := item.(type) {
		case nil:
			buf = append(buf, "NULL"...)
		case string:
			buf = append(append(append(buf, '"'), arrayEscaper.Replace(item)...), '"')
		case json.Number, bool:
			buf = fmt.Append(buf, item)
		case []any:
			var err error
			if buf, err = appendArray(buf, item); err != nil {
				return nil, err
			}
		default:
			return nil, errors.New("an element of an array is a document")
		}
	}
	return append(buf, '}'), nil
}

// isArray reports whether a column is an array that comes as a document.
func (r *rows) isArray(i int) bool {
	t, ok := r.TypeMap().TypeForOID(r.FieldDescriptions()[i].DataTypeOID)
	if !ok {
		return false
	}
	_, ok = t.Codec.(documentCodec)
	return ok
}

// scanArray gives the document of an array, nil of NULL. A value that JSON does not have, such as
// NaN, is an error.
func (r *rows) scanArray(i int, dest *[]byte) error {
	raw, f := r.RawValues()[i], r.FieldDescriptions()[i]
	*dest = nil
	if raw == nil {
		return nil
	}
	var list any
	switch f.DataTypeOID {
	case pgtype.Int2ArrayOID, pgtype.Int4ArrayOID, pgtype.Int8ArrayOID:
		list = new([]*int64)
	case pgtype.Float4ArrayOID:
		list = new([]*float32)
	case pgtype.Float8ArrayOID:
		list = new([]*float64)
	case pgtype.BoolArrayOID:
		list = new([]*bool)
	case pgtype.DateArrayOID, pgtype.TimestampArrayOID, pgtype.TimestamptzArrayOID:
		list = new([]*time.Time)
	default:
		list = new([]*string)
	}
	if err := r.TypeMap().Scan(f.DataTypeOID, f.Format, raw, list); err != nil {
		return err
	}
	text, err := json.Marshal(list)
	*dest = text
	return err
}
