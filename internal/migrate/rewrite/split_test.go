package rewrite

import (
	"strings"
	"testing"
)

// file makes a file whose statements are those between the marks.
func file(text string) *File {
	f := &File{Tx: !strings.HasPrefix(text, "-- atlas:txmode none")}
	for i, part := range strings.Split(text, "|") {
		if f.Text += part; i%2 == 1 {
			f.Statements = append(f.Statements, part)
		}
	}
	return f
}

// TestSplit: the parts of a file joined are its text.
func TestSplit(t *testing.T) {
	t.Parallel()
	for text, chunks := range map[string]int{
		"|SELECT 1;|": 1, "-- a\n|SELECT 1|;\n\n/* b */ |SELECT 2;|\n-- end\n": 2, "-- atlas:txmode none\n\n|VACUUM|;\n": 1,
		"|SELECT 1| -- why\n;": 1, "": 0, "-- nothing\n": 0, "|SELECT 1;|\n|-- at the end|": 1,
	} {
		f := file(text)
		b, ok := f.split()
		joined := b.header
		for _, c := range b.chunks {
			joined += c.lead + c.sql + c.tail
		}
		if joined += b.rest; !ok || joined != f.Text || len(b.chunks) != chunks {
			t.Errorf("%q: %d statements, %t, joined %q", text, len(b.chunks), ok, joined)
		}
	}
	for _, f := range []*File{
		{Text: "SELECT 1; SELECT 2;", Statements: []string{"SELECT 1;"}}, {Text: "SELECT 1;", Statements: []string{"SELECT 2;"}},
		{Text: "/* open", Statements: nil}, {Text: "x SELECT 1;", Statements: []string{"SELECT 1;"}},
	} {
		if b, ok := f.split(); ok {
			t.Errorf("%q is split into %+v", f.Text, b)
		}
	}
}

// TestInPlace: a file that runs statement by statement keeps all steps, in their order.
func TestInPlace(t *testing.T) {
	t.Parallel()
	f := file("-- atlas:txmode none\n\n-- Why.\n|ALTER TABLE t ADD UNIQUE (a), ADD CONSTRAINT c CHECK (a > 0)|;\n|VACUUM t|;\n")
	f.Down = file("|ALTER TABLE t DROP CONSTRAINT c, DROP CONSTRAINT u|;\n")
	out := f.Rewrite([]Hazard{{Code: "LK107", Object: "u"}, {Code: "LK105", Object: "c"}, {Code: "LK114"}})
	want := "-- atlas:txmode none\n\nSET lock_timeout = '5s';\n-- Why.\nALTER TABLE t ADD CONSTRAINT \"c\" CHECK (a > 0) NOT VALID;\n" +
		"CREATE UNIQUE INDEX CONCURRENTLY \"u\" ON t (a);\nALTER TABLE t VALIDATE CONSTRAINT \"c\";\nALTER TABLE t ADD CONSTRAINT \"u\" UNIQUE USING INDEX \"u\";\nVACUUM t;\n"
	if len(out.Parts) != 1 || out.Parts[0].Text != want || out.Parts[0].Down != f.Down.Text || strings.Join(out.Why, "") != "" {
		t.Errorf("got %q, why %q, want %q", out.Parts, out.Why, want)
	}
}

// TestSuffixes: two files of one kind have two names.
func TestSuffixes(t *testing.T) {
	t.Parallel()
	f := file("|ALTER TABLE a ALTER b SET NOT NULL|;\n|ALTER TABLE c ALTER d SET NOT NULL|;\n")
	f.Down = file("|ALTER TABLE c ALTER d DROP NOT NULL|;\n|ALTER TABLE a ALTER b DROP NOT NULL|;\n")
	out := f.Rewrite([]Hazard{{Code: "LK108", Object: "a.b"}, {Code: "LK108", Object: "c.d", Statement: 1}})
	var got []string
	for _, p := range out.Parts {
		got = append(got, p.Suffix)
	}
	if strings.Join(got, " ") != " validate finish finish_2" {
		t.Errorf("the files are called %q, why %q", got, out.Why)
	}
}

// TestApartRefuses says why tables cannot have files of their own.
func TestApartRefuses(t *testing.T) {
	t.Parallel()
	for text, test := range map[string]struct{ down, why string }{
		"|ALTER TABLE a ADD x int|;|CREATE TABLE c ()|;":                    {"", "something else than one table"},
		"|ALTER TABLE a ADD x int|;|ALTER TABLE app.a ADD x int|;":          {"", "something else than one table"},
		"|ALTER TABLE a ADD x int, ADD y int|;":                             {"", "one statement locks them"},
		"|ALTER TABLE a ADD x int|;|ALTER TABLE b ADD y int REFERENCES a|;": {"", "the statements about b name a"},
		"|ALTER TABLE a ADD x int|;|ALTER TABLE b ADD y int|;":              {"|ALTER TABLE a DROP x|;|DROP TABLE b|;", "on the way back"},
		"|ALTER TABLE a ADD z int|;|ALTER TABLE b ADD z int|;":              {"-- atlas:txmode none\n\n|ALTER TABLE a DROP z|;|ALTER TABLE b DROP z|;", "not one transaction"},
	} {
		f := file(text)
		if test.down != "" {
			f.Down = file(test.down)
		}
		out := f.Rewrite([]Hazard{{Code: "LK113"}})
		if len(out.Parts) > 0 || !strings.Contains(out.Why[0], test.why) {
			t.Errorf("%q: %q, why %q, want %q", text, out.Parts, out.Why, test.why)
		}
	}
}
