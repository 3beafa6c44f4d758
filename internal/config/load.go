package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Error lists every variable that Load refused, in the order of [Settings].
type Error struct{ Problems []Problem }

// Problem is one refused variable.
type Problem struct {
	Name  string // the variable
	Value string // what it was set to, shortened; empty for a secret
	Want  string // what is accepted
	Cause string // what exactly is wrong, where it is known and no secret
	Unset bool   // it is missing, and Cause says why it must not be
}

// Error gives one line for each variable.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("invalid settings:")
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// String gives one line: the variable and what is wrong with it.
func (p Problem) String() string {
	if p.Unset {
		return p.Name + " is not set; " + p.Cause
	}
	text := p.Name
	if p.Value != "" {
		text += fmt.Sprintf("=%q", p.Value)
	}
	text += ": want " + p.Want
	if p.Cause != "" {
		text += " (" + p.Cause + ")"
	}
	return text
}

// Load makes a Config from an environment in the form of [os.Environ], for a person's own
// machine unless APP_ENV says otherwise. A variable that is set to nothing counts as unset;
// of two values for one variable the later wins; variables it does not know are ignored.
// The error is an *[Error] that names all bad variables.
//
// It does not connect to anything. Checking an address reads the files that the
// address names (certificates, password file), as pgx does.
func Load(environ []string) (Config, error) { return LoadFor(Development, environ) }

// LoadFor is [Load] for a process that is run for this when APP_ENV does not say.
func LoadFor(unsaid Environment, environ []string) (Config, error) {
	vars := withDefaults(unsaid, env.ToMap(environ))
	var c Config
	v := &validator{vars: vars, bad: map[string]Problem{}}
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars}); err != nil {
		if err := v.parseErrors(err); err != nil {
			return Config{}, err
		}
	}
	v.validate(c)
	if err := v.err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// EnvironmentOf gives what APP_ENV says that a process is run for, valid or not, whatever
// the other variables are; unsaid when it does not say.
func EnvironmentOf(unsaid Environment, environ []string) Environment {
	if said := env.ToMap(environ)["APP_ENV"]; said != "" {
		return Environment(said)
	}
	return unsaid
}

// withDefaults fills in APP_ENV and the defaults that depend on it.
func withDefaults(unsaid Environment, vars map[string]string) map[string]string {
	if vars["APP_ENV"] == "" {
		vars["APP_ENV"] = string(unsaid)
	}
	production := vars["APP_ENV"] == string(Production)
	byEnv := func(name, development, inProduction string) {
		if vars[name] != "" {
			return
		}
		vars[name] = development
		if production {
			vars[name] = inProduction
		}
	}
	byEnv("LOG_FORMAT", string(Text), string(JSON))
	byEnv("PLAYGROUND", "true", "false")
	byEnv("INTROSPECTION", "true", "false")
	byEnv("EXPLAIN", "true", "false")
	byEnv("SHUTDOWN_DELAY", "0", "5s")
	return vars
}

// parseErrors notes each variable that could not be read. It gives back an error
// that is not about a variable, which means that Config itself is wrong.
func (v *validator) parseErrors(err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return fmt.Errorf("read settings: %w", err)
	}
	for _, err := range all.Errors {
		var parse env.ParseError
		if !errors.As(err, &parse) {
			return fmt.Errorf("read settings: %w", err)
		}
		field, ok := reflect.TypeFor[Config]().FieldByName(parse.Name)
		if !ok {
			return fmt.Errorf("read settings: %w", err)
		}
		v.refuse(field.Tag.Get("env"), "")
	}
	return nil
}
