package entity

import (
	"testing"

	"entgo.io/ent/schema/field"
)

// TestCheckColumn checks the names under which types that fit are accepted.
func TestCheckColumn(t *testing.T) {
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
		"timestamp":                     {field.TypeTime, 0, false},
		"jsonb":                         {field.TypeJSON, 0, true},
		"json":                          {field.TypeJSON, 0, true},
		"varchar(99999999999999999999)": {field.TypeString, 0, false},
	} {
		length, err := CheckColumn(tc.typ, column)
		if (err == nil) != tc.fits || length != tc.length {
			t.Errorf("%q: %d, %v", column, length, err)
		}
	}
}
