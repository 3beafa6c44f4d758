package schema

import "github.com/entgraph/entgraph/kit"

// Attempt counts how often something was tried of which too much is refused.
type Attempt struct{ kit.Attempt }
