package oracle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// Row holds the values of one row by column: nil, string, int64, float64, bool,
// time.Time, uuid.UUID or a form. A JSON column is its text.
type Row map[string]any

// IDOf is the id of a row of an entity.
func IDOf(e *entity.Entity, r Row) key.Key {
	k, err := key.Of(r[e.ID().Column])
	if err != nil {
		panic(fmt.Sprintf("a row of %s: %v", e.Name, err))
	}
	return k
}

// World is all rows of a graph's tables.
type World struct {
	Graph *entity.Graph
	// Fold is lower() of the database.
	Fold   func(string) string
	tables map[string][]Row
	index  map[string]map[any][]Row // by "table.column" and value
	search *searcher
	labels map[string][]string // of enums of Postgres, by the type
	read   time.Time           // when the rows were read, by the clock of the database
}

// Load reads all rows. It fails on a database that does not order texts by their
// bytes, since Go cannot follow another collation.
func Load(ctx context.Context, db *pgxpool.Pool, g *entity.Graph) (*World, error) {
	w := &World{Graph: g, tables: map[string][]Row{}, index: map[string]map[any][]Row{}, search: newSearcher(ctx, db)}
	if err := w.probe(ctx, db); err != nil {
		return nil, err
	}
	if err := w.loadLabels(ctx, db); err != nil {
		return nil, err
	}
	for _, e := range g.All() {
		if err := w.load(ctx, db, e.Relation(), e.Table, entityColumns(e), e.FieldByColumn); err != nil {
			return nil, err
		}
	}
	for _, e := range g.Entities() {
		for _, edge := range e.Edges {
			if edge.Link == "" || w.tables[edge.Link] != nil {
				continue
			}
			if err := w.load(ctx, db, edge.LinkRelation(), edge.Link, []string{edge.LinkFrom, edge.LinkTo}, func(string) *entity.Field { return nil }); err != nil {
				return nil, err
			}
		}
	}
	return w, nil
}

// probe asks how the database orders texts, what it takes for the same letter, and what time it is.
func (w *World) probe(ctx context.Context, db *pgxpool.Pool) error {
	var bytewise, unicode bool
	const query = `SELECT 'B' < 'a' AND 'a' < 'é' AND 'a b' < 'aa', lower('É') = 'é', now()`
	if err := db.QueryRow(ctx, query).Scan(&bytewise, &unicode, &w.read); err != nil {
		return fmt.Errorf("probe the collation: %w", err)
	}
	if !bytewise {
		return errors.New("probe the collation: the database does not order texts by their bytes; create it with the locale C")
	}
	w.Fold = foldASCII
	if unicode {
		w.Fold = strings.ToLower
	}
	return nil
}

// sameLetters turns texts that are equal without regard to case into one text, whatever the locale
// of the database: each letter into its lower case, and both small sigmas into one.
func sameLetters(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ς", "σ") }

// foldASCII is lower() under the locale C.
func foldASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// entityColumns lists the columns that the graph knows, a JSON column as its text.
func entityColumns(e *entity.Entity) []string {
	var columns []string
	for _, f := range e.Fields {
		columns = append(columns, f.Column)
	}
	for _, edge := range e.Edges {
		if edge.Column != "" && !edge.OnTarget && e.FieldByColumn(edge.Column) == nil {
			columns = append(columns, edge.Column)
		}
	}
	return columns
}

func (w *World) load(ctx context.Context, db *pgxpool.Pool, from, table string, columns []string, field func(column string) *entity.Field) error {
	shown := make([]string, len(columns))
	for i, c := range columns {
		shown[i] = sqltext.Ident(c)
		if f := field(c); f != nil && (f.Type == entity.Decimal || f.Type == entity.DecimalRange || f.Type == entity.JSON && f.Item == nil) {
			shown[i] += "::text" // pgx reads 0.00 as 0, and the numbers of documents as float64
		} else if f != nil && f.Item != nil && f.Item.Type == entity.Decimal {
			shown[i] += "::text[]"
		}
	}
	rows, err := db.Query(ctx, "SELECT "+strings.Join(shown, ", ")+" FROM "+from+" ORDER BY 1")
	if err != nil {
		return fmt.Errorf("read %s: %w", table, err)
	}
	defer rows.Close()
	w.tables[table] = []Row{}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
		row := Row{}
		for i, c := range columns {
			row[c] = w.stored(field(c), values[i])
		}
		w.tables[table] = append(w.tables[table], row)
	}
	return rows.Err()
}

// rows lists the rows of an entity.
func (w *World) rows(e *entity.Entity) []Row { return w.tables[e.Table] }

// at lists the rows of a table with a value in a column.
func (w *World) at(table, column string, value any) []Row {
	name := table + "." + column
	if w.index[name] == nil {
		w.index[name] = map[any][]Row{}
		for _, row := range w.tables[table] {
			key := grouped(row[column])
			w.index[name][key] = append(w.index[name][key], row)
		}
	}
	if value == nil {
		return nil
	}
	return w.index[name][grouped(value)]
}

// byID finds the row with an id, nil without one.
func (w *World) byID(e *entity.Entity, id key.Key) Row {
	if rows := w.at(e.Table, e.ID().Column, id.Any()); len(rows) > 0 {
		return rows[0]
	}
	return nil
}

// neighbour is where an edge leads, with the row of the link table on the way.
type neighbour struct{ row, link Row }

// neighbours follows an edge.
func (w *World) neighbours(e *entity.Edge, row Row) []neighbour {
	var out []neighbour
	add := func(link Row, rows []Row) {
		for _, r := range rows {
			out = append(out, neighbour{r, link})
		}
	}
	switch {
	case e.Link != "":
		for _, link := range w.at(e.Link, e.LinkFrom, row[e.Source.ID().Column]) {
			add(link, w.at(e.Target.Table, e.Target.ID().Column, link[e.LinkTo]))
		}
	case e.OnTarget:
		add(nil, w.at(e.Target.Table, e.Column, row[e.Source.ID().Column]))
	default:
		add(nil, w.at(e.Target.Table, e.Target.ID().Column, row[e.Column]))
	}
	return out
}

// one follows a to-one edge, nil when it leads nowhere.
func (w *World) one(e *entity.Edge, row Row) Row {
	if n := w.neighbours(e, row); len(n) > 0 {
		return n[0].row
	}
	return nil
}

// keyValue is the value of a field of the entity or, with an edge, of its neighbour.
func (w *World) keyValue(edge *entity.Edge, f *entity.Field, row Row) any {
	if edge != nil {
		if row = w.one(edge, row); row == nil {
			return nil
		}
	}
	return row[f.Column]
}

// micros has the precision with which Postgres keeps times.
func micros(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Rows lists the rows of an entity.
func (w *World) Rows(e *entity.Entity) []Row { return w.rows(e) }

// Holds says whether a condition of the entity's rules holds for a viewer on a row, which
// may be one that is not in the world yet.
func (w *World) Holds(e *entity.Entity, c rule.Cond, row Row, v viewer.Viewer) bool {
	return v.System || w.holds(e, c, row, v)
}
