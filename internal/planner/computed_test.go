package planner_test

import (
	"testing"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/planner"
)

// TestUnknownFunctionsKeepTheirOrder refuses functions of fields that no schema declares.
func TestUnknownFunctionsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	g, err := entity.New(nil, nil, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	functions := map[string]planner.ComputedFunc{}
	for _, name := range []string{"A.a", "A.b", "B.a", "B.b", "C.a"} {
		functions[name] = func([]any) (any, error) { return nil, nil }
	}
	_, first := planner.New(g, planner.Options{Computed: functions})
	if first == nil {
		t.Fatal("is not refused")
	}
	for range 20 {
		if _, err := planner.New(g, planner.Options{Computed: functions}); err.Error() != first.Error() {
			t.Fatalf("refused in two orders:\n%v\n\n%v", first, err)
		}
	}
}
