package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/entgraph/entgraph/auth"
)

// An app that refuses passwords with its own name. It is App.Auth.
func ExampleOptions() {
	options := &auth.Options{
		CheckPassword: func(_ context.Context, password string) error {
			if strings.Contains(strings.ToLower(password), "shop") {
				return errors.New("must not contain the name of the shop")
			}
			return nil
		},
	}
	fmt.Println("the password", options.CheckPassword(context.Background(), "Shop1234"))
	// Output: the password must not contain the name of the shop
}
