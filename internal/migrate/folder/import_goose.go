package folder

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

var (
	gooseName   = regexp.MustCompile(`^([0-9]+)_(.*)\.sql$`)
	goosePragma = regexp.MustCompile(`^--\s*\+goose\s+(.*?)\s*$`)
)

func readGoose(src fs.FS, names []string) ([]foreign, error) {
	if programs, _ := fs.Glob(src, "[0-9]*_*.go"); len(programs) > 0 {
		return nil, fmt.Errorf("import %s: a migration in Go cannot be imported; write what it does as SQL", programs[0])
	}
	var all []foreign
	for _, name := range names {
		m := gooseName.FindStringSubmatch(name)
		if m == nil {
			return nil, fmt.Errorf("import %s: want a name such as 00001_add_post.sql", name)
		}
		text, err := fs.ReadFile(src, name)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", name, err)
		}
		f := foreign{from: name, version: strings.TrimLeft(m[1], "0"), name: m[2]}
		if err := f.splitGoose(string(text)); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	pad(all)
	return all, nil
}

// splitGoose parts a file at its pragmas. The marks around a statement with semicolons
// are left out: the scanner knows where a statement ends.
func (f *foreign) splitGoose(text string) error {
	var into *strings.Builder
	var up, down strings.Builder
	for n, line := range strings.Split(text, "\n") {
		m := goosePragma.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			if into != nil {
				into.WriteString(line + "\n")
			}
			continue
		}
		switch strings.ToLower(m[1]) {
		case "up":
			into = &up
		case "down":
			into = &down
		case "no transaction":
			f.noTx = true
		case "statementbegin", "statementend":
		default:
			return fmt.Errorf("import %s: line %d: the pragma %q is not supported", f.from, n+1, m[1])
		}
	}
	if up.Len() == 0 {
		return fmt.Errorf("import %s: it has no line \"-- +goose Up\"", f.from)
	}
	f.up, f.down = up.String(), down.String()
	return nil
}
