package viewer_test

import (
	"context"
	"fmt"

	"github.com/entgraph/entgraph/viewer"
)

// Work of the program itself is bound by no rule.
func ExampleNewContext() {
	ctx := context.Background()
	fmt.Println(viewer.FromContext(ctx))
	fmt.Println(viewer.FromContext(viewer.NewContext(ctx, viewer.System())))
	// Output:
	// anonymous
	// system
}
