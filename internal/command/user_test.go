package command

import (
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/entity"
)

// What is given to the commands on users is taken as it was meant, or refused.
func TestUserInput(t *testing.T) {
	t.Parallel()
	a := &app{}
	for line, want := range map[string]string{"secret word\r\n": "secret word", "\ufeffsecret\n": "secret", " secret": " secret"} {
		if got, err := a.password(strings.NewReader(line)); err != nil || got != want {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
	if _, err := a.password(strings.NewReader("\ufeff\n")); err == nil {
		t.Error("a mark alone is a password")
	}
	if _, err := pairs([]string{"name=a", "name=b"}); err == nil || !strings.Contains(err.Error(), "--set name is given twice") {
		t.Errorf("a value that is given twice: %v", err)
	}
}

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
