package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// guess knows values and casts that nobody has given.
type guess struct {
	*trial
	*pair
}

// placeholder is what rows get on the way back in a column whose values are lost. It
// satisfies what can be known without the rows: references, checks on the column alone and
// uniqueness. A way back that other constraints refuse is found out by a rehearsal. ByPlace
// is whether the value comes from the place that the row has in its table.
func (g *guess) placeholder(c *Object) (value string, byPlace bool) {
	for _, k := range g.to.on(c.table(), Constraint) {
		if k.Shape == "f" && len(k.Columns) == 1 && k.Columns[0] == c.Name {
			return fmt.Sprintf("(SELECT min(%s::text) FROM %s)::%s", sqltext.Ident(k.RefColumns[0]), k.Ref, c.Type), false
		}
	}
	unique := g.unique(c)
	if c.Default != "" && !unique && !strings.Contains(c.Default, "nextval(") {
		return c.Default, false
	}
	value = g.zero(c)
	if !unique {
		return g.fitting(c, value), false
	}
	if distinct, ok := distinctValues[strings.TrimSpace(modifier.ReplaceAllString(c.Type, ""))]; ok {
		value = strings.ReplaceAll(distinct, "ROW", rowNumber)
		return value, value != distinct
	}
	return value, false
}

// rowNumber is a number that no other row of the table has: its place.
const rowNumber = "((ctid::text::point)[0]::bigint * 10000 + (ctid::text::point)[1]::bigint)"

// distinctValues are expressions that differ from row to row, by type.
var distinctValues = map[string]string{
	"text": "ROW::text", "character varying": "ROW::text", "character": "ROW::text", "citext": "ROW::text", "name": "ROW::text",
	"smallint": "ROW", "integer": "ROW", "bigint": "ROW", "numeric": "ROW", "real": "ROW", "double precision": "ROW", "money": "ROW::money", "oid": "ROW::oid",
	"uuid": "gen_random_uuid()", "bytea": "ROW::text::bytea", "inet": "'0.0.0.0'::inet + ROW", "json": "to_json(ROW)", "jsonb": "to_jsonb(ROW)",
	"date": "'2000-01-01'::date + ROW::integer", "interval": "ROW * interval '1 second'", "time without time zone": "time '00:00' + ROW * interval '1 microsecond'",
	"timestamp without time zone": "timestamp '2000-01-01' + ROW * interval '1 second'", "timestamp with time zone": "timestamptz '2000-01-01 00:00Z' + ROW * interval '1 second'",
	"text[]": "ARRAY[ROW::text]", "integer[]": "ARRAY[ROW::integer]", "bigint[]": "ARRAY[ROW]", "point": "point(ROW, 0)",
	"int4range": "int4range(ROW::integer, ROW::integer, '[]')", "int8range": "int8range(ROW, ROW, '[]')", "numrange": "numrange(ROW, ROW, '[]')",
}

// unique reports whether a column must be unique, alone or with others.
func (p *pair) unique(c *Object) bool { return p.keyed(c, 32) } // Postgres' INDEX_MAX_KEYS

// uniqueAlone reports whether no two rows may have the same value of a column.
func (p *pair) uniqueAlone(c *Object) bool { return p.keyed(c, 1) }

// keyed reports whether a column is in a unique key of at most so many columns.
func (p *pair) keyed(c *Object, most int) bool {
	in := func(o *Object) bool { return len(o.Columns) <= most && slices.Contains(o.Columns, c.Name) }
	return slices.ContainsFunc(p.to.on(c.table(), Constraint), func(o *Object) bool { return strings.Contains("pu", o.Shape) && in(o) }) ||
		slices.ContainsFunc(p.to.on(c.table(), Index), func(o *Object) bool { return o.Unique && in(o) })
}

// orphans puts rows back, on the way back, into a table that was dropped: those that a
// foreign key of a table which stayed refers to.
func (w *way) orphans(o *Object, at phase) {
	ref := Key{Kind: Table, Schema: o.RefSchema, Name: o.RefTable}
	if !w.auto || o.Shape != "f" || w.from.Objects[ref] != nil || w.from.Objects[o.table()] == nil || strings.HasSuffix(o.Def, " NOT VALID") {
		return
	}
	into, values := sqltext.Idents(o.RefColumns), sqltext.Idents(o.Columns)
	var system bool
	for _, c := range w.to.on(ref, Column) {
		known := slices.Contains(o.RefColumns, c.Name)
		system = system || known && c.Identity == "a"
		if known || !c.NotNull || c.Default+c.Generate+c.Identity != "" {
			continue
		}
		value, byPlace := w.placeholder(c)
		if byPlace {
			value = "(row_number() OVER ())::" + c.Type
		}
		into, values = into+", "+sqltext.Ident(c.Name), values+", "+value
	}
	sql := "INSERT INTO " + ref.ident() + " (" + into + ")"
	if system {
		sql += " OVERRIDING SYSTEM VALUE"
	}
	var given []string
	for _, c := range o.Columns {
		given = append(given, sqltext.Ident(c)+" IS NOT NULL")
	}
	w.emit(at, writing(fmt.Sprintf("%s\n  SELECT %s FROM (SELECT DISTINCT %s FROM %s WHERE %s) AS orphan\n  ON CONFLICT DO NOTHING",
		sql, values, sqltext.Idents(o.Columns), o.onTable(), strings.Join(given, " AND "))))
	for _, name := range o.RefColumns {
		if c := w.to.Objects[ref.column(name)]; c != nil && (c.Identity != "" || strings.Contains(c.Default, "nextval(")) {
			w.advance(c, at)
		}
	}
}
