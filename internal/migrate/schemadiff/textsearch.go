package schemadiff

import (
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

const selectDictionaries = `SELECT 'pg_ts_dict', d.oid, 0, 'text search dictionary', n.nspname::text, '', d.dictname::text,
	coalesce(obj_description(d.oid, 'pg_ts_dict'), ''), json_strip_nulls(json_build_object(
	'def', 'TEMPLATE = ' || quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname),
	'parts', (SELECT json_agg(json_build_object('name', m[1], 'def', m[2]) ORDER BY m[1])
		FROM regexp_matches(d.dictinitoption, '("(?:[^"]|"")+"|\w+)\s*=\s*(E?''(?:[^'']|'''')*''|[^,\s]+)', 'g') m)))
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
WHERE %[1]s AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_ts_dict'::regclass AND e.objid = d.oid AND e.deptype = 'e')`

const selectConfigurations = `SELECT 'pg_ts_config', c.oid, 0, 'text search configuration', n.nspname::text, '', c.cfgname::text,
	coalesce(obj_description(c.oid, 'pg_ts_config'), ''), json_strip_nulls(json_build_object(
	'def', 'PARSER = ' || quote_ident(rn.nspname) || '.' || quote_ident(r.prsname),
	'parts', (SELECT json_agg(json_build_object('name', k.alias, 'def', m.dicts) ORDER BY k.alias)
		FROM (SELECT m.maptokentype, string_agg(quote_ident(dn.nspname) || '.' || quote_ident(d.dictname), ', ' ORDER BY m.mapseqno) AS dicts
			FROM pg_ts_config_map m JOIN pg_ts_dict d ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace
			WHERE m.mapcfg = c.oid GROUP BY m.maptokentype) m
		JOIN ts_token_type(c.cfgparser) k ON k.tokid = m.maptokentype)))
FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_ts_parser r ON r.oid = c.cfgparser JOIN pg_namespace rn ON rn.oid = r.prsnamespace
WHERE %[1]s AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_ts_config'::regclass AND e.objid = c.oid AND e.deptype = 'e')`

func isTextSearch(k Kind) bool { return k == TextDictionary || k == TextConfiguration }

// createTextSearch makes a dictionary with its options, or a configuration with the
// dictionaries of each kind of token.
func (w *way) createTextSearch(o *Object, at phase) {
	sql := o.Def
	if o.Kind == TextDictionary {
		for _, option := range o.Parts {
			sql += ", " + option.Name + " = " + option.Def
		}
	}
	w.emit(at, statement("CREATE "+strings.ToUpper(string(o.Kind))+" "+o.ident()+" ("+sql+")"))
	if o.Kind == TextConfiguration {
		w.alterTextSearch(&Object{}, o, at)
	}
}

// alterTextSearch changes one in place: columns and indexes may be computed with it.
func (w *way) alterTextSearch(old, o *Object, at phase) {
	alter := func(action string) { w.emit(at, alter(strings.ToUpper(string(o.Kind)), o.ident(), action)) }
	var options []string
	for _, part := range old.Parts {
		switch {
		case find(o.Parts, part.Name) >= 0:
		case o.Kind == TextDictionary:
			options = append(options, part.Name)
		default:
			alter("DROP MAPPING FOR " + sqltext.Ident(part.Name))
		}
	}
	for _, part := range o.Parts {
		i := find(old.Parts, part.Name)
		switch {
		case i >= 0 && old.Parts[i].Def == part.Def:
		case o.Kind == TextDictionary:
			options = append(options, part.Name+" = "+part.Def)
		case i >= 0:
			alter("ALTER MAPPING FOR " + sqltext.Ident(part.Name) + " WITH " + part.Def)
		default:
			alter("ADD MAPPING FOR " + sqltext.Ident(part.Name) + " WITH " + part.Def)
		}
	}
	if len(options) > 0 {
		alter("(" + strings.Join(options, ", ") + ")")
	}
}

// rebuilt names what is not altered in place: another template or parser.
func (p *pair) rebuilt() (all []string) {
	for _, k := range slices.Concat(p.to.of(TextDictionary), p.to.of(TextConfiguration)) {
		if old := p.from.Objects[k.Key]; old != nil && old.Def != k.Def {
			all = append(all, "another template or parser of "+string(k.Kind)+" "+k.Key.String())
		}
	}
	return all
}
