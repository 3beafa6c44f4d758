package schema

import "github.com/entgraph/entgraph/kit"

// AccessToken lets a program act for its User.
type AccessToken struct{ kit.AccessToken[User] }
