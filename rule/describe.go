package rule

import (
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/privacy"
)

// Description is an entity's policy as the generator reads it: the joined one, or why
// there is none. It is the engine's own.
type Description struct {
	Policy Policy `json:"policy"`
	Error  string `json:"error,omitempty"`
}

// Describe reads the policies of schemas by the names of their types. It is the engine's own.
func Describe(schemas map[string]ent.Interface) map[string]Description {
	out := map[string]Description{}
	for name, s := range schemas {
		p, err := describe(s)
		d := Description{Policy: p}
		if err != nil {
			d.Error = err.Error()
		}
		out[name] = d
	}
	return out
}

func describe(s ent.Interface) (p Policy, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the policy panics: %v", v)
		}
	}()
	var list privacy.Policies
	for _, m := range s.Mixin() {
		if p := m.Policy(); p != nil {
			list = append(list, p)
		}
	}
	if p := s.Policy(); p != nil {
		list = append(list, p)
	}
	return From(list)
}
