-- Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.
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
BEGIN
  IF current_setting('entgraph.audit', true) = 'off' THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
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
  INSERT INTO public."audit_logs" (actor, request_id, action, entity, entity_id, before, after) VALUES (
    coalesce(nullif(current_setting('entgraph.actor', true), ''), 'role ' || session_user),
    nullif(current_setting('entgraph.request_id', true), ''),
    CASE TG_OP WHEN 'INSERT' THEN 'CREATE' ELSE TG_OP END,
    TG_ARGV[0],
    public.entgraph_id(TG_ARGV[1], CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END),
    old_row,
    new_row);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION public.entgraph_audit() IS 'Writes a row of the audit log. Arguments: entity, prefix of its ids, columns whose values are secret, columns to leave out.';

CREATE TRIGGER entgraph_audit AFTER INSERT OR UPDATE OR DELETE ON public."access_tokens"
  FOR EACH ROW EXECUTE FUNCTION public.entgraph_audit('AccessToken', 'token', '{"token_hash"}', '{"id","created_at","updated_at","used_at"}');

CREATE TRIGGER entgraph_audit AFTER INSERT OR UPDATE OR DELETE ON public."posts"
  FOR EACH ROW EXECUTE FUNCTION public.entgraph_audit('Post', 'post', '{}', '{"id","created_at","updated_at","search"}');

CREATE TRIGGER entgraph_audit AFTER INSERT OR UPDATE OR DELETE ON public."profiles"
  FOR EACH ROW EXECUTE FUNCTION public.entgraph_audit('Profile', 'profile', '{}', '{"id","created_at","updated_at"}');

CREATE TRIGGER entgraph_audit AFTER INSERT OR UPDATE OR DELETE ON public."tags"
  FOR EACH ROW EXECUTE FUNCTION public.entgraph_audit('Tag', 'tag', '{}', '{"id","created_at","updated_at"}');

CREATE TRIGGER entgraph_audit AFTER INSERT OR UPDATE OR DELETE ON public."taggings"
  FOR EACH ROW EXECUTE FUNCTION public.entgraph_audit('Tagging', 'tagging', '{}', '{"id","created_at","updated_at"}');

CREATE TRIGGER entgraph_audit AFTER INSERT OR UPDATE OR DELETE ON public."users"
  FOR EACH ROW EXECUTE FUNCTION public.entgraph_audit('User', 'user', '{"password_hash"}', '{"id","created_at","updated_at"}');
