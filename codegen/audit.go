package codegen

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// writeAudit writes migrate/objects/audit.sql: the triggers that fill the audit log, from
// which migrations are planned.
func (x *extension) writeAudit(m *model) error {
	path := x.config.Ent + "/migrate/objects/audit.sql"
	log := m.parts.nodes[kit.Changes]
	if log == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the triggers of the audit log: %w", err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write the triggers of the audit log: %w", err)
	}
	var b strings.Builder
	same := !slices.ContainsFunc(m.entities, func(e *entityModel) bool { return e.logged(log) && !plainID(e) })
	declared, found, shown := auditKeys(same)
	fmt.Fprintf(&b, auditFunctions, declared, found, sqltext.Ident(log.Table()), shown)
	for _, e := range m.entities {
		if !e.logged(log) {
			continue
		}
		id := ""
		if !same {
			id = ", " + sqltext.Literal(e.Fields[0].Column) + ", " + sqltext.Literal(e.Fields[0].Key.SQL())
		}
		fmt.Fprintf(&b, "\nCREATE TRIGGER entgraph_audit AFTER INSERT OR UPDATE OR DELETE ON public.%s\n  FOR EACH ROW EXECUTE FUNCTION public.entgraph_audit(%s, %s, %s, %s%s);\n",
			sqltext.Ident(e.Table), sqltext.Literal(e.Name), sqltext.Literal(e.Prefix), sqltext.Literal(textArray(e.secretsFrom(m, m.auditReaders()))), sqltext.Literal(textArray(e.unlogged())), id)
	}
	return writeFile(path, []byte(b.String()))
}

// logged reports whether changes of the entity are in the log.
func (e *entityModel) logged(log *gen.Type) bool { return e.node != log && !e.noAudit }

// plainID reports whether the id is a uuid in the column "id".
func plainID(e *entityModel) bool {
	return e.Fields[0].Key == entity.UUIDKey && e.Fields[0].Column == "id"
}

// auditKeys are the parts of the trigger function that tell the id of a row. Where not all tables
// have the same, two more arguments say its column and type.
func auditKeys(same bool) (declared, found, shown string) {
	if same {
		return "", "", "public.entgraph_id(TG_ARGV[1], CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END)"
	}
	return "  id text;\n", `  IF TG_OP = 'DELETE' THEN
    id := to_jsonb(OLD) ->> TG_ARGV[4];
  ELSE
    id := to_jsonb(NEW) ->> TG_ARGV[4];
  END IF;
`, "CASE TG_ARGV[5] WHEN 'uuid' THEN public.entgraph_id(TG_ARGV[1], id::uuid) ELSE TG_ARGV[1] || '_' || id END"
}

const auditFunctions = `-- Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.
-- The audit log: triggers that write who changed what, in the transaction of the change.

CREATE FUNCTION public.entgraph_id(prefix text, id uuid) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = '' AS $$
SELECT prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + substring(n.bits FROM 1 + 5 * i FOR 5)::bit(5)::int, 1), '' ORDER BY i)
FROM (SELECT B'00' || ('x' || replace(id::text, '-', ''))::bit(128) AS bits) n, generate_series(0, 25) i
$$;
COMMENT ON FUNCTION public.entgraph_id(text, uuid) IS 'The id of an entity as the API shows it.';

CREATE FUNCTION public.entgraph_audit() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  secrets text[] := TG_ARGV[2];
  unlogged text[] := TG_ARGV[3];
  old_row jsonb;
  new_row jsonb;
%sBEGIN
  IF current_setting('entgraph.audit', true) = 'off' THEN
    RETURN NULL;
  END IF;
%s  IF TG_OP <> 'INSERT' THEN
    old_row := to_jsonb(OLD) - unlogged;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    new_row := to_jsonb(NEW) - unlogged;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value) INTO old_row, new_row
      FROM jsonb_each(old_row) o JOIN jsonb_each(new_row) n ON n.key = o.key WHERE n.value <> o.value;
    IF old_row IS NULL THEN
      RETURN NULL;
    END IF;
  END IF;
  IF cardinality(secrets) > 0 THEN
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (secrets) AND value <> 'null' THEN '"(secret)"' ELSE value END) INTO old_row FROM jsonb_each(old_row);
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (secrets) AND value <> 'null' THEN '"(secret)"' ELSE value END) INTO new_row FROM jsonb_each(new_row);
  END IF;
  INSERT INTO public.%s (actor, request_id, action, entity, entity_id, before, after) VALUES (
    coalesce(nullif(current_setting('entgraph.actor', true), ''), 'role ' || session_user),
    nullif(current_setting('entgraph.request_id', true), ''),
    CASE TG_OP WHEN 'INSERT' THEN 'CREATE' ELSE TG_OP END,
    TG_ARGV[0],
    %s,
    old_row,
    new_row);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION public.entgraph_audit() IS 'Writes a row of the audit log. Arguments: entity, prefix of its ids, columns whose values are secret, columns to leave out.';
`

// secretsFrom lists the columns whose values do not go into the log: those that the API does
// not show, and those of which somebody who may read the log does not see every row's.
func (e *entityModel) secretsFrom(m *model, readers rule.Cond) []string {
	var out []string
	named := m.graph.Entity(e.Name)
	for _, f := range e.node.Fields {
		if !f.IsEdgeField() && named.FieldByColumn(f.StorageKey()) == nil {
			out = append(out, f.StorageKey())
		}
	}
	out = append(out, named.HiddenFrom(readers)...)
	slices.Sort(out)
	return slices.Compact(out)
}

// unlogged lists the columns that say nothing of a change: those that the server sets and
// the one for full-text search.
func (e *entityModel) unlogged() []string {
	var out []string
	for i := range e.Fields {
		if e.Fields[i].Flags.Has(entity.ReadOnly) {
			out = append(out, e.Fields[i].Column)
		}
	}
	if e.Search != nil {
		out = append(out, e.Search.Column)
	}
	return out
}

// textArray is the text form of an array of texts.
func textArray(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}
