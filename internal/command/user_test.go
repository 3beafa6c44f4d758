package command

import (
	"testing"

	"github.com/entgraph/entgraph/internal/entity"
)

// TestAdminRole: which role --admin gives is the schema's matter.
func TestAdminRole(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		account    entity.Account
		want, fail string
	}{
		"its name":     {account: entity.Account{Entity: "User", Role: "role", Roles: []string{"MEMBER", "ADMIN"}}, want: "ADMIN"},
		"another case": {account: entity.Account{Entity: "User", Role: "role", Roles: []string{"reader", "admin"}}, want: "admin"},
		"none of it":   {account: entity.Account{Entity: "Member", Role: "role", Roles: []string{"READER", "EDITOR"}}, fail: "there is no role ADMIN: choose another with --role instead of --admin; the roles are READER, EDITOR"},
		"no role":      {account: entity.Account{Entity: "Member"}, fail: "Member has no role: leave out --admin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := adminRole(&tc.account)
			if err != nil && err.Error() != tc.fail || err == nil && tc.fail != "" || got != tc.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
