package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// viewer reads who asks. Its errors are those of usage.
func (in *explainInput) viewer(e entity.Engine) (viewer.Viewer, error) {
	switch in.as {
	case "anonymous":
		return viewer.Viewer{}, nil
	case "system":
		return viewer.System(), nil
	}
	id, err := userID(e, in.as)
	if err != nil {
		return viewer.Viewer{}, err
	}
	role, err := userRole(e, in.role)
	return viewer.Viewer{UserID: id, Role: role}, err
}

// userID reads the id of the user entity, as the API or the database has it. Where users are no
// entity, ids of every entity will do: rules compare what follows the prefix alone.
func userID(e entity.Engine, text string) (key.Key, error) {
	graph, err := entity.New(e.Entities, e.Tables, entity.Store{})
	if err != nil {
		return key.Key{}, err
	}
	if id, err := graph.ViewerKey().Parse(text); err == nil {
		return id, nil
	}
	of, id, err := graph.ParseID(text)
	switch {
	case e.Account == nil && err == nil:
		return id, nil
	case e.Account == nil:
		return id, errors.New("--as must be anonymous, system or an id")
	case err != nil || of.Name != e.Account.Entity:
		return id, fmt.Errorf("--as must be anonymous, system or the id of %s", entity.AnyOne(e.Account.Entity))
	}
	return id, nil
}

// userRole checks a role against those of the user entity; without one it is that of a new
// user. Where the schemas list none, every role will do.
func userRole(e entity.Engine, role string) (string, error) {
	column := roleColumn(e)
	if column == nil {
		return role, nil
	}
	if role == "" {
		first, _ := column.Default.(string)
		return first, nil
	}
	if len(column.Enums) > 0 && !slices.Contains(column.Enums, role) {
		return "", fmt.Errorf("--role must be %s", strings.Join(column.Enums, " or "))
	}
	return role, nil
}

// roleColumn is the column with the role of users, nil without one.
func roleColumn(e entity.Engine) *schema.Column {
	if e.Account == nil || e.Account.Role == "" {
		return nil
	}
	for _, t := range e.Expected() {
		if t.Name != e.Account.Table {
			continue
		}
		for _, c := range t.Columns {
			if c.Name == e.Account.Role {
				return c
			}
		}
	}
	return nil
}
