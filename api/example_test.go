package api_test

import (
	"errors"
	"fmt"

	"github.com/entgraph/entgraph/api"
)

// A resolver refuses an argument; the client reads the code and the message.
func ExampleProblem() {
	luxuries := func(first int) error {
		if first < 0 || first > 20 {
			return api.Problem(api.CodeBadUserInput, "first", "must be 0 to 20")
		}
		return nil
	}
	var problem *api.Error
	if err := luxuries(21); errors.As(err, &problem) {
		fmt.Println(problem.Code, problem.Path(), problem)
	}
	// Output: BAD_USER_INPUT [first] must be 0 to 20
}
