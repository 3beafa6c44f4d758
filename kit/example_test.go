package kit_test

import (
	"fmt"

	"github.com/entgraph/entgraph/kit"
)

// A mixin of the user entity: users sign in by e-mail address, and some of them edit.
func ExampleAccount() {
	account := kit.Account{Email: true, Roles: []string{"READER", "EDITOR"}}
	for _, f := range account.Fields() {
		fmt.Println(f.Descriptor().Name)
	}
	// Output:
	// email
	// role
	// password_hash
}
