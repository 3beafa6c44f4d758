package planner

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// page is the bound arguments of a connection.
type page struct {
	limit    int
	backward bool // last: the end of the list is wanted
	offset   int
	after    *cursor
	before   *cursor
	keys     []orderKey
	hash     uint32 // of the ordering, for its cursors
	where    map[string]any
}

// bindPage checks the arguments of a list of e. Source: the Relay Cursor Connections
// specification, section 4.
func (p *Planner) bindPage(e *entity.Entity, args map[string]any) (*page, error) {
	out := &page{limit: p.opts.DefaultPage}
	first, hasFirst, err := intArg(args, "first")
	if err != nil {
		return nil, err
	}
	last, hasLast, err := intArg(args, "last")
	if err != nil {
		return nil, err
	}
	offset, hasOffset, err := intArg(args, "offset")
	if err != nil {
		return nil, err
	}
	switch {
	case hasFirst && hasLast:
		return nil, badInput("last", "cannot be used with first")
	case hasFirst:
		out.limit = first
	case hasLast:
		out.limit, out.backward = last, true
	}
	if out.limit > p.opts.MaxPage {
		return nil, limit.Exceeded("PAGE_SIZE_MAX", int64(p.opts.MaxPage), "a page of %d is too large, at most %d are allowed: page with first and after", out.limit, p.opts.MaxPage)
	}
	if hasOffset && (args["after"] != nil || args["before"] != nil || hasLast) {
		return nil, badInput("offset", "cannot be used with after, before or last")
	}
	out.offset = offset
	if out.keys, err = bindOrder(e, args["orderBy"]); err != nil {
		return nil, err
	}
	if where, ok := args["where"].(map[string]any); ok {
		out.where = where
	}
	if err := out.bindRelevance(); err != nil {
		return nil, err
	}
	out.hash = orderHash(e, out.keys)
	return out, out.bindCursors(e, args)
}

func (pg *page) bindCursors(e *entity.Entity, args map[string]any) error {
	for _, name := range []string{"after", "before"} {
		text, ok := args[name].(string)
		if args[name] == nil {
			continue
		}
		if !ok {
			return badInput(name, "must be a cursor that this API gave")
		}
		c, err := decodeCursor(text, e, pg.keys)
		if err != nil {
			return badInput(name, "%s", err)
		}
		if name == "after" {
			pg.after = c
		} else {
			pg.before = c
		}
	}
	return nil
}

// intArg reads a non-negative Int argument; null counts as absent.
func intArg(args map[string]any, name string) (int, bool, error) {
	var n int64
	switch v := args[name].(type) {
	case nil:
		return 0, false, nil
	case int64:
		n = v
	case int:
		n = int64(v)
	case json.Number:
		parsed, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			return 0, false, badInput(name, "must be an integer")
		}
		n = parsed
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > math.MaxInt32 {
			return 0, false, badInput(name, "must be an integer")
		}
		n = int64(v)
	default:
		return 0, false, badInput(name, "must be an integer")
	}
	switch {
	case n < 0:
		return 0, false, badInput(name, "must not be negative")
	case n > math.MaxInt32:
		return 0, false, badInput(name, "must be an integer of at most 32 bits")
	}
	return int(n), true, nil
}
