package seed

import (
	"os"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/postgres"
)

func TestMain(m *testing.M) { os.Exit(devpg.Main(m)) }

// open gives a database with the tables and no data.
func open(t *testing.T, tables []*schema.Table, change ...func(*postgres.Options)) *postgres.DB {
	t.Helper()
	ddl, err := plan.SchemaSQL(t.Context(), tables)
	if err != nil {
		t.Fatal(err)
	}
	url, _ := devpg.Reuse(t)
	o := postgres.Options{URL: url, MaxConns: 2, ConnectTimeout: 10 * time.Second}
	for _, f := range change {
		f(&o)
	}
	db, err := postgres.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	exec(t, db, ddl)
	return db
}

func exec(t *testing.T, db *postgres.DB, sql string) {
	t.Helper()
	if _, err := db.Write.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v: %s", err, sql)
	}
}

// list reads the values of a query.
func list[T any](t *testing.T, db *postgres.DB, query string) []T {
	t.Helper()
	rows, err := db.Write.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	return all
}

// want compares queries that give a number with that number.
func want(t *testing.T, db *postgres.DB, numbers map[string]int) {
	t.Helper()
	for query, n := range numbers {
		if got := list[int](t, db, query)[0]; got != n {
			t.Errorf("%d, want %d: %s", got, n, query)
		}
	}
}

// made is a table as Ent's generated code declares it.
func made(name string, columns ...*schema.Column) *schema.Table {
	id := &schema.Column{Name: "id", Type: field.TypeUUID}
	t := schema.NewTable(name).AddPrimary(id)
	for _, c := range columns {
		t.AddColumn(c)
		if c.Unique {
			t.Indexes = append(t.Indexes, &schema.Index{Name: name + "_" + c.Name + "_key", Unique: true, Columns: []*schema.Column{c}})
			c.Unique = false
		}
	}
	return t
}

func text(name string) *schema.Column { return &schema.Column{Name: name, Type: field.TypeString} }
func number(name string) *schema.Column {
	return &schema.Column{Name: name, Type: field.TypeInt}
}
func moment(name string) *schema.Column { return &schema.Column{Name: name, Type: field.TypeTime} }
func unlike(c *schema.Column) *schema.Column {
	c.Unique = true
	return c
}
func null(c *schema.Column) *schema.Column {
	c.Nullable = true
	return c
}

// refer adds a foreign key.
func refer(from *schema.Table, column string, to *schema.Table, change ...func(*schema.Column) *schema.Column) {
	c := &schema.Column{Name: column, Type: to.PrimaryKey[0].Type}
	for _, f := range change {
		f(c)
	}
	isUnique := c.Unique
	c.Unique = false
	from.AddColumn(c)
	from.AddForeignKey(&schema.ForeignKey{Symbol: from.Name + "_" + column, Columns: []*schema.Column{c}, RefTable: to, RefColumns: to.PrimaryKey, OnDelete: schema.NoAction})
	if isUnique {
		together(from, column)
	}
}

// together makes columns a unique key.
func together(t *schema.Table, columns ...string) {
	index := &schema.Index{Unique: true, Name: t.Name}
	for _, name := range columns {
		c, _ := t.Column(name)
		index.Columns, index.Name = append(index.Columns, c), index.Name+"_"+name
	}
	t.Indexes = append(t.Indexes, index)
}
