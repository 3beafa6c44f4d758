package schema

import "github.com/entgraph/entgraph/kit"

// Identity is who a User is to an OpenID provider.
type Identity struct{ kit.Identity[User] }
