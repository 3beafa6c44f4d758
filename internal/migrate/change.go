package migrate

import (
	"fmt"
	"strings"

	aschema "ariga.io/atlas/sql/schema"
)

// checkLoss refuses changes that drop tables or columns which allowed does not name.
func checkLoss(changes []aschema.Change, allowed []string) error {
	ok := make(map[string]bool, len(allowed))
	for _, a := range allowed {
		ok[a] = true
	}
	var lost []string
	for _, name := range dropped(changes) {
		if !ok["*"] && !ok[name] {
			lost = append(lost, name)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	list := strings.Join(lost, ",")
	return &StateError{ErrDestructive, "it drops " + strings.ReplaceAll(list, ",", ", "), "if that is meant, add: --allow-drop " + list}
}

// dropped names the tables and columns that changes would drop.
func dropped(changes []aschema.Change) []string {
	var all []string
	for _, c := range changes {
		switch c := c.(type) {
		case *aschema.DropTable:
			all = append(all, c.T.Name)
		case *aschema.ModifyTable:
			for _, tc := range c.Changes {
				// What Postgres computes is not lost.
				if drop, ok := tc.(*aschema.DropColumn); ok && expression(drop.C) == "" {
					all = append(all, c.T.Name+"."+drop.C.Name)
				}
			}
		}
	}
	return all
}

// changed names the tables, or what else, that changes are about, with their kind.
func changed(changes []aschema.Change) []string {
	var all []string
	for _, c := range changes {
		switch c := c.(type) {
		case *aschema.AddTable:
			all = append(all, c.T.Name)
		case *aschema.DropTable:
			all = append(all, c.T.Name)
		case *aschema.ModifyTable:
			for _, tc := range c.Changes {
				all = append(all, fmt.Sprintf("%s (%s)", c.T.Name, kind(tc)))
			}
		default:
			all = append(all, kind(c))
		}
	}
	return all
}

// kind gives the kind of a change, such as ModifyCheck.
func kind(c aschema.Change) string {
	_, name, _ := strings.Cut(fmt.Sprintf("%T", c), ".")
	return name
}
