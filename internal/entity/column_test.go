package entity

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/schema/field"
	"github.com/jackc/pgx/v5/pgtype"
)

// TestColumnOf checks the names under which types that fit are accepted.
func TestColumnOf(t *testing.T) {
	t.Parallel()
	for column, tc := range map[string]struct {
		typ    field.Type
		length int
		fits   bool
	}{
		"":                              {field.TypeString, 0, true},
		"varchar":                       {field.TypeString, 0, true},
		"VARCHAR(10)":                   {field.TypeString, 10, true},
		"character  varying ( 3 )":      {field.TypeString, 3, true},
		"varchar(0)":                    {field.TypeString, 0, false},
		"text(3)":                       {field.TypeString, 0, false},
		"text collate \"C\"":            {field.TypeString, 0, false},
		"public.text":                   {field.TypeString, 0, false},
		"int8":                          {field.TypeInt64, 0, true},
		"int4":                          {field.TypeInt, 0, true},
		"float8":                        {field.TypeFloat64, 0, true},
		"float":                         {field.TypeFloat64, 0, true},
		"float(24)":                     {field.TypeFloat64, 0, false},
		"float4":                        {field.TypeFloat32, 0, true},
		"bool":                          {field.TypeBool, 0, true},
		"timestamptz":                   {field.TypeTime, 0, true},
		"timestamp(6) with time zone":   {field.TypeTime, 0, true},
		"timestamp(0) with time zone":   {field.TypeTime, 0, false},
		"timestamp with time zone":      {field.TypeTime, 0, true},
		"timestamp":                     {field.TypeTime, 0, true},
		"timestamp(3)":                  {field.TypeTime, 0, false},
		"time with time zone":           {field.TypeString, 0, false},
		"char":                          {field.TypeString, 1, true},
		"char(3)":                       {field.TypeString, 3, true},
		"numeric":                       {field.TypeString, 0, true},
		"decimal(10)":                   {field.TypeOther, 10, true},
		"numeric(10, 2)":                {field.TypeOther, 10, true},
		"numeric(2,4)":                  {field.TypeOther, 0, false},
		"numeric(4,-2)":                 {field.TypeOther, 0, false},
		"varchar(3,1)":                  {field.TypeString, 0, false},
		"point":                         {field.TypeOther, 0, false},
		"mood":                          {field.TypeEnum, 0, true},
		"app.\"Mood\"":                  {field.TypeEnum, 0, true},
		"numeric(4)":                    {field.TypeEnum, 0, false},
		"bigint":                        {field.TypeEnum, 0, false},
		"citext":                        {field.TypeEnum, 0, false},
		"jsonb":                         {field.TypeJSON, 0, true},
		"json":                          {field.TypeJSON, 0, true},
		"varchar(99999999999999999999)": {field.TypeString, 0, false},
	} {
		c, err := ColumnOf(tc.typ, column)
		if (err == nil) != tc.fits || c.Length != tc.length {
			t.Errorf("%q: %d, %v", column, c.Length, err)
		}
	}
}

// TestPairsAreRead checks that the planner reads exactly the columns that the generator lets
// a field have.
func TestPairsAreRead(t *testing.T) {
	t.Parallel()
	m := pgtype.NewMap()
	want := map[Type][]uint32{ID: {pgtype.UUIDOID}, JSON: {pgtype.TextOID}, Custom: {pgtype.TextOID}} // which are read as text
	for _, p := range Pairs {
		for _, c := range p.Columns {
			if p.Type == Citext { // whose OID is another in each database
				continue
			}
			name, _, isArray := strings.Cut(c, "[]")
			for short, full := range aliases {
				if _, ok := m.TypeForName(short); full == name && ok && short != "char" { // is a type of one byte to pgx
					name = short
				}
			}
			if isArray {
				name = "_" + name
			}
			typ, ok := m.TypeForName(name)
			if !ok {
				t.Fatalf("pgx knows no type %s", name)
			}
			if p.Type != JSON && !slices.Contains(want[p.Type], typ.OID) {
				want[p.Type] = append(want[p.Type], typ.OID)
			}
		}
	}
	types := slices.Collect(maps.Keys(want))
	for typ := range Type(len(kinds)) {
		types = append(types, typ)
	}
	for _, typ := range types {
		got := slices.Sorted(slices.Values(typ.Kind().Read))
		if typ == ListOf(Int) { // whose elements alone may be in a bigint as well
			got = slices.DeleteFunc(got, func(oid uint32) bool { return oid == pgtype.Int8ArrayOID })
		}
		if w := slices.Sorted(slices.Values(want[typ])); !slices.Equal(got, w) {
			t.Errorf("%d, %s: read from the types %d, declared with %d", typ, typ.Scalar(), got, w)
		}
	}
}
