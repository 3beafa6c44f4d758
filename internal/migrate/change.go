package migrate

import (
	"errors"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// explainPlan turns questions that nobody answered into a [StateError]: with
// [ErrDestructive] when all of them are about what is dropped.
func explainPlan(err error) error {
	var undecided *schemadiff.UndecidedError
	if !errors.As(err, &undecided) {
		return err
	}
	drops := undecided.Drops()
	for _, q := range undecided.Questions {
		if len(q.Choices) > 1 || !q.Drops {
			return err
		}
	}
	return &StateError{ErrDestructive, "it drops " + strings.Join(drops, ", "), "if that is meant, add: --allow-drop " + strings.Join(drops, ",")}
}
