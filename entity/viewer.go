package entity

// ViewerOptions say how an edge leads to who creates the entity; see [Viewer].
type ViewerOptions struct {
	// Roles are those of viewers who may name another user.
	Roles []string `json:"roles,omitempty"`
}

// Viewer has an edge lead to the signed-in user who creates the entity. It is for an edge to the user
// entity whose foreign key is in this entity's own table. No input has the key of the edge, and whoever is not
// signed in is refused where the edge is Required:
//
//	edge.From("author", User.Type).Ref("posts").Unique().Required().Annotations(entity.Viewer())
//
// With roles, inputs have the key, which may be left out, and viewers with one of the roles may name
// another user by it; all others are refused unless they name themselves. In Go api.Entities may always
// name a user where no roles are given. Who may create entities at all is for the policy.
func Viewer(roles ...string) Annotation { return Annotation{Viewer: &ViewerOptions{Roles: roles}} }
