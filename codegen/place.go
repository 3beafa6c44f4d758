package codegen

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/entc/load"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// fillSchemas gives every schema the annotation entsql.Schema when one has it: Ent then names
// the schema of Postgres in each statement, and wants to know that of every table.
func fillSchemas(schemas []*load.Schema) {
	name := entsql.Annotation{}.Name()
	at := func(s *load.Schema) (map[string]any, bool) {
		a, ok := s.Annotations[name].(map[string]any)
		return a, ok && a["schema"] != nil
	}
	some := false
	for _, s := range schemas {
		_, has := at(s)
		some = some || has
	}
	for _, s := range schemas {
		a, has := at(s)
		if !some || has {
			continue
		}
		if a == nil {
			a = map[string]any{}
		}
		a["schema"] = sqltext.Public
		if s.Annotations == nil {
			s.Annotations = map[string]any{}
		}
		s.Annotations[name] = a
	}
}

// schemaOf is the schema of Postgres that an annotation of Ent names, "" for public.
func schemaOf(a *entsql.Annotation) string {
	if a == nil || a.Schema == sqltext.Public {
		return ""
	}
	return a.Schema
}

// schemasOf gives the schema of each table that is not in public, of which Ent's generated tables
// say nothing.
func schemasOf(g *gen.Graph) (map[string]string, error) {
	if enabled, _ := g.FeatureEnabled(gen.FeatureSchemaConfig.Name); !enabled {
		return nil, nil
	}
	tables, err := g.Tables()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, t := range tables {
		if t.Schema != "" && t.Schema != sqltext.Public {
			out[t.Name] = t.Schema
		}
	}
	return out, nil
}

// linkSchema is the schema of a link table without an entity of its own, as Ent finds it: that
// of the edge, else that of the entity which declares it.
func linkSchema(e *gen.Edge) string {
	if e.IsInverse() && e.Ref != nil {
		e = e.Ref
	}
	if a := e.EntSQL(); a != nil && a.Schema != "" {
		return schemaOf(a)
	}
	return schemaOf(e.Owner.EntSQL())
}

// placeOf says what an entity is read from.
func placeOf(node *gen.Type, a declare.Annotation) entity.Place {
	switch {
	case a.External:
		return entity.External
	case isView(node):
		return entity.View
	}
	return entity.Owned
}

// isView reports whether an entity is read from a view, which nobody writes to.
func isView(node *gen.Type) bool { return node.IsView() || viewText(node) != "" }

// viewText is the query of a view, as entsql.View or entsql.ViewFor gives it.
func viewText(node *gen.Type) string {
	a := node.EntSQL()
	if a == nil {
		return ""
	}
	if text := a.ViewFor[dialect.Postgres]; text != "" {
		return text
	}
	return a.ViewAs
}

// keyField is the field that is an entity's id: Ent's own, or the key of a view; nil without one.
func keyField(node *gen.Type, a declare.Annotation) *gen.Field {
	if node.ID != nil {
		return node.ID
	}
	name := a.Key
	if name == "" {
		name = "id"
	}
	for _, f := range node.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// checkPlace refuses what cannot be had of a table that no migration makes.
func checkPlace(node *gen.Type, a declare.Annotation) error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{node.Name}, args...)...))
	}
	place := placeOf(node, a)
	if place != entity.Owned && a.Search != nil {
		refuse("entity.Searchable adds a column to the table, which migrations make: remove it")
	}
	if a.Key != "" && !node.IsView() {
		refuse("entity.Key is for an ent.View: another entity has its id, remove it")
	}
	if a.Materialized && (place != entity.View || viewText(node) == "") {
		refuse("entity.Materialized is for a view that entsql.View defines: remove it, or define the view here")
	}
	if node.IsView() && keyField(node, a) == nil {
		refuse("a view needs a field that tells its rows apart: name it by entity.Key(...), or keep the view out of the API by entity.Skip()")
	}
	if a.External && node.IsView() {
		refuse("an ent.View of others has no place in development, whose database begins empty: declare it as an ent.Schema with entity.External() and entity.Without(entity.Create, entity.Update, entity.Delete)")
	}
	for _, name := range namesOf(node) {
		if strings.ContainsAny(name, "\"\\\r\n\x00") || len(name) > sqltext.MaxName {
			refuse("Ent cannot write the name %q of a table, column or schema: rename it, to at most %d bytes without double quotes, backslashes and line breaks", name, sqltext.MaxName)
		}
	}
	if s := schemaOf(node.EntSQL()); s != "" && a.Part != "" {
		refuse("what belongs to signing in and the audit log must be in the schema public, not in %q: remove entsql.Schema", s)
	}
	for _, f := range node.Fields {
		if fa, err := annotation(f.Annotations); err == nil && place != entity.Owned && (fa.RenamedFrom != "" || fa.Backfill != "") {
			refuse("no migration changes it: remove entity.RenamedFrom and entity.Backfill of %s", f.Name)
		}
	}
	return errors.Join(errs...)
}

// namesOf are the names in Postgres that an entity's annotations and StorageKeys choose.
func namesOf(node *gen.Type) []string {
	names := []string{node.Table(), schemaOf(node.EntSQL())}
	if node.HasOneFieldID() {
		names = append(names, node.ID.StorageKey())
	}
	for _, f := range node.Fields {
		names = append(names, f.StorageKey())
	}
	for _, e := range node.Edges {
		if e.Through == nil && (e.M2M() || e.OwnFK()) {
			names = append(append(names, e.Rel.Table, linkSchema(e)), e.Rel.Columns...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unsecuredOf names the tables that have no row-level security.
func unsecuredOf(g *gen.Graph) ([]string, error) {
	found := map[string]bool{}
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return nil, fmt.Errorf("read annotation of %s: %w", node.Name, err)
		}
		if !a.NoRowSecurity {
			continue
		}
		found[node.Table()] = true
		for _, edge := range node.Edges {
			if edge.M2M() && edge.Through == nil {
				found[edge.Rel.Table] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// outsiders are the names of the tables that no migration makes: views and tables of others.
type outsiders struct{ views, external []string }

func outsidersOf(g *gen.Graph) (out outsiders, err error) {
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return out, fmt.Errorf("read annotation of %s: %w", node.Name, err)
		}
		switch placeOf(node, a) {
		case entity.View:
			out.views = append(out.views, node.Table())
		case entity.External:
			out.external = append(out.external, node.Table())
		}
	}
	return out, nil
}

func (o outsiders) all() []string { return append(append([]string{}, o.views...), o.external...) }

// plannedTables are the tables that migrations make.
func plannedTables(g *gen.Graph) ([]*schema.Table, error) {
	out, err := outsidersOf(g)
	if err != nil {
		return nil, err
	}
	tables, err := g.Tables()
	if err != nil {
		return nil, err
	}
	return entity.WithoutTables(tables, out.all()...), nil
}

// viewsSQL makes the views that schemas define, for migrate/objects/views.sql.
func viewsSQL(g *gen.Graph) (string, error) {
	var b strings.Builder
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return "", fmt.Errorf("read annotation of %s: %w", node.Name, err)
		}
		text := strings.TrimSuffix(strings.TrimSpace(viewText(node)), ";")
		if placeOf(node, a) != entity.View || text == "" {
			continue
		}
		name, kind := sqltext.Table(schemaOf(node.EntSQL()), node.Table()), "VIEW"
		if a.Materialized {
			kind = "MATERIALIZED VIEW"
		}
		fmt.Fprintf(&b, "\nCREATE %s %s AS\n%s;\n", kind, name, text)
		if comment := strings.TrimSpace(commentOf(node)); comment != "" {
			fmt.Fprintf(&b, "COMMENT ON %s %s IS %s;\n", kind, name, sqltext.Literal(comment))
		}
		if id := keyField(node, a); a.Materialized && id != nil {
			column := id.StorageKey()
			fmt.Fprintf(&b, "CREATE UNIQUE INDEX %s ON %s (%s);\n", sqltext.Ident(sqltext.Short(node.Table()+"_"+column, "_key")), name, sqltext.Ident(column))
		}
	}
	if b.Len() == 0 {
		return "", nil
	}
	return "-- Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.\n-- The views that schemas define by entsql.View.\n" + b.String(), nil
}

// writeViews writes migrate/objects/views.sql, from which migrations are planned; without a
// view there is no such file.
func (x *extension) writeViews(g *gen.Graph) error {
	text, err := viewsSQL(g)
	if err != nil {
		return err
	}
	return writeObjects(x.config, "views.sql", text)
}
