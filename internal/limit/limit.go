// Package limit is how a bound refuses what is larger than it. Whatever a client can make
// grow has a bound, and whoever keeps one fails with an [Error]; the server makes it
// LIMIT_EXCEEDED, whatever the request came by. The package imports none of ours.
package limit

import "fmt"

// Error refuses what is larger than a limit.
type Error struct {
	// Message is for the client. It says what is too large and how much is allowed.
	Message string
	// Setting is the environment variable that holds the limit, which clients see in
	// extensions.limit. Empty: the limit is fixed.
	Setting string
	// Max is the value of the limit, in extensions.max; 0 when Message alone tells it.
	Max int64
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Fixed refuses what is larger than a limit that no setting changes.
func Fixed(format string, args ...any) error { return &Error{Message: fmt.Sprintf(format, args...)} }

// Exceeded refuses what is larger than a setting allows. What names the thing that is too
// large, such as "the answer has more than 100000 rows"; the error adds the setting.
func Exceeded(setting string, most int64, what string, args ...any) error {
	return &Error{Message: fmt.Sprintf(what, args...) + " (" + setting + ")", Setting: setting, Max: most}
}
