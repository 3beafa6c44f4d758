SET LOCAL lock_timeout = '5s';
CREATE TABLE "audit_logs" (
  "id" uuid DEFAULT (encode(set_bit(set_bit(OVERLAY(uuid_send(gen_random_uuid()) PLACING SUBSTRING(int8send(((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint) FROM 3) FROM 1 FOR 6), (52)::bigint, 1), (53)::bigint, 1), 'hex'::text))::uuid NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "actor" text NOT NULL,
  "request_id" text,
  "action" character varying(16) NOT NULL,
  "entity" text NOT NULL,
  "entity_id" text NOT NULL,
  "before" jsonb,
  "after" jsonb,
  CONSTRAINT "audit_logs_pkey" PRIMARY KEY (id),
  CONSTRAINT "audit_logs_action_values" CHECK (action IN ('CREATE', 'UPDATE', 'DELETE'))
);
COMMENT ON COLUMN "audit_logs"."action" IS 'What was done.';
COMMENT ON COLUMN "audit_logs"."actor" IS 'Who made it: the id of a user, anonymous, system, or the word role with the name of the database role of somebody who used no API.';
COMMENT ON COLUMN "audit_logs"."after" IS 'The columns after: of a change those that differ; null for what was deleted. A secret is only named.';
COMMENT ON COLUMN "audit_logs"."before" IS 'The columns before: of a change those that differ; null for what was made. A secret is only named.';
COMMENT ON COLUMN "audit_logs"."created_at" IS 'When the transaction began that made the change.';
COMMENT ON COLUMN "audit_logs"."entity" IS 'What it was done to, such as Post.';
COMMENT ON COLUMN "audit_logs"."entity_id" IS 'The id of what was changed, as in the API.';
COMMENT ON COLUMN "audit_logs"."id" IS 'Version 7 UUID; sorts by time.';
COMMENT ON COLUMN "audit_logs"."request_id" IS 'The request that it came with, as in the log and in X-Request-Id; null outside of the API.';
COMMENT ON TABLE "audit_logs" IS 'What was changed, by whom and with which request.';
CREATE INDEX "auditlog_actor_id" ON "audit_logs" USING btree (actor, id);
CREATE INDEX "auditlog_created_at_id" ON "audit_logs" USING btree (created_at, id);
CREATE INDEX "auditlog_entity_id_id" ON "audit_logs" USING btree (entity_id, id);
CREATE OR REPLACE FUNCTION entgraph_audit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
COMMENT ON FUNCTION entgraph_audit() IS 'Writes a row of the audit log. Arguments: entity, prefix of its ids, columns whose values are secret, columns to leave out.';
SET check_function_bodies = off;
CREATE OR REPLACE FUNCTION entgraph_id(prefix text, id uuid)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
 SET search_path TO ''
AS $function$
SELECT prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + substring(n.bits FROM 1 + 5 * i FOR 5)::bit(5)::int, 1), '' ORDER BY i)
FROM (SELECT B'00' || ('x' || replace(id::text, '-', ''))::bit(128) AS bits) n, generate_series(0, 25) i
$function$;
COMMENT ON FUNCTION entgraph_id(text, uuid) IS 'The id of an entity as the API shows it.';
CREATE TRIGGER entgraph_audit AFTER INSERT OR DELETE OR UPDATE ON access_tokens FOR EACH ROW EXECUTE FUNCTION entgraph_audit('AccessToken', 'token', '{"token_hash"}', '{"id","created_at","updated_at","used_at"}');
CREATE TRIGGER entgraph_audit AFTER INSERT OR DELETE OR UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION entgraph_audit('Post', 'post', '{}', '{"id","created_at","updated_at","search"}');
CREATE TRIGGER entgraph_audit AFTER INSERT OR DELETE OR UPDATE ON profiles FOR EACH ROW EXECUTE FUNCTION entgraph_audit('Profile', 'profile', '{}', '{"id","created_at","updated_at"}');
CREATE TRIGGER entgraph_audit AFTER INSERT OR DELETE OR UPDATE ON taggings FOR EACH ROW EXECUTE FUNCTION entgraph_audit('Tagging', 'tagging', '{}', '{"id","created_at","updated_at"}');
CREATE TRIGGER entgraph_audit AFTER INSERT OR DELETE OR UPDATE ON tags FOR EACH ROW EXECUTE FUNCTION entgraph_audit('Tag', 'tag', '{}', '{"id","created_at","updated_at"}');
CREATE TRIGGER entgraph_audit AFTER INSERT OR DELETE OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION entgraph_audit('User', 'user', '{"password_hash"}', '{"id","created_at","updated_at"}');
