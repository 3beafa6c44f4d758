package postgres_test

import (
	"encoding/json"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/entgraph/entgraph/internal/postgres"
)

// TestArraysAreDocuments writes arrays as Ent writes slices and reads them as Ent reads slices.
func TestArraysAreDocuments(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) { o.RowSecurity = true })
	for name, d := range map[string]dialect.Driver{"pool": postgres.NewDriver(db.Write), "viewer": postgres.NewDriver(db.Writer())} {
		for _, tc := range []struct{ typ, sent, stored, read string }{
			{"text[]", `["a","b c","","NULL","\"","\\","{","}",",","ä","\n"]`, `{a,"b c","","NULL","\"","\\","{","}",",",ä,"` + "\n" + `"}`, ""},
			{"text[]", `[]`, `{}`, ""},
			{"text[]", `[null]`, `{NULL}`, ""},
			{"varchar[]", `["1"]`, `{1}`, ""},
			{"smallint[]", `[-32768,1]`, `{-32768,1}`, ""},
			{"bigint[]", `[9223372036854775807]`, `{9223372036854775807}`, ""},
			{"real[]", `[0.1,1e+20]`, `{0.1,1e+20}`, `[0.1,100000000000000000000]`},
			{"float8[]", `[0.1,5e-324]`, `{0.1,5e-324}`, ""},
			{"numeric[]", `["1.50",2]`, `{1.50,2}`, `["1.50","2"]`},
			{"boolean[]", `[true,false]`, `{t,f}`, ""},
			{"uuid[]", `["018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80"]`, `{018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80}`, ""},
			{"timestamptz[]", `["2026-01-31T13:00:00.5+01:00"]`, `{"2026-01-31 12:00:00.5+00"}`, `["2026-01-31T12:00:00.5Z"]`},
			{"date[]", `["2026-01-31T00:00:00Z"]`, `{2026-01-31}`, ""},
			{"inet[]", `["192.0.2.1","10.0.0.0/8"]`, `{192.0.2.1,10.0.0.0/8}`, ""},
			{"cidr[]", `["192.0.2.0/24","::/0"]`, `{192.0.2.0/24,::/0}`, ""},
			{"macaddr[]", `["08:00:2b:01:02:03"]`, `{08:00:2b:01:02:03}`, ""},
			{"time[]", `["12:00:00.5"]`, `{12:00:00.5}`, ""},
			{"interval[]", `["PT1H30M","P1D"]`, `{01:30:00,"1 day"}`, `["01:30:00","1 day"]`},
			{"int4[]", `[[1,2],[3,4]]`, `{{1,2},{3,4}}`, `[1,2,3,4]`},
		} {
			var rows entsql.Rows
			if err := d.Query(t.Context(), "SELECT v::text, v FROM (SELECT $1::"+tc.typ+" AS v) x", []any{json.RawMessage(tc.sent)}, &rows); err != nil {
				t.Errorf("%s %s %s: %v", name, tc.typ, tc.sent, err)
				continue
			}
			var stored string
			var read []byte
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			if err := rows.Scan(&stored, &read); err != nil {
				t.Errorf("%s %s %s: %v", name, tc.typ, tc.sent, err)
			}
			if tc.read == "" {
				tc.read = tc.sent
			}
			if stored != tc.stored || string(read) != tc.read {
				t.Errorf("%s %s %s: stored %s, read %s", name, tc.typ, tc.sent, stored, read)
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
		}
		for typ, sent := range map[string]string{"text[]": `{"a":1}`, "int4[]": `[{}]`, "bool[]": `"t"`} {
			var rows entsql.Rows
			if err := d.Query(t.Context(), "SELECT $1::"+typ, []any{json.RawMessage(sent)}, &rows); err == nil {
				t.Errorf("%s took %s", typ, sent)
				_ = rows.Close()
			}
		}
	}
}
