package folder

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
)

// withoutAlembic leaves out Alembic's own bookkeeping and the transactions around it.
func withoutAlembic(text string) string {
	stmts, err := Statements(atlas.NewLocalFile("1_part.sql", []byte(text)))
	if err != nil {
		return text // the error comes again where it can be told of which revision
	}
	var b strings.Builder
	for _, s := range stmts {
		if !alembicTable.MatchString(s.Text) && !transactionControl.MatchString(s.Text) {
			b.WriteString(strings.TrimSpace(s.Text) + "\n")
		}
	}
	return b.String()
}

// pythonReader collects the SQL of op.execute calls of one function.
type pythonReader struct {
	file       string
	stmts      []string
	autocommit bool
}

func (p *pythonReader) text() string {
	var b strings.Builder
	for _, s := range p.stmts {
		b.WriteString(strings.TrimRight(strings.TrimSpace(s), ";") + ";\n")
	}
	return b.String()
}

var (
	executeCall    = regexp.MustCompile(`^op\.execute\(`)
	autocommitLine = regexp.MustCompile(`^with\s+op\.get_context\(\)\.autocommit_block\(\)\s*:$`)
)

// function reads the body of a function whose name is given.
func (p *pythonReader) function(source, name string) error {
	start := regexp.MustCompile(`(?m)^def ` + name + `\(\)\s*(->\s*None\s*)?:[^\n]*\n`).FindStringIndex(source)
	if start == nil {
		return fmt.Errorf("import %s: it has no function %s", p.file, name)
	}
	body := source[start[1]:]
	if end := regexp.MustCompile(`(?m)^\S`).FindStringIndex(body); end != nil {
		body = body[:end[0]]
	}
	for body = strings.TrimSpace(body); body != ""; body = strings.TrimSpace(body) {
		line, rest, _ := strings.Cut(body, "\n")
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"), line == "pass":
			body = rest
		case autocommitLine.MatchString(line):
			p.autocommit, body = true, rest
		case strings.HasPrefix(line, `"""`), strings.HasPrefix(line, `'''`):
			_, after, err := pythonString(body)
			if err != nil {
				return fmt.Errorf("import %s: %w", p.file, err)
			}
			body = after
		case executeCall.MatchString(line):
			text, after, err := pythonArgument(body[len("op.execute("):])
			if err != nil {
				return fmt.Errorf("import %s: %w: %s", p.file, err, line)
			}
			p.stmts, body = append(p.stmts, text), after
		default:
			return fmt.Errorf("import %s: only op.execute with a plain string can be read, not: %s\n"+
				"let Alembic print the SQL instead: alembic upgrade head --sql > up.sql; alembic downgrade head:base --sql > down.sql; "+
				"then: migrate import DIR --up-sql up.sql --down-sql down.sql", p.file, line)
		}
	}
	return nil
}

var errPython = errors.New("want a plain string")

// pythonArgument reads strings, perhaps within text( ) or sa.text( ), up to the closing
// parenthesis of the call.
func pythonArgument(src string) (text, rest string, err error) {
	depth := 1
	for {
		src = strings.TrimLeft(src, " \t\r\n")
		switch {
		case strings.HasPrefix(src, ")"):
			src = src[1:]
			if depth--; depth == 0 {
				return text, src, nil
			}
		case strings.HasPrefix(src, ","):
			src = src[1:]
		case strings.HasPrefix(src, "#"):
			_, src, _ = strings.Cut(src, "\n")
		case wrapper.MatchString(src):
			src = src[len(wrapper.FindString(src)):]
			depth++
		default:
			part, after, err := pythonString(src)
			if err != nil {
				return "", "", err
			}
			text, src = text+part, after
		}
	}
}

var wrapper = regexp.MustCompile(`^(sa\.|sqlalchemy\.)?text\(|^\(`)

var stringStart = regexp.MustCompile(`^([rRuU]?)("""|'''|"|')`)

// pythonString reads one literal. One that is computed (f"...") is refused.
func pythonString(src string) (text, rest string, err error) {
	m := stringStart.FindStringSubmatch(src)
	if m == nil {
		return "", "", errPython
	}
	raw, quote := strings.EqualFold(m[1], "r"), m[2]
	var b strings.Builder
	for src = src[len(m[0]):]; src != ""; {
		switch {
		case strings.HasPrefix(src, quote):
			return b.String(), src[len(quote):], nil
		case src[0] == '\\' && len(src) > 1:
			if raw {
				b.WriteString(src[:2])
			} else {
				b.WriteString(unescape(src[1]))
			}
			src = src[2:]
		case src[0] == '\n' && len(quote) == 1:
			return "", "", errPython
		default:
			b.WriteByte(src[0])
			src = src[1:]
		}
	}
	return "", "", errPython
}

// unescape gives what a backslash and a character mean; an unknown pair stays.
func unescape(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case '\n':
		return ""
	case '\\', '\'', '"':
		return string(c)
	}
	return `\` + string(c)
}
