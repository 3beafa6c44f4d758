package rehearsal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// textCandidates are texts of the kinds that columns hold and CHECKs ask for; i counts
// the rows.
var textCandidates = []string{
	`'word' || i`, `'user' || i || '@example.com'`, `'https://example.com/' || i`, `'a-b-' || i`, `i::text`,
	`'Some text, number ' || i || '.'`, `'Zoë 北京 ' || i`, `repeat('A longer text. ', 20) || i`, `md5(i::text)`,
	`chr((65 + i % 26)::int) || chr((65 + i / 26 % 26)::int) || 'X'`, `chr((65 + i % 26)::int) || chr((65 + i / 26 % 26)::int)`, `chr((97 + i % 26)::int)`, `'+4930' || (100000 + i)`,
	`gen_random_uuid()::text`, `(current_date - (i % 3000)::int)::text`, `'{"n": ' || i || '}'`, `'#' || substr(md5(i::text), 1, 6)`,
	`i || '.' || (i % 7) || '.0'`, `''`,
}

// typeCandidates are by the type's name in pg_type.
var typeCandidates = map[string][]string{
	"bool":        {`i % 2 = 0`, `true`, `false`},
	"int2":        {`i % 30000`, `i % 100`, `i % 2`, `-(i % 100)`, `1`},
	"int4":        {`i`, `i % 100`, `i % 2`, `-(i % 1000)`, `2000000000 - i`, `1`},
	"int8":        {`i`, `i % 100`, `i % 2`, `-i`, `5000000000 + i`, `1`},
	"float4":      {`i / 8.0`, `random()`, `-random()`, `i % 100`},
	"float8":      {`i / 8.0`, `random()`, `-random()`, `i % 100`},
	"money":       {`(i / 100.0)::numeric::money`},
	"date":        {`current_date - (i % 3000)::int`, `current_date + (i % 300)::int`},
	"time":        {`(i % 86400) * interval '1 second' + time '00:00'`},
	"timetz":      {`((i % 86400) * interval '1 second' + time '00:00')::timetz`},
	"timestamp":   {`localtimestamp - i * interval '77 minutes'`, `localtimestamp + i * interval '1 hour'`},
	"timestamptz": {`now() - i * interval '77 minutes'`, `now() + i * interval '1 hour'`},
	"interval":    {`i * interval '1 minute'`},
	"uuid":        {`gen_random_uuid()`},
	"json":        {`json_build_object('n', i)`, `'[]'::json`, `'{}'::json`},
	"jsonb":       {`jsonb_build_object('n', i)`, `'[]'::jsonb`, `'{}'::jsonb`},
	"bytea":       {`decode(md5(i::text), 'hex')`, `sha256(i::text::bytea)`, `sha512(i::text::bytea)`, `''::bytea`},
	"inet":        {`'10.0.0.0'::inet + i`},
	"cidr":        {`set_masklen('10.0.0.0'::inet + i * 256, 32)::cidr`},
	"macaddr":     {`('08:00:2b:' || regexp_replace(lpad(to_hex(i), 6, '0'), '(..)(..)(..)', '\1:\2:\3'))::macaddr`},
	"tsvector":    {`to_tsvector('simple', 'word ' || i)`},
	"point":       {`point(i, random())`},
	"int4range":   {`int4range(i::int, (i + 10)::int)`},
	"int8range":   {`int8range(i, i + 10)`},
	"numrange":    {`numrange(i, i + 10)`},
	"daterange":   {`daterange(current_date + (2 * i)::int, current_date + (2 * i + 1)::int)`},
	"tsrange":     {`tsrange(localtimestamp + i * interval '1 day', localtimestamp + (i + 0.5) * interval '1 day')`},
	"tstzrange":   {`tstzrange(now() + i * interval '1 day', now() + (i + 0.5) * interval '1 day')`},
}

// lastResort is tried for types that have no candidates.
var lastResort = []string{`'word' || i`, `i::text`, `'{}'`, `'()'`, `'0'`}

// candidates are expressions of the column's type, which i varies. They are sure when
// each can be cast to it.
func (c sampleColumn) candidates(literals []string) (all []string, sure bool) {
	for _, l := range c.Labels {
		all = append(all, sqltext.Literal(l))
	}
	sure = !c.Domain
	if len(all) == 0 {
		all = append(all, c.byType()...)
		for _, l := range literals {
			all = append(all, sqltext.Literal(l))
		}
		sure = sure && (c.text() || len(literals) == 0 && typeCandidates[c.Base] != nil)
	}
	for i, e := range all {
		all[i] = fmt.Sprintf("(%s)::%s", e, c.Type)
	}
	return all, sure
}

func (c sampleColumn) text() bool {
	return slices.Contains([]string{"text", "varchar", "bpchar", "name", "citext"}, c.Base)
}

func (c sampleColumn) byType() []string {
	switch {
	case c.text():
		var all []string
		for _, e := range textCandidates {
			if c.Length > 0 {
				e = fmt.Sprintf("left(%s, %d)", e, c.Length)
			}
			all = append(all, e)
		}
		return all
	case c.Base == "numeric":
		if c.Digits == 0 {
			return []string{`i`, `i / 8.0`, `random()`, `-i`, `i % 100`}
		}
		limit := "1" + strings.Repeat("0", c.Digits-c.Scale)
		return []string{fmt.Sprintf("(i + random())::numeric %% %s", limit), fmt.Sprintf("i %% %s", limit), fmt.Sprintf("-(i %% %s)", limit), "random()", "0"}
	}
	if c.Elem != "" {
		elem := sampleColumn{Base: c.Elem, Type: c.Elem}.byType()
		all := []string{"'{}'"}
		for _, e := range elem[:min(2, len(elem))] {
			all = append(all, fmt.Sprintf("ARRAY[(%s)::%s]", e, c.Elem))
		}
		return all
	}
	if all := typeCandidates[c.Base]; all != nil {
		return append([]string(nil), all...)
	}
	return append([]string(nil), lastResort...)
}
