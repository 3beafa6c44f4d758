package schemadiff

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Conn is a connection to one database; *sql.Conn is one.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// address is how the catalog points at something.
type address struct {
	class string
	oid   uint32
	sub   int
}

type reader struct {
	state *State
	keys  map[address]Key
	alias map[address]address
}

// Read reads the schema of a database, without the tables of the public schema that
// except names. It sets the connection's search_path to public, on which the words of
// the catalog depend. It takes about 20 ms, most of which Postgres spends on the plans of
// its [Queries].
func Read(ctx context.Context, conn Conn, except ...string) (*State, error) {
	if _, err := conn.ExecContext(ctx, `SELECT set_config('search_path', 'public', false)`); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	r := &reader{state: &State{Objects: map[Key]*Object{}}, keys: map[address]Key{}, alias: map[address]address{}}
	for _, query := range objectQueries() {
		if err := r.objects(ctx, conn, query); err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
	}
	if err := r.dependencies(ctx, conn); err != nil {
		return nil, fmt.Errorf("read dependencies: %w", err)
	}
	if err := r.rights(ctx, conn); err != nil {
		return nil, fmt.Errorf("read privileges: %w", err)
	}
	for k, o := range r.state.Objects {
		if k.Schema == publicSchema && (slices.Contains(except, k.Table) || k.Kind == Table && slices.Contains(except, k.Name)) {
			delete(r.state.Objects, k)
			continue
		}
		o.Needs = slices.DeleteFunc(o.Needs, func(n Key) bool {
			// A column needs its sequence more than that its owner.
			return n == k || k.Kind == Sequence && n.Kind == Column
		})
		slices.SortFunc(o.Needs, compareKeys)
		o.Needs = slices.Compact(o.Needs)
	}
	return r.state, nil
}

// Queries are what [Read] asks. They have no parameters and only ask system catalogs, which
// never change, so that their plans may be kept: with all of them prepared in the session a
// Read takes about 5 ms.
func Queries() []string {
	return append(objectQueries(), selectAliases, selectDependencies, selectRights)
}

// objectQueries ask for the objects of each kind.
func objectQueries() []string {
	all := slices.Clone(catalogQueries)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "%[1]s", userSchemas)
	}
	return all
}

func (r *reader) objects(ctx context.Context, conn Conn, query string) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			a    address
			o    = &Object{}
			data []byte
		)
		if err := rows.Scan(&a.class, &a.oid, &a.sub, &o.Kind, &o.Schema, &o.Key.Table, &o.Name, &o.Comment, &data); err != nil {
			return err
		}
		if err := json.Unmarshal(data, o); err != nil {
			return fmt.Errorf("decode %s %s: %w", o.Kind, o.Key, err)
		}
		o.place, o.oid = a.sub, a.oid
		o.normalize()
		r.keys[a] = o.Key
		r.state.Objects[o.Key] = o
	}
	return rows.Err()
}

// normalize takes away what two equal objects may word differently.
func (o *Object) normalize() {
	name := o.Schema + "."
	switch o.Kind {
	case Index:
		// After the names: the method and what follows.
		if _, rest, ok := strings.Cut(o.Def, " USING "); ok {
			o.Def = "USING " + rest
		}
	case Trigger:
		if o.Schema == publicSchema {
			o.Def = strings.Replace(o.Def, " ON "+name, " ON ", 1)
			o.Def = strings.Replace(o.Def, " FROM "+name, " FROM ", 1)
		}
	case Rule:
		if o.Schema == publicSchema {
			o.Def = strings.Replace(o.Def, " TO "+name, " TO ", 1)
		}
	case Statistics:
		if o.Schema == publicSchema {
			o.Def = strings.Replace(o.Def, "STATISTICS "+name, "STATISTICS ", 1)
		}
	case Function:
		if o.Schema == publicSchema {
			for _, kind := range []string{"FUNCTION ", "PROCEDURE "} {
				o.Def = strings.Replace(o.Def, "CREATE OR REPLACE "+kind+name, "CREATE OR REPLACE "+kind, 1)
			}
		}
		o.Def = strings.TrimRight(o.Def, "\n ")
		return // its body is somebody's text
	case Constraint:
		o.Def = oneParen(canonical(o.Def))
	case View:
		o.Def = strings.TrimRight(strings.TrimSpace(o.Def), ";")
	}
	o.Def = canonical(o.Def)
	o.Default = canonical(o.Default)
	for i := range o.Parts {
		o.Parts[i].Def = canonical(o.Parts[i].Def)
	}
}

func (r *reader) dependencies(ctx context.Context, conn Conn) error {
	rows, err := conn.QueryContext(ctx, selectAliases)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b address
		if err := rows.Scan(&a.class, &a.oid, &b.class, &b.oid, &b.sub); err != nil {
			return err
		}
		r.alias[a] = b
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if rows, err = conn.QueryContext(ctx, selectDependencies); err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b address
		if err := rows.Scan(&a.class, &a.oid, &a.sub, &b.class, &b.oid, &b.sub); err != nil {
			return err
		}
		from, ok := r.find(a)
		to, found := r.find(b)
		if !ok || !found || from == to {
			continue
		}
		o := r.state.Objects[from]
		o.Needs = append(o.Needs, to)
	}
	return rows.Err()
}

// find gives the object that an address points at or into.
func (r *reader) find(a address) (Key, bool) {
	for range 4 { // an array of a row type is an alias of an alias
		if k, ok := r.keys[a]; ok {
			return k, true
		}
		if b, ok := r.alias[address{a.class, a.oid, 0}]; ok {
			a = b
			continue
		}
		if a.sub == 0 {
			return Key{}, false
		}
		a.sub = 0
	}
	return Key{}, false
}

// same reports whether two objects are the same, with their comments.
func same(a, b *Object) bool { return a.Comment == b.Comment && sameDef(a, b) }

// sameDef reports whether two objects are the same but for names and comments.
func sameDef(a, b *Object) bool {
	x, y := *a, *b
	for _, o := range []*Object{&x, &y} {
		o.Key, o.Comment, o.Needs, o.Rights, o.place, o.oid = Key{}, "", nil, Rights{}, 0, 0
		o.Options = slices.Sorted(slices.Values(o.Options))
	}
	return reflect.DeepEqual(x, y)
}
