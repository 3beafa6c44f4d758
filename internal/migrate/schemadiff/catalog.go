package schemadiff

// Each query gives class, oid, sub, kind, schema, table, name, comment and the rest as
// JSON. %[1]s stands for the condition on a namespace n that it is a user's.
var catalogQueries = []string{selectSchemas, selectExtensions, selectTypes, selectDomains, selectComposites,
	selectSequences, selectTables, selectColumns, selectConstraints, selectIndexes, selectStatistics, selectViews,
	selectFunctions, selectTriggers, selectRules, selectPolicies, selectCollations, selectAggregates, selectOperators,
	selectCasts, selectEventTriggers, selectDictionaries, selectConfigurations, selectOthers}

const userSchemas = `(n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')`

const selectSchemas = `SELECT 'pg_namespace', n.oid, 0, 'schema', '', '', n.nspname::text,
	coalesce(nullif(obj_description(n.oid, 'pg_namespace'), 'standard public schema'), ''), '{}'::json
FROM pg_namespace n WHERE %[1]s AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_namespace'::regclass AND e.objid = n.oid AND e.deptype = 'e')`

const selectExtensions = `SELECT 'pg_extension', x.oid, 0, 'extension', '', '', x.extname::text, '', json_build_object('of', n.nspname)
FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace`

const selectTypes = `SELECT 'pg_type', t.oid, 0, CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'range type' END, n.nspname::text, '', t.typname::text,
	coalesce(obj_description(t.oid, 'pg_type'), ''), json_strip_nulls(json_build_object(
	'labels', (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
	'def', (SELECT 'SUBTYPE = ' || format_type(rngsubtype, NULL) || coalesce(', SUBTYPE_DIFF = ' || nullif(rngsubdiff, 0)::regproc, '')
		|| ', MULTIRANGE_TYPE_NAME = ' || quote_ident((SELECT typname FROM pg_type m WHERE m.oid = rngmultitypid))
		FROM pg_range WHERE rngtypid = t.oid)))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE %[1]s AND t.typtype IN ('e', 'r') AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')`

const selectDomains = `SELECT 'pg_type', t.oid, 0, 'domain', n.nspname::text, '', t.typname::text,
	coalesce(obj_description(t.oid, 'pg_type'), ''), json_strip_nulls(json_build_object(
	'type', format_type(t.typbasetype, t.typtypmod), 'not_null', t.typnotnull, 'default', t.typdefault,
	'collation', (SELECT quote_ident(cn.nspname) || '.' || quote_ident(c.collname) FROM pg_collation c
		JOIN pg_namespace cn ON cn.oid = c.collnamespace JOIN pg_type b ON b.oid = t.typbasetype
		WHERE c.oid = t.typcollation AND t.typcollation <> b.typcollation),
	'parts', (SELECT json_agg(json_strip_nulls(json_build_object('name', conname, 'def', pg_get_constraintdef(c.oid),
		'comment', obj_description(c.oid, 'pg_constraint'))) ORDER BY conname)
		FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c')))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE %[1]s AND t.typtype = 'd' AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')`

// partCollation is the collation of an attribute a, where its type has another.
const partCollation = `coalesce((SELECT ' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(l.collname) FROM pg_collation l
		JOIN pg_namespace cn ON cn.oid = l.collnamespace JOIN pg_type y ON y.oid = a.atttypid
		WHERE l.oid = a.attcollation AND a.attcollation <> y.typcollation), '')`

const selectComposites = `SELECT 'pg_type', t.oid, 0, 'composite type', n.nspname::text, '', t.typname::text,
	coalesce(obj_description(t.oid, 'pg_type'), ''), json_build_object(
	'parts', (SELECT json_agg(json_strip_nulls(json_build_object('name', a.attname, 'def', format_type(a.atttypid, a.atttypmod) || ` + partCollation + `,
		'comment', col_description(a.attrelid, a.attnum))) ORDER BY a.attnum)
		FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
WHERE %[1]s AND t.typtype = 'c' AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')`

// sequenceJSON describes the sequence s of the class c in the namespace n.
const sequenceJSON = `json_build_object('schema', n.nspname, 'name', c.relname, 'type', format_type(s.seqtypid, NULL),
	'start', s.seqstart, 'increment', s.seqincrement, 'min', s.seqmin, 'max', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle`

const selectSequences = `SELECT 'pg_class', c.oid, 0, 'sequence', n.nspname::text, '', c.relname::text,
	coalesce(obj_description(c.oid, 'pg_class'), ''), json_build_object('sequence', json_strip_nulls(` + sequenceJSON + `,
		'owner_schema', o.nspname, 'owner_table', t.relname, 'owner_column', a.attname)),
	'attr', json_build_object('persistence', c.relpersistence))
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
	AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype = 'a'
LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace o ON o.oid = t.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE %[1]s AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype IN ('e', 'i'))`

const selectTables = `SELECT 'pg_class', c.oid, 0, 'table', n.nspname::text, '', c.relname::text,
	coalesce(obj_description(c.oid, 'pg_class'), ''), json_strip_nulls(json_build_object(
	'options', to_json(c.reloptions), 'attr', json_build_object('persistence', c.relpersistence,
		'partition', CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
		'parents', (SELECT json_agg(inhparent::regclass::text ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid),
		'bound', pg_get_expr(c.relpartbound, c.oid),
		'security', c.relrowsecurity, 'force', c.relforcerowsecurity,
		'replica', CASE c.relreplident WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL'
			WHEN 'i' THEN (SELECT 'USING INDEX ' || quote_ident(i.relname) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
				WHERE x.indrelid = c.oid AND x.indisreplident) END,
		'cluster', (SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid AND x.indisclustered),
		'of_type', nullif(c.reloftype, 0)::regtype::text,
		'inherited', (SELECT json_agg(json_build_object('name', a.attname, 'def', coalesce(pg_get_expr(d.adbin, d.adrelid), '')) ORDER BY a.attnum)
			FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
			WHERE a.attrelid = c.oid AND a.attinhcount > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND NOT EXISTS (SELECT FROM pg_inherits h
				JOIN pg_attribute b ON b.attrelid = h.inhparent AND b.attname = a.attname
				LEFT JOIN pg_attrdef e ON e.adrelid = b.attrelid AND e.adnum = b.attnum
				WHERE h.inhrelid = c.oid AND pg_get_expr(e.adbin, e.adrelid) IS NOT DISTINCT FROM pg_get_expr(d.adbin, d.adrelid))))))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE %[1]s AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`

const selectColumns = `SELECT 'pg_class', t.oid, a.attnum, 'column', tn.nspname::text, t.relname::text, a.attname::text,
	coalesce(col_description(t.oid, a.attnum), ''), json_strip_nulls(json_build_object(
	'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
	'default', pg_get_expr(d.adbin, d.adrelid), 'identity', nullif(a.attidentity, ''), 'generated', nullif(a.attgenerated, ''),
	'collation', (SELECT quote_ident(cn.nspname) || '.' || quote_ident(l.collname) FROM pg_collation l
		JOIN pg_namespace cn ON cn.oid = l.collnamespace WHERE l.oid = a.attcollation AND a.attcollation <> y.typcollation),
	'of', y.typstorage, 'storage', CASE WHEN a.attstorage <> y.typstorage THEN a.attstorage END,
	'target', nullif(a.attstattarget, -1), 'options', to_json(a.attoptions),
	'compress', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
	'sequence', (SELECT ` + sequenceJSON + `) FROM pg_depend s0 JOIN pg_sequence s ON s.seqrelid = s0.objid
		JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE s0.classid = 'pg_class'::regclass AND s0.refclassid = 'pg_class'::regclass AND s0.refobjid = t.oid
		AND s0.refobjsubid = a.attnum AND s0.deptype = 'i')))
FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
WHERE t.relkind IN ('r', 'p') AND a.attnum > 0 AND a.attinhcount = 0 AND NOT a.attisdropped AND tn.nspname !~ '^pg_' AND tn.nspname <> 'information_schema'
	AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY a.attnum`

const selectConstraints = `SELECT 'pg_constraint', k.oid, 0, 'constraint', n.nspname::text, c.relname::text, k.conname::text,
	coalesce(obj_description(k.oid, 'pg_constraint'), ''), json_strip_nulls(json_build_object(
	'def', pg_get_constraintdef(k.oid), 'shape', k.contype,
	'columns', (SELECT json_agg(a.attname ORDER BY o.n) FROM unnest(k.conkey) WITH ORDINALITY o(num, n)
		JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.num),
	'ref', CASE WHEN k.confrelid <> 0 THEN k.confrelid::regclass::text END,
	'ref_schema', fn.nspname, 'ref_table', f.relname,
	'ref_columns', (SELECT json_agg(a.attname ORDER BY o.n) FROM unnest(k.confkey) WITH ORDINALITY o(num, n)
		JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.num)))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE %[1]s AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conparentid = 0 AND k.coninhcount = 0`

const selectIndexes = `SELECT 'pg_class', c.oid, 0, 'index', n.nspname::text, t.relname::text, c.relname::text,
	coalesce(obj_description(c.oid, 'pg_class'), ''), json_strip_nulls(json_build_object(
	'def', pg_get_indexdef(c.oid), 'unique', i.indisunique, 'invalid', CASE WHEN i.indisvalid THEN NULL ELSE true END,
	'columns', (SELECT json_agg(a.attname ORDER BY o.n) FROM unnest(i.indkey) WITH ORDINALITY o(num, n)
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = o.num),
	'of', CASE WHEN t.relkind = 'p' THEN 'partitioned' END,
	'parts', (SELECT json_agg(json_build_object('name', a.attnum::text, 'def', a.attstattarget::text) ORDER BY a.attnum)
		FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)))
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE %[1]s AND t.relkind IN ('r', 'p', 'm')
	AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
	AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid)
	AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = t.oid AND e.deptype = 'e')`

const selectStatistics = `SELECT 'pg_statistic_ext', s.oid, 0, 'statistics', n.nspname::text, c.relname::text, s.stxname::text,
	coalesce(obj_description(s.oid, 'pg_statistic_ext'), ''), json_build_object('def', pg_get_statisticsobjdef(s.oid))
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace JOIN pg_class c ON c.oid = s.stxrelid WHERE %[1]s`

const selectViews = `SELECT 'pg_class', c.oid, 0, 'view', n.nspname::text, '', c.relname::text,
	coalesce(obj_description(c.oid, 'pg_class'), ''), json_strip_nulls(json_build_object(
	'def', pg_get_viewdef(c.oid), 'options', to_json(c.reloptions), 'materialized', c.relkind = 'm',
	'parts', (SELECT json_agg(json_strip_nulls(json_build_object('name', a.attname, 'def', format_type(a.atttypid, a.atttypmod) || ` + partCollation + `,
		'default', (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
		'comment', col_description(a.attrelid, a.attnum))) ORDER BY a.attnum)
		FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE %[1]s AND c.relkind IN ('v', 'm') AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`

const selectFunctions = `SELECT 'pg_proc', p.oid, 0, 'function', n.nspname::text, '',
	quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')',
	coalesce(obj_description(p.oid, 'pg_proc'), ''), json_strip_nulls(json_build_object(
	'def', pg_get_functiondef(p.oid), 'type', pg_get_function_arguments(p.oid) || ' ' || coalesce(pg_get_function_result(p.oid), ''),
	'shape', p.prokind))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE %[1]s AND p.prokind <> 'a' AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))`

const selectTriggers = `SELECT 'pg_trigger', g.oid, 0, 'trigger', n.nspname::text, c.relname::text, g.tgname::text,
	coalesce(obj_description(g.oid, 'pg_trigger'), ''), json_build_object('def', pg_get_triggerdef(g.oid), 'enabled', g.tgenabled)
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE %[1]s AND NOT g.tgisinternal AND g.tgparentid = 0`

const selectRules = `SELECT 'pg_rewrite', r.oid, 0, 'rule', n.nspname::text, c.relname::text, r.rulename::text,
	coalesce(obj_description(r.oid, 'pg_rewrite'), ''), json_build_object('def', rtrim(pg_get_ruledef(r.oid), ';'), 'enabled', r.ev_enabled)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE %[1]s AND r.rulename <> '_RETURN' AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`

const selectPolicies = `SELECT 'pg_policy', p.oid, 0, 'policy', n.nspname::text, c.relname::text, p.polname::text,
	coalesce(obj_description(p.oid, 'pg_policy'), ''), json_build_object('def',
	CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
	|| CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END
	|| coalesce(' TO ' || (SELECT string_agg(quote_ident(rolname), ', ' ORDER BY rolname) FROM pg_roles WHERE oid = ANY (p.polroles)), '')
	|| coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
	|| coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE %[1]s`

// selectOthers finds what cannot be planned, so that it is reported.
const selectOthers = `SELECT o.class, o.oid, 0, 'other', n.nspname::text, '', o.what || ' ' || o.name, '', json_build_object('def', coalesce(o.def, ''))
FROM (SELECT 'pg_class' class, f.ftrelid oid, c.relnamespace ns, 'foreign table' what, c.relname name,
		format('SERVER %s %s (%s)', s.srvname, f.ftoptions, (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) def
		FROM pg_foreign_table f JOIN pg_class c ON c.oid = f.ftrelid JOIN pg_foreign_server s ON s.oid = f.ftserver
	UNION ALL SELECT 'pg_opclass', oid, opcnamespace, 'operator class', opcname, '' FROM pg_opclass
	UNION ALL SELECT 'pg_opfamily', oid, opfnamespace, 'operator family', opfname, '' FROM pg_opfamily
	UNION ALL SELECT 'pg_conversion', oid, connamespace, 'conversion', conname, conproc::text FROM pg_conversion
	UNION ALL SELECT 'pg_ts_parser', oid, prsnamespace, 'text search parser', prsname, '' FROM pg_ts_parser
	UNION ALL SELECT 'pg_ts_template', oid, tmplnamespace, 'text search template', tmplname, '' FROM pg_ts_template
	UNION ALL SELECT 'pg_type', oid, typnamespace, 'base type', typname, '' FROM pg_type WHERE typtype = 'b' AND typelem = 0
) o JOIN pg_namespace n ON n.oid = o.ns
WHERE %[1]s AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = o.class::regclass AND e.objid = o.oid AND e.deptype = 'e')`

const selectDependencies = `SELECT DISTINCT classid::regclass::text, objid, objsubid, refclassid::regclass::text, refobjid, refobjsubid
FROM pg_depend WHERE objid >= 16384 AND refobjid >= 16384 AND deptype IN ('n', 'a', 'i', 'P', 'S') ORDER BY 1, 2, 3, 4, 5, 6`

// selectAliases gives parts of objects, by which dependencies name them, with the whole.
const selectAliases = `SELECT 'pg_attrdef', oid, 'pg_class', adrelid, adnum FROM pg_attrdef WHERE adrelid >= 16384
UNION ALL SELECT 'pg_rewrite', oid, 'pg_class', ev_class, 0 FROM pg_rewrite WHERE rulename = '_RETURN' AND ev_class >= 16384
UNION ALL SELECT 'pg_type', oid, 'pg_class', typrelid, 0 FROM pg_type WHERE typrelid >= 16384
UNION ALL SELECT 'pg_class', typrelid, 'pg_type', t.oid, 0 FROM pg_type t JOIN pg_class c ON c.oid = typrelid AND c.relkind = 'c' WHERE typrelid >= 16384
UNION ALL SELECT 'pg_type', oid, 'pg_type', typelem, 0 FROM pg_type WHERE typelem >= 16384
UNION ALL SELECT 'pg_type', rngmultitypid, 'pg_type', rngtypid, 0 FROM pg_range WHERE rngtypid >= 16384
UNION ALL SELECT 'pg_constraint', oid, 'pg_type', contypid, 0 FROM pg_constraint WHERE contypid >= 16384
UNION ALL SELECT 'pg_class', conindid, 'pg_constraint', oid, 0 FROM pg_constraint WHERE contype IN ('p', 'u', 'x')
UNION ALL SELECT 'pg_class', objid, 'pg_class', refobjid, refobjsubid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
	WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'i' AND c.relkind = 'S'`
