package entity

import (
	"encoding/json"
	"errors"
)

// PathOp is a key of [PathInput], a condition on the value at a path of a document.
type PathOp string

// The conditions. Their meaning is that of Postgres' operators of jsonb.
const (
	PathExists   PathOp = "exists" // there is a value, which may be null
	PathIsNull   PathOp = "isNull"
	PathEQ       PathOp = "eq"
	PathNEQ      PathOp = "neq"
	PathIn       PathOp = "in"
	PathNotIn    PathOp = "notIn"
	PathGT       PathOp = "gt" // of numbers and texts
	PathGTE      PathOp = "gte"
	PathLT       PathOp = "lt"
	PathLTE      PathOp = "lte"
	PathContains PathOp = "contains"
)

// PathOps lists them in the order of the SDL.
var PathOps = []PathOp{PathExists, PathIsNull, PathEQ, PathNEQ, PathIn, PathNotIn, PathGT, PathGTE, PathLT, PathLTE, PathContains}

// Orders reports whether the operator asks for an order, which only numbers and texts have.
func (o PathOp) Orders() bool { return o == PathGT || o == PathGTE || o == PathLT || o == PathLTE }

// PathInput is the input of a filter by path.
const PathInput = "JSONPathInput"

// DocumentText is a value of a filter as the text of a document. The error is for the client.
func DocumentText(v any) (string, error) {
	if err := checkDocument(v, 0); err != nil {
		return "", err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "", errors.New("does not have the right shape")
	}
	return string(text), nil
}
