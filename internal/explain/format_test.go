package explain

import (
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	const sql = `WITH "posts" AS NOT MATERIALIZED (SELECT * FROM public."posts"), "tags" AS NOT MATERIALIZED (SELECT * FROM public."tags") ` +
		`SELECT k.o, p.* FROM unnest($1::uuid[]) WITH ORDINALITY k(id, o) CROSS JOIN LATERAL (SELECT e0."id" AS c0, e0."a ( b" AS c1 FROM "posts" e0 ` +
		`LEFT JOIN "users" j1 ON j1.id = e0."author_id" WHERE e0."x" = k.id AND (e0."t" = 'it''s ) FROM' OR e0."u" = $2 AND EXISTS (SELECT FROM "tags" WHERE TRUE)) ORDER BY e0."id" LIMIT 3) p ORDER BY k.o`
	const want = `WITH "posts" AS NOT MATERIALIZED (SELECT * FROM public."posts"),
"tags" AS NOT MATERIALIZED (SELECT * FROM public."tags")
SELECT k.o, p.*
FROM unnest($1::uuid[]) WITH ORDINALITY k(id, o)
CROSS JOIN LATERAL (
  SELECT e0."id" AS c0, e0."a ( b" AS c1
  FROM "posts" e0
  LEFT JOIN "users" j1 ON j1.id = e0."author_id"
  WHERE e0."x" = k.id
    AND (e0."t" = 'it''s ) FROM'
      OR e0."u" = $2
      AND EXISTS (SELECT FROM "tags" WHERE TRUE))
  ORDER BY e0."id"
  LIMIT 3
) p
ORDER BY k.o`
	if got := Format(sql); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// FuzzFormat changes nothing but white space, whatever comes.
func FuzzFormat(f *testing.F) {
	for _, s := range []string{"", "(", ")", "'", `"`, "a (SELECT b", "x ' (' ) AND (", "SELECT a FROM b WHERE (c AND (SELECT d)"} {
		f.Add(s)
	}
	strip := func(s string) string { return strings.Join(strings.Fields(s), "") }
	f.Fuzz(func(t *testing.T, s string) {
		if got := Format(s); strip(got) != strip(s) {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}
