package oracle

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// plain turns what pgx or a field's parser gives into a value of a [Row].
func plain(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case key.Key:
		return v.Any()
	case time.Time:
		return micros(v)
	case [16]byte:
		return uuid.UUID(v)
	case uuid.UUID, []byte:
		return v
	case driver.Valuer: // such as a decimal
		if out, err := v.Value(); err == nil {
			return out
		}
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return r.String()
	case reflect.Bool:
		return r.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return int64(r.Uint())
	case reflect.Float32:
		return float32(r.Float())
	case reflect.Float64:
		return r.Float()
	}
	text, err := json.Marshal(v) // a document
	if err != nil {
		panic(fmt.Sprintf("a column of type %T: %v", v, err))
	}
	return string(text)
}

// compare orders two values of one column, none of them nil: texts by their bytes.
func compare(a, b any) int {
	switch a := a.(type) {
	case form:
		return a.compare(b.(form))
	case array:
		return a.compare(b.(array))
	case span:
		return a.compare(b.(span))
	case quotient:
		if f, operand := b.(form); operand {
			return a.Cmp(rational(f.text))
		}
		return a.Cmp(b.(quotient).Rat)
	case string:
		return strings.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case float32:
		return cmp.Compare(a, b.(float32))
	case *big.Int:
		return a.Cmp(b.(*big.Int))
	case time.Time:
		return a.Compare(b.(time.Time))
	case uuid.UUID:
		other := b.(uuid.UUID)
		return bytes.Compare(a[:], other[:])
	case bool:
		switch {
		case a == b.(bool):
			return 0
		case a:
			return 1
		}
		return -1
	}
	panic(fmt.Sprintf("values of type %T are not ordered", a))
}

// compareNull orders two values that may be nil.
func compareNull(a, b any, desc, nullsFirst bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil && nullsFirst, b == nil && !nullsFirst:
		return -1
	case a == nil || b == nil:
		return 1
	case desc:
		return compare(b, a)
	}
	return compare(a, b)
}

// output is a value as the API shows it.
func output(e *entity.Entity, typ entity.Type, v any) any {
	if typ == entity.ID && v != nil {
		k, err := key.Of(v)
		if err != nil {
			panic(fmt.Sprintf("an id in a row: %v", err))
		}
		return e.FormatID(k)
	}
	switch v := v.(type) {
	case nil:
		return nil
	case uuid.UUID:
		return v.String()
	case form:
		return v.shown()
	case span:
		return v.shown(e)
	case array:
		list := List{}
		for _, item := range v {
			list = append(list, output(e, typ.Item(), item))
		}
		return list
	case time.Time:
		return v.Format("2006-01-02T15:04:05.999999Z")
	case int64:
		if typ == entity.BigInt {
			return strconv.FormatInt(v, 10)
		}
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		return approx(v)
	case float32:
		brief, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		return approx(brief)
	case string:
		if typ == entity.JSON {
			out, err := decode([]byte(v))
			if err != nil {
				panic(fmt.Sprintf("a document in a row: %v", err))
			}
			return out
		}
	}
	return v
}

// truncate cuts a time in a zone; a week begins on Monday.
func truncate(t time.Time, unit string, zone *time.Location) time.Time {
	local := t.In(zone)
	year, month, day := local.Date()
	switch unit {
	case "HOUR": // which keeps its offset from UTC
		_, minute, second := local.Clock()
		return t.Truncate(time.Second).Add(-time.Duration(minute)*time.Minute - time.Duration(second)*time.Second)
	case "WEEK":
		day -= (int(local.Weekday()) + 6) % 7
	case "MONTH":
		day = 1
	case "QUARTER":
		month, day = (month-1)/3*3+1, 1
	case "YEAR":
		month, day = time.January, 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, zone).UTC()
}
