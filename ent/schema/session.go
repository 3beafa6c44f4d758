package schema

import "github.com/entgraph/entgraph/kit"

// Session is a User's sign-in from one browser.
type Session struct{ kit.Session[User] }
