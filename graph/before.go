package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/viewer"
)

// before does what the fields of a mutation need no transaction for: counting attempts,
// hashing, asking a provider. No connection is held yet, so that what takes one, or takes
// long, keeps nobody from theirs; and what is counted stays when the mutation is undone.
//
// The first field that fails is the last one that is looked at. Its error is told when its
// turn comes, as that of the field: one before it may fail first.
func (s *Schema) before(ctx context.Context, oc *graphql.OperationContext, parts []*part) {
	who := viewer.FromContext(ctx) // as it will be when the field's turn comes
	for _, p := range parts {
		if p.failed = s.check(ctx, p, p.ArgumentMap(oc.Variables), &who); p.failed != nil {
			return
		}
	}
}

// check is before for one field.
func (s *Schema) check(ctx context.Context, p *part, args map[string]any, who *viewer.Viewer) (err error) {
	input, _ := args["input"].(map[string]any)
	text := func(name string) string { t, _ := input[name].(string); return t }
	switch p.Name {
	case "signUp", "signIn", "changePassword", "linkIdentity":
	case "signOut":
		*who = viewer.Viewer{}
		return nil
	default:
		return nil
	}
	req, err := request(ctx)
	if err != nil {
		return err
	}
	switch p.Name {
	case "signUp":
		p.checked, err = req.CheckSignUp(ctx, text("password"))
		*who = viewer.Viewer{} // who has no id yet
	case "signIn":
		p.checked, err = req.CheckSignIn(ctx, text("username"), text("password"))
		*who = p.checked.Viewer()
	case "changePassword":
		if bad := auth.CheckPassword(text("newPassword")); bad != nil {
			return withFieldError(nil, "newPassword", bad)
		}
		p.checked, err = req.CheckChange(ctx, *who, text("oldPassword"), text("newPassword"))
	case "linkIdentity":
		token, _ := args["token"].(string)
		p.checked, err = req.CheckLink(ctx, *who, token)
	}
	return err
}
