package graph

import (
	"strings"

	"github.com/entgraph/entgraph/api"
)

// computed holds the functions of the computed fields that schemas declare, by
// "Entity.field". The values come in the order of the declaration's Needs.
var computed = map[string]api.ComputedFunc{
	"User.displayName": displayName,
}

// displayName is the first and last name, or the username of a user without them.
func displayName(values []any) (any, error) {
	username, _ := values[0].(string)
	first, _ := values[1].(string)
	last, _ := values[2].(string)
	if name := strings.TrimSpace(first + " " + last); name != "" {
		return name, nil
	}
	return username, nil
}
