package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

var errNull = errors.New("converting NULL is not supported")

// assign copies a value of a driver to a destination with the conversions of
// database/sql. It reports false for a destination that it does not know.
func assign(v driver.Value, dest any) (known bool, err error) {
	switch dest := dest.(type) {
	case sql.Scanner:
		return true, dest.Scan(v)
	case *any:
		*dest = v
	case *driver.Value:
		*dest = v
	case *[]byte:
		return true, assignBytes(v, dest)
	case *string:
		return true, assignTo(v, dest)
	case *bool:
		return true, assignTo(v, dest)
	case *int:
		return true, assignTo(v, dest)
	case *int64:
		return true, assignTo(v, dest)
	case *float64:
		return true, assignTo(v, dest)
	case *time.Time:
		return true, assignTo(v, dest)
	case **string:
		return true, assignPointer(v, dest)
	case **bool:
		return true, assignPointer(v, dest)
	case **int:
		return true, assignPointer(v, dest)
	case **int64:
		return true, assignPointer(v, dest)
	case **float64:
		return true, assignPointer(v, dest)
	case **time.Time:
		return true, assignPointer(v, dest)
	default:
		return false, nil
	}
	return true, nil
}

// assignTo borrows the conversion from sql.Null: database/sql does not export it.
func assignTo[T any](v driver.Value, dest *T) error {
	var n sql.Null[T]
	if err := n.Scan(v); err != nil {
		return err
	}
	if !n.Valid {
		return fmt.Errorf("%w: destination is %T", errNull, dest)
	}
	*dest = n.V
	return nil
}

func assignPointer[T any](v driver.Value, dest **T) error {
	if v == nil {
		*dest = nil
		return nil
	}
	*dest = new(T)
	return assignTo(v, *dest)
}

func assignBytes(v driver.Value, dest *[]byte) error {
	if v == nil {
		*dest = nil
		return nil
	}
	return assignTo(v, dest)
}
