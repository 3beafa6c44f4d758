package schemadiff

const selectCollations = `SELECT 'pg_collation', l.oid, 0, 'collation', n.nspname::text, '', l.collname::text,
	coalesce(obj_description(l.oid, 'pg_collation'), ''), json_build_object('def', concat_ws(', ',
	'provider = ' || CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
	CASE WHEN NOT l.collisdeterministic THEN 'deterministic = false' END,
	CASE WHEN m.locale IS NOT NULL THEN 'locale = ' || quote_literal(m.locale)
		WHEN l.collcollate = l.collctype THEN 'locale = ' || quote_literal(l.collcollate)
		ELSE 'lc_collate = ' || quote_literal(l.collcollate) || ', lc_ctype = ' || quote_literal(l.collctype) END,
	'rules = ' || quote_literal(m.rules)))
FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
CROSS JOIN LATERAL (SELECT coalesce(to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale') AS locale, to_jsonb(l) ->> 'collicurules' AS rules) m
WHERE %[1]s AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_collation'::regclass AND e.objid = l.oid AND e.deptype = 'e')`

// selectAggregates leaves out what has its usual value, as pg_dump does.
const selectAggregates = `SELECT 'pg_proc', p.oid, 0, 'aggregate', n.nspname::text, '',
	quote_ident(p.proname) || '(' || coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''), '*') || ')',
	coalesce(obj_description(p.oid, 'pg_proc'), ''), json_build_object('def', concat_ws(', ',
	'SFUNC = ' || a.aggtransfn::regproc, 'STYPE = ' || format_type(a.aggtranstype, NULL), 'SSPACE = ' || nullif(a.aggtransspace, 0),
	'FINALFUNC = ' || nullif(a.aggfinalfn, 0)::regproc, CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
	CASE WHEN a.aggfinalfn <> 0 AND a.aggfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END
		THEN 'FINALFUNC_MODIFY = ' || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
	'COMBINEFUNC = ' || nullif(a.aggcombinefn, 0)::regproc, 'SERIALFUNC = ' || nullif(a.aggserialfn, 0)::regproc,
	'DESERIALFUNC = ' || nullif(a.aggdeserialfn, 0)::regproc, 'INITCOND = ' || quote_literal(a.agginitval),
	'MSFUNC = ' || nullif(a.aggmtransfn, 0)::regproc, 'MINVFUNC = ' || nullif(a.aggminvtransfn, 0)::regproc,
	'MSTYPE = ' || format_type(nullif(a.aggmtranstype, 0), NULL), 'MSSPACE = ' || nullif(a.aggmtransspace, 0),
	'MFINALFUNC = ' || nullif(a.aggmfinalfn, 0)::regproc, CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
	CASE WHEN a.aggmfinalfn <> 0 AND a.aggmfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END
		THEN 'MFINALFUNC_MODIFY = ' || CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
	'MINITCOND = ' || quote_literal(a.aggminitval),
	'SORTOP = ' || (SELECT 'OPERATOR(' || quote_ident(o.nspname) || '.' || s.oprname || ')' FROM pg_operator s JOIN pg_namespace o ON o.oid = s.oprnamespace WHERE s.oid = a.aggsortop),
	CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
	CASE a.aggkind WHEN 'h' THEN 'HYPOTHETICAL' END))
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE %[1]s AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')`

const selectOperators = `SELECT 'pg_operator', o.oid, 0, 'operator', n.nspname::text, '',
	o.oprname || ' (' || coalesce(format_type(nullif(o.oprleft, 0), NULL), 'NONE') || ', ' || coalesce(format_type(nullif(o.oprright, 0), NULL), 'NONE') || ')',
	coalesce(obj_description(o.oid, 'pg_operator'), ''), json_build_object('def', concat_ws(', ', 'FUNCTION = ' || o.oprcode::regproc,
	'LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL), 'RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL),
	'COMMUTATOR = ' || (SELECT 'OPERATOR(' || quote_ident(m.nspname) || '.' || c.oprname || ')' FROM pg_operator c JOIN pg_namespace m ON m.oid = c.oprnamespace WHERE c.oid = o.oprcom),
	'NEGATOR = ' || (SELECT 'OPERATOR(' || quote_ident(m.nspname) || '.' || c.oprname || ')' FROM pg_operator c JOIN pg_namespace m ON m.oid = c.oprnamespace WHERE c.oid = o.oprnegate),
	'RESTRICT = ' || nullif(o.oprrest, 0)::regproc, 'JOIN = ' || nullif(o.oprjoin, 0)::regproc,
	CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END))
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE %[1]s AND o.oprcode <> 0 AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_operator'::regclass AND e.objid = o.oid AND e.deptype = 'e')`

const selectCasts = `SELECT 'pg_cast', c.oid, 0, 'cast', '', '', '(' || format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) || ')',
	coalesce(obj_description(c.oid, 'pg_cast'), ''), json_build_object('def',
	CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END
	|| CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END)
FROM pg_cast c WHERE c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_cast'::regclass AND e.objid = c.oid AND e.deptype IN ('e', 'i'))`

const selectEventTriggers = `SELECT 'pg_event_trigger', g.oid, 0, 'event trigger', '', '', g.evtname::text,
	coalesce(obj_description(g.oid, 'pg_event_trigger'), ''), json_build_object('enabled', g.evtenabled, 'def', 'ON ' || g.evtevent
	|| coalesce(' WHEN TAG IN (' || (SELECT string_agg(quote_literal(tag), ', ') FROM unnest(g.evttags) tag) || ')', '')
	|| ' EXECUTE FUNCTION ' || g.evtfoid::regprocedure)
FROM pg_event_trigger g WHERE NOT EXISTS (SELECT FROM pg_depend e
	WHERE e.classid = 'pg_event_trigger'::regclass AND e.objid = g.oid AND e.deptype = 'e')`
