package oracle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/key"
)

// texts are what goes wrong first: patterns of LIKE, quotes and escapes, letters in
// both cases, such as fold to several or to none, and what looks alike.
var texts = []string{
	"a", "A", "b", "ab", "AB", "aB", "Zebra", "zebra", "a b", "Ärger", "ärger", "É", "e\u0301", "straße", "STRASSE", "ΟΔΟΣ", "οδος", "İi",
	"İ", "ı", "i", "K", "k", "Σίσυφος", "日本語", "😀", "👩‍👩‍👧", "%", "_", "a%b", "a_b", "100%", `\`, `a\b`, `\%`, "'", `"q"`,
	"<b>&amp;</b>", "$1", "{}", "null", "NULL", "0", "-1", "\u2028", "\u00a0x", "\ufeff", "\ufffd", "\U0010ffff", "line\nbreak\ttab\r", "x\x7f",
	strings.Repeat("x", 50), strings.Repeat("ä", 50),
}

// times have ties, neighbours one microsecond apart, ends of days, months and years,
// and the first and last years.
var times = []string{
	"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z", "2025-12-31T23:59:59.999999Z", "2026-01-05T00:00:00Z",
	"2026-01-04T23:59:59Z", "2026-03-31T12:30:00Z", "2026-04-01T00:30:00.5Z", "2024-02-29T10:00:00Z", "2026-01-01T10:15:00Z",
	"1970-01-01T00:00:00Z", "1969-12-31T23:59:59.9Z", "1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00Z",
	"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1582-10-10T00:00:00Z",
}

// filler makes random rows.
type filler struct {
	*rand.Rand
	schema *ast.Schema
	graph  *entity.Graph
	ids    map[*entity.Entity][]any
}

// prepare gives hashes, which the API does not show, a default, and turns the audit log
// off: it is filled like the other tables.
const prepare = `DO $$ DECLARE r record; BEGIN
	FOR r IN SELECT attrelid::regclass AS t, attname AS c FROM pg_attribute a JOIN pg_class k ON k.oid = attrelid
		WHERE k.relkind = 'r' AND k.relnamespace = 'public'::regnamespace AND attnotnull AND NOT atthasdef AND atttypid = 'bytea'::regtype LOOP
		EXECUTE format('ALTER TABLE %s ALTER %I SET DEFAULT sha256(gen_random_uuid()::text::bytea)', r.t, r.c);
	END LOOP;
	FOR r IN SELECT tgrelid::regclass AS t FROM pg_trigger WHERE tgname = 'entgraph_audit' LOOP
		EXECUTE format('ALTER TABLE %s DISABLE TRIGGER entgraph_audit', r.t);
	END LOOP;
END $$`

// Fill writes about n random rows, at most, to every table of a graph, not to views, and deletes
// some again. The same seed gives the same rows. What a unique constraint refuses is left
// out, so that some entities have no neighbour.
func Fill(ctx context.Context, db *pgxpool.Pool, g *entity.Graph, schema *ast.Schema, seed uint64, n int) error {
	f := &filler{Rand: rand.New(rand.NewPCG(seed, uint64(n))), schema: schema, graph: g, ids: map[*entity.Entity][]any{}}
	order, err := parentsFirst(g)
	if err != nil {
		return err
	}
	if _, err := db.Exec(ctx, prepare); err != nil {
		return fmt.Errorf("prepare the tables: %w", err)
	}
	for _, e := range order {
		if e.Place == entity.View {
			continue
		}
		if err := f.insert(ctx, db, e, n); err != nil {
			return fmt.Errorf("fill %s: %w", e.Table, err)
		}
	}
	if err := f.link(ctx, db, n); err != nil {
		return err
	}
	return f.deleteSome(ctx, db)
}

// parentsFirst orders entities so that rows come after those that they refer to.
func parentsFirst(g *entity.Graph) ([]*entity.Entity, error) {
	var order []*entity.Entity
	done := map[*entity.Entity]bool{}
	for len(order) < len(g.All()) {
		before := len(order)
		for _, e := range g.All() {
			ready := !done[e]
			for _, edge := range e.Edges {
				if edge.Column != "" && !edge.OnTarget && (edge.Required || edge.OneOf != nil) && edge.Target != e && !done[edge.Target] {
					ready = false
				}
			}
			if ready {
				order, done[e] = append(order, e), true
			}
		}
		if len(order) == before {
			return nil, errors.New("order the entities: required edges go round in a circle")
		}
	}
	return order, nil
}

func (f *filler) insert(ctx context.Context, db *pgxpool.Pool, e *entity.Entity, n int) error {
	columns := entityColumns(e)
	var places []string
	for i := range columns {
		places = append(places, fmt.Sprintf("$%d", i+1))
	}
	text := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING", e.Relation(), sqltext.Idents(columns), strings.Join(places, ", "))
	if !e.IsLink() {
		text += " RETURNING " + sqltext.Ident(e.ID().Column)
	}
	batch := &pgx.Batch{}
	for range n - f.IntN(n/4+1) {
		row, err := f.row(e, columns)
		if err != nil {
			return err
		}
		if row == nil {
			continue
		}
		batch.Queue(text, row...).QueryRow(func(r pgx.Row) error {
			var id key.Key
			switch err := r.Scan(postgres.Key(&id)); {
			case errors.Is(err, pgx.ErrNoRows):
				return nil
			case err != nil:
				return err
			}
			f.ids[e] = append(f.ids[e], id.Any())
			return nil
		})
	}
	return db.SendBatch(ctx, batch).Close()
}

// row makes the values of a row; nil when something that it must refer to is missing.
func (f *filler) row(e *entity.Entity, columns []string) ([]any, error) {
	values := map[string]any{}
	for i := range e.Fields {
		v, err := f.value(e, &e.Fields[i])
		if err != nil {
			return nil, err
		}
		values[e.Fields[i].Column] = v
	}
	for _, edge := range e.Edges {
		if edge.Column == "" || edge.OnTarget {
			continue
		}
		values[edge.Column] = nil
		if ids := f.ids[edge.Target]; len(ids) > 0 && (edge.Required || f.IntN(4) > 0) {
			values[edge.Column] = f.skewed(ids)
		} else if edge.Required {
			return nil, nil
		}
	}
	for i := range e.OneOf {
		if !f.chooseOne(&e.OneOf[i], values) {
			return nil, nil
		}
	}
	row := make([]any, len(columns))
	for i, c := range columns {
		row[i] = values[c]
	}
	return row, nil
}

// chooseOne lets one of several edges lead somewhere. It reports false when none can.
func (f *filler) chooseOne(o *entity.OneOf, values map[string]any) bool {
	var can []*entity.Edge
	for _, edge := range o.Members {
		if values[edge.Column] = nil; len(f.ids[edge.Target]) > 0 {
			can = append(can, edge)
		}
	}
	if len(can) == 0 {
		return false
	}
	edge := pick(f.Rand, can)
	values[edge.Column] = f.skewed(f.ids[edge.Target])
	return true
}

// skewed picks the first ids often and the last ones hardly ever, so that some have
// many neighbours and some none.
func (f *filler) skewed(ids []any) any {
	x := f.Float64()
	return ids[int(x*x*float64(len(ids)))]
}

// attempts is how many random texts are tried on a validator.
const attempts = 200

func (f *filler) value(e *entity.Entity, field *entity.Field) (any, error) {
	if field.Flags.Has(entity.Nullable) && f.IntN(3) == 0 {
		return nil, nil
	}
	if field.Type == entity.ID {
		return randomID(f.Rand, e).Any(), nil
	}
	for range attempts {
		if v, err := field.Parse(f.candidate(e, field)); err == nil {
			if field.Item != nil {
				return v, nil // which pgx makes an array of
			}
			return plain(v), nil
		}
	}
	if field.Flags.Has(entity.Nullable) {
		return nil, nil
	}
	return nil, fmt.Errorf("no random value is good for %s.%s", e.Name, field.Name)
}

func (f *filler) candidate(e *entity.Entity, field *entity.Field) any {
	if values := formCandidates[field.Type]; values != nil {
		return pick(f.Rand, values)
	}
	if field.Type.Kind().Bound != 0 {
		return f.spanCandidate(e, field)
	}
	if field.Item != nil {
		list := make([]any, f.IntN(4))
		for i := range list {
			list[i] = f.candidate(e, field.Item)
		}
		return list
	}
	switch field.Type {
	case entity.Enum:
		def := f.schema.Types[e.Name+strings.ToUpper(field.Name[:1])+field.Name[1:]] // as the generator names it
		return def.EnumValues[f.IntN(len(def.EnumValues))].Name
	case entity.Int, entity.BigInt:
		return int64(f.IntN(7) - 1)
	case entity.Float, entity.Float32:
		return float64(f.IntN(9)-2) / 4
	case entity.Bool:
		return f.IntN(2) == 0
	case entity.Time:
		return pick(f.Rand, times)
	case entity.UUID:
		return f.uuid().String()
	case entity.JSON:
		// Some have digits that a float64 has not.
		return map[string]any{"n": pick(f.Rand, []any{0, 1, 2, json.Number("9007199254740993"), json.Number("0.12345678901234567890")})}
	}
	return f.text()
}

// text makes a text; every other one could be a name or an address.
func (f *filler) text() string {
	switch f.IntN(10) {
	case 8, 9:
		return f.sentence()
	case 0:
		return fmt.Sprintf("u%d@example.com", f.IntN(100))
	case 1, 2:
		return fmt.Sprintf("name_%d", f.IntN(100))
	case 3:
		return pick(f.Rand, texts) + pick(f.Rand, texts)
	case 4:
		return ""
	}
	return pick(f.Rand, texts)
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// uuid makes a version 7 UUID that has nothing to do with the time of creation.
func (f *filler) uuid() uuid.UUID { return randomUUID(f.Rand) }

func randomUUID(r *rand.Rand) uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

// randomID makes an id that an entity may have, such as no negative one where Go's type has none.
func randomID(r *rand.Rand, e *entity.Entity) key.Key {
	for {
		k := randomKey(r, e.Key())
		if _, err := e.ParseID(e.FormatID(k)); err == nil {
			return k
		}
	}
}

// randomKey makes an id of a type. Those that are no UUIDs meet others at times.
func randomKey(r *rand.Rand, typ entity.KeyType) key.Key {
	switch {
	case typ == entity.UUIDKey:
		return key.UUID(randomUUID(r))
	case typ.Integer():
		return key.Int(int64(r.IntN(300) - 20))
	}
	return key.Text(pick(r, idTexts) + strconv.Itoa(r.IntN(100)))
}

// idTexts are what ids that are texts begin with.
var idTexts = []string{"", "a", "A", "a_b_", "user_", "Ä", "日本", "'", `"`, `\\`, " ", "%", "1-", strings.Repeat("x", 200)}

// link fills the link tables that are no entities.
func (f *filler) link(ctx context.Context, db *pgxpool.Pool, n int) error {
	done := map[string]bool{}
	for _, e := range f.graph.Entities() {
		for _, edge := range e.Edges {
			if edge.Link == "" || edge.Through != "" || done[edge.Link] {
				continue
			}
			done[edge.Link] = true
			text := fmt.Sprintf("INSERT INTO %s (%s) VALUES ($1, $2) ON CONFLICT DO NOTHING",
				edge.LinkRelation(), sqltext.Idents([]string{edge.LinkFrom, edge.LinkTo}))
			for range n {
				if len(f.ids[e]) == 0 || len(f.ids[edge.Target]) == 0 {
					break
				}
				if _, err := db.Exec(ctx, text, f.skewed(f.ids[e]), f.skewed(f.ids[edge.Target])); err != nil {
					return fmt.Errorf("fill %s: %w", edge.Link, err)
				}
			}
		}
	}
	return nil
}

// deleteSome deletes a row of every table, with what goes with it.
func (f *filler) deleteSome(ctx context.Context, db *pgxpool.Pool) error {
	for _, e := range f.graph.Entities() {
		if len(f.ids[e]) < 3 {
			continue
		}
		_, err := db.Exec(ctx, "DELETE FROM "+e.Relation()+" WHERE "+sqltext.Ident(e.ID().Column)+" = $1", pick(f.Rand, f.ids[e]))
		if err != nil && sqltext.State(err) != pgerrcode.ForeignKeyViolation { // others still refer to it
			return fmt.Errorf("delete from %s: %w", e.Table, err)
		}
	}
	return nil
}

// timeText is a time as a client may write it.
func timeText(r *rand.Rand, t time.Time) string {
	if r.IntN(3) == 0 && t.Year() > 1 && t.Year() < 9999 {
		t = t.In(time.FixedZone("", (r.IntN(27)-12)*3600))
	}
	return t.Format(time.RFC3339Nano)
}
