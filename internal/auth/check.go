package auth

import (
	"cmp"
	"context"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/viewer"
)

// Check does what a handwritten field of a mutation needs no transaction for, when it is one
// that signs somebody in or out: counting attempts, hashing, asking a provider. The field
// is given what it has found by [WithChecked]. It moves who, as whom the fields behind it are
// checked. Of other fields it knows nothing.
func (req *Request) Check(ctx context.Context, field string, args map[string]any, who *viewer.Viewer) (c Checked, err error) {
	input, _ := args["input"].(map[string]any)
	text := func(name string) string { t, _ := input[name].(string); return t }
	if req == nil {
		return c, nil // nobody can sign in; the field says so, if it is ours
	}
	switch field {
	case "signUp":
		c, err = req.CheckSignUp(ctx, text("password"))
		*who = viewer.Viewer{} // who has no id yet
	case "signIn":
		// A schema without user names calls it email.
		c, err = req.CheckSignIn(ctx, cmp.Or(text("username"), text("email")), text("password"))
		*who = c.Viewer()
	case "changePassword":
		if bad := req.auth.CheckNew(ctx, text("newPassword")); bad != nil {
			return c, api.Problem(api.CodeBadUserInput, "input.newPassword", bad.Error())
		}
		c, err = req.CheckChange(ctx, *who, text("oldPassword"), text("newPassword"))
	case "linkIdentity":
		token, _ := args["token"].(string)
		c, err = req.CheckLink(ctx, *who, token)
	case "signOut":
		*who = viewer.Viewer{}
	}
	return c, err
}

// Signs reports whether a field of a mutation signs in or out, for which it does not matter
// who asks.
func Signs(field string) bool { return field == "signIn" || field == "signUp" || field == "signOut" }
