package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// catalog is what is in a database, by Postgres' object ids, which a rename keeps.
type catalog struct {
	Tables      map[uint32]*table
	Constraints map[uint32]*constraint
	Indexes     map[uint32]*index
	Labels      map[uint32]*label // of enums
	Views       map[uint32]*view
	Spaces      map[uint32]string // schemas
	Types       map[uint32]string // enums, domains, composite and range types
	Reserved    []string          // words that are no names without quotes
}

type table struct {
	Name     string // without the schema when that is public
	Ident    string // schema and name, quoted
	Kind     string // r table, p partitioned table, m materialized view
	Parent   uint32 // of a partition or child
	Children bool   // it has, or had, partitions or children; their rows are its too
	Filenode uint32
	Unlogged bool
	Bounds   string // the condition on the rows of a partition
	Comment  string
	Columns  map[int]*column // by attnum, which a rename keeps

	rows int64 // counted
}

type column struct {
	Name      string
	Type      string
	NotNull   bool
	Default   string // "" for none
	Identity  string // "a", "d" or ""
	Generated string // "s" or ""
	Comment   string

	values   int64 // counted, nulls are none
	distinct int64
}

type constraint struct {
	Name      string
	Table     uint32
	Type      string // c check, f foreign key, p primary key, u unique, x exclusion
	Validated bool
	Columns   []int
	Index     uint32
	Refers    uint32 // to the table, of a foreign key
	OnDelete  string // a no action, r restrict, c cascade, n null, d default
	Def       string
}

type index struct {
	Name     string
	Table    uint32
	Unique   bool
	Valid    bool
	Partial  bool
	Columns  []int // 0 for an expression
	Filenode uint32
	Shape    string // definition without its name
}

type label struct{ Type, Name string }

type view struct{ Name, Def string }

// selectCatalog reads it in one go. Sub-queries make objects keyed by oid.
const selectCatalog = `WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
rel AS (SELECT c.*, CASE own.nspname WHEN 'public' THEN '' ELSE own.nspname || '.' END || c.relname AS name, format('%I.%I', own.nspname, c.relname) AS ident FROM pg_class c JOIN own ON own.oid = c.relnamespace
  WHERE NOT (own.nspname = 'public' AND c.relname IN ('` + sqlfile.Revisions + `', '` + sqlfile.Revisions + `_pkey'))
  AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM member))
SELECT json_build_object(
'Tables', (SELECT coalesce(json_object_agg(oid, json_build_object('Name', name, 'Ident', ident, 'Kind', relkind, 'Children', relhassubclass,
  'Parent', coalesce((SELECT inhparent::bigint FROM pg_inherits WHERE inhrelid = rel.oid LIMIT 1), 0), 'Filenode', coalesce(pg_relation_filenode(oid)::bigint, 0),
  'Bounds', coalesce(pg_get_partition_constraintdef(oid), ''), 'Unlogged', relpersistence = 'u', 'Comment', coalesce(obj_description(oid, 'pg_class'), ''),
  'Columns', (SELECT coalesce(json_object_agg(attnum, json_build_object('Name', attname, 'Type', format_type(atttypid, atttypmod), 'NotNull', attnotnull,
    'Default', coalesce(pg_get_expr(adbin, adrelid), ''), 'Identity', attidentity, 'Generated', attgenerated,
    'Comment', coalesce(col_description(attrelid, attnum), ''))), '{}')
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped))), '{}') FROM rel WHERE relkind IN ('r', 'p', 'm')),
'Constraints', (SELECT coalesce(json_object_agg(oid, json_build_object('Name', conname, 'Table', conrelid::bigint, 'Type', contype, 'Validated', convalidated,
  'Columns', conkey, 'Index', conindid::bigint, 'Refers', confrelid::bigint, 'OnDelete', confdeltype, 'Def', pg_get_constraintdef(oid))), '{}')
  FROM pg_constraint WHERE conrelid IN (SELECT oid FROM rel) AND contype IN ('c', 'f', 'p', 'u', 'x')),
'Indexes', (SELECT coalesce(json_object_agg(i.indexrelid, json_build_object('Name', rel.name, 'Table', i.indrelid::bigint, 'Unique', i.indisunique, 'Valid', i.indisvalid,
  'Partial', i.indpred IS NOT NULL, 'Columns', i.indkey::int2[], 'Filenode', coalesce(pg_relation_filenode(rel.oid)::bigint, 0),
  'Shape', regexp_replace(pg_get_indexdef(rel.oid), ' INDEX .* ON ', ' INDEX ON '))), '{}')
  FROM pg_index i JOIN rel ON rel.oid = i.indexrelid),
'Labels', (SELECT coalesce(json_object_agg(e.oid, json_build_object('Type', t.typname, 'Name', enumlabel)), '{}') FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid),
'Views', (SELECT coalesce(json_object_agg(oid, json_build_object('Name', name, 'Def', pg_get_viewdef(oid))), '{}') FROM rel WHERE relkind = 'v'),
'Spaces', (SELECT json_object_agg(oid, nspname) FROM own),
'Types', (SELECT coalesce(json_object_agg(t.oid, CASE own.nspname WHEN 'public' THEN '' ELSE own.nspname || '.' END || typname), '{}')
  FROM pg_type t JOIN own ON own.oid = typnamespace LEFT JOIN pg_class c ON c.oid = typrelid
  WHERE typtype IN ('e', 'd', 'r') OR typtype = 'c' AND c.relkind = 'c'),
'Reserved', (SELECT json_agg(word) FROM pg_get_keywords() WHERE catcode IN ('R', 'T')))`

// readCatalog reads and counts what is in the database. What is counted of tables in
// known holds still.
func readCatalog(ctx context.Context, conn *pgx.Conn, known map[uint32]*table) (*catalog, error) {
	var data []byte
	if err := conn.QueryRow(ctx, selectCatalog).Scan(&data); err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	c := &catalog{}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("decode catalog: %w", err)
	}
	return c, c.count(ctx, conn, known)
}

// count counts rows and, for each column, values and different values, in one query.
func (c *catalog) count(ctx context.Context, conn *pgx.Conn, known map[uint32]*table) error {
	var parts []string
	for oid, t := range c.Tables {
		switch before := known[oid]; {
		case t.Kind == "m": // what it holds can be made again
		case before != nil:
			t.takeCounts(before)
		default:
			parts = append(parts, t.countQuery(oid))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	rows, err := conn.Query(ctx, strings.Join(parts, "\nUNION ALL "))
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	var (
		oid    uint32
		counts []int64
	)
	_, err = pgx.ForEachRow(rows, []any{&oid, &counts}, func() error {
		t := c.Tables[oid]
		t.rows = counts[0]
		for i, num := range t.order() {
			t.Columns[num].values, t.Columns[num].distinct = counts[1+2*i], counts[2+2*i]
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	return nil
}

func (t *table) takeCounts(from *table) {
	t.rows = from.rows
	for num, c := range t.Columns {
		if before := from.Columns[num]; before != nil {
			c.values, c.distinct = before.values, before.distinct
		}
	}
}

func (t *table) countQuery(oid uint32) string {
	counts := []string{"count(*)"}
	for _, num := range t.order() {
		name := sqltext.Ident(t.Columns[num].Name)
		counts = append(counts, "count("+name+")", "count(DISTINCT "+name+"::text)")
	}
	return fmt.Sprintf("SELECT %d::oid, ARRAY[%s]::bigint[] FROM %s", oid, strings.Join(counts, ", "), t.Ident)
}

// order lists the columns in their order.
func (t *table) order() []int {
	all := make([]int, 0, len(t.Columns))
	for num := range t.Columns {
		all = append(all, num)
	}
	slices.Sort(all)
	return all
}

// tableOf gives the table of a relation that is a table or an index, 0 for others.
func (c *catalog) tableOf(oid uint32) uint32 {
	if c.Tables[oid] != nil {
		return oid
	}
	if i := c.Indexes[oid]; i != nil {
		return i.Table
	}
	return 0
}

// columnNames lists the names of a table's columns; an expression has "".
func (t *table) columnNames(nums []int) []string {
	all := make([]string, len(nums))
	for i, n := range nums {
		if c := t.Columns[n]; c != nil {
			all[i] = c.Name
		}
	}
	return all
}
