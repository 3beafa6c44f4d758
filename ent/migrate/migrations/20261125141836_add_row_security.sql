SET LOCAL lock_timeout = '5s';
ALTER TABLE "access_tokens" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "attempts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "audit_logs" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "identities" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "posts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "profiles" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "taggings" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tags" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;
SET check_function_bodies = off;
CREATE OR REPLACE FUNCTION entgraph_taggings_post(uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$SELECT EXISTS (SELECT FROM public."posts" r1 WHERE (r1."id" = $1 AND r1."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)))$function$;
COMMENT ON FUNCTION entgraph_taggings_post(uuid) IS 'Whether a rule of Tagging on post holds. Generated; e99577d05ae4e692.';
CREATE OR REPLACE FUNCTION entgraph_users_sets()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  IF NOT row_security_active(TG_RELID) OR coalesce((SELECT current_setting('entgraph.system', true) = 'on'), false) THEN
    RETURN NEW;
  END IF;
  IF (CASE TG_OP WHEN 'INSERT' THEN NEW."role" IS DISTINCT FROM 'MEMBER' ELSE NEW."role" IS DISTINCT FROM OLD."role" END)
    AND NOT coalesce((NEW."role" = 'MEMBER' OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN')), false) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', TABLE = 'users', COLUMN = 'role',
      MESSAGE = 'the rules do not let you set users.role';
  END IF;
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION entgraph_users_sets() IS 'Who gives the fields of User which values. Generated; 4d5fb1fa46802b2c.';
CREATE TRIGGER entgraph_users_sets BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION entgraph_users_sets();
COMMENT ON TRIGGER "entgraph_users_sets" ON "users" IS 'Who gives the fields of User which values. Generated; e3b91b178c33f9c6.';
CREATE POLICY "entgraph_create" ON "access_tokens" FOR INSERT WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (user_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))));
COMMENT ON POLICY "entgraph_create" ON "access_tokens" IS 'Who makes a row of AccessToken. Generated; 2a5ba226e8520f31.';
CREATE POLICY "entgraph_delete" ON "access_tokens" FOR DELETE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ((user_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif")) AND (user_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif")))));
COMMENT ON POLICY "entgraph_delete" ON "access_tokens" IS 'Who deletes a row of AccessToken. Generated; c443f46f9109c4a2.';
CREATE POLICY "entgraph_read" ON "access_tokens" FOR SELECT USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (user_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))));
COMMENT ON POLICY "entgraph_read" ON "access_tokens" IS 'Who sees a row of AccessToken. Generated; 9d55f4384682820c.';
CREATE POLICY "entgraph_update" ON "access_tokens" FOR UPDATE USING (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text))) WITH CHECK (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)));
COMMENT ON POLICY "entgraph_update" ON "access_tokens" IS 'Who changes a row of AccessToken. Generated; 85ce324bad1299e3.';
CREATE POLICY "entgraph_system" ON "attempts" USING (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text))) WITH CHECK (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)));
COMMENT ON POLICY "entgraph_system" ON "attempts" IS 'The program alone reads and writes it. Generated; ef952f3191376038.';
CREATE POLICY "entgraph_create" ON "audit_logs" FOR INSERT WITH CHECK (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)));
COMMENT ON POLICY "entgraph_create" ON "audit_logs" IS 'Who makes a row of AuditLog. Generated; 3eee03b08d6b7af5.';
CREATE POLICY "entgraph_delete" ON "audit_logs" FOR DELETE USING (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)));
COMMENT ON POLICY "entgraph_delete" ON "audit_logs" IS 'Who deletes a row of AuditLog. Generated; 71a246fab7cb6001.';
CREATE POLICY "entgraph_read" ON "audit_logs" FOR SELECT USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text)))));
COMMENT ON POLICY "entgraph_read" ON "audit_logs" IS 'Who sees a row of AuditLog. Generated; 209d2545fede127d.';
CREATE POLICY "entgraph_update" ON "audit_logs" FOR UPDATE USING (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text))) WITH CHECK (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)));
COMMENT ON POLICY "entgraph_update" ON "audit_logs" IS 'Who changes a row of AuditLog. Generated; 13cbb55d4e42c28a.';
CREATE POLICY "entgraph_system" ON "identities" USING (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text))) WITH CHECK (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)));
COMMENT ON POLICY "entgraph_system" ON "identities" IS 'The program alone reads and writes it. Generated; 10041143bc277b53.';
CREATE POLICY "entgraph_create" ON "posts" FOR INSERT WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (author_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))));
COMMENT ON POLICY "entgraph_create" ON "posts" IS 'Who makes a row of Post. Generated; 86bfafe748b632fd.';
CREATE POLICY "entgraph_delete" ON "posts" FOR DELETE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ((((status)::text = 'PUBLISHED'::text) OR (author_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))) AND ((author_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif")) OR ( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text)))))));
COMMENT ON POLICY "entgraph_delete" ON "posts" IS 'Who deletes a row of Post. Generated; 7d7561a545c75055.';
CREATE POLICY "entgraph_read" ON "posts" FOR SELECT USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (((status)::text = 'PUBLISHED'::text) OR (author_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif")))));
COMMENT ON POLICY "entgraph_read" ON "posts" IS 'Who sees a row of Post. Generated; cb616cb9618dda20.';
CREATE POLICY "entgraph_update" ON "posts" FOR UPDATE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ((((status)::text = 'PUBLISHED'::text) OR (author_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))) AND (author_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))))) WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (author_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))));
COMMENT ON POLICY "entgraph_update" ON "posts" IS 'Who changes a row of Post. Generated; d20da6126f1157a4.';
CREATE POLICY "entgraph_create" ON "profiles" FOR INSERT WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (user_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))));
COMMENT ON POLICY "entgraph_create" ON "profiles" IS 'Who makes a row of Profile. Generated; ec0d1f28668c6383.';
CREATE POLICY "entgraph_delete" ON "profiles" FOR DELETE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ((user_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif")) OR ( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text))))));
COMMENT ON POLICY "entgraph_delete" ON "profiles" IS 'Who deletes a row of Profile. Generated; bc7b797e197d7188.';
CREATE POLICY "entgraph_read" ON "profiles" FOR SELECT USING (true);
COMMENT ON POLICY "entgraph_read" ON "profiles" IS 'Who sees a row of Profile. Generated; 6d895c6e8ffdedf2.';
CREATE POLICY "entgraph_update" ON "profiles" FOR UPDATE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (user_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif")))) WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (user_id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))));
COMMENT ON POLICY "entgraph_update" ON "profiles" IS 'Who changes a row of Profile. Generated; f5f8e77a4cd10d7c.';
CREATE POLICY "entgraph_system" ON "sessions" USING (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text))) WITH CHECK (( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)));
COMMENT ON POLICY "entgraph_system" ON "sessions" IS 'The program alone reads and writes it. Generated; edec25851d6583c1.';
CREATE POLICY "entgraph_create" ON "taggings" FOR INSERT WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR entgraph_taggings_post(post_id)));
COMMENT ON POLICY "entgraph_create" ON "taggings" IS 'Who makes a row of Tagging. Generated; 3fdfe4fe203678f3.';
CREATE POLICY "entgraph_delete" ON "taggings" FOR DELETE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ((EXISTS ( SELECT
   FROM posts r1
  WHERE (r1.id = taggings.post_id))) AND (entgraph_taggings_post(post_id) OR ( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text)))))));
COMMENT ON POLICY "entgraph_delete" ON "taggings" IS 'Who deletes a row of Tagging. Generated; 2391efbe0a8739e7.';
CREATE POLICY "entgraph_read" ON "taggings" FOR SELECT USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (EXISTS ( SELECT
   FROM posts r1
  WHERE (r1.id = taggings.post_id)))));
COMMENT ON POLICY "entgraph_read" ON "taggings" IS 'Who sees a row of Tagging. Generated; a43a00f017d9fa18.';
CREATE POLICY "entgraph_update" ON "taggings" FOR UPDATE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ((EXISTS ( SELECT
   FROM posts r1
  WHERE (r1.id = taggings.post_id))) AND entgraph_taggings_post(post_id)))) WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR entgraph_taggings_post(post_id)));
COMMENT ON POLICY "entgraph_update" ON "taggings" IS 'Who changes a row of Tagging. Generated; 31699e77f8b4ec0c.';
CREATE POLICY "entgraph_create" ON "tags" FOR INSERT WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text))) OR ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL)))));
COMMENT ON POLICY "entgraph_create" ON "tags" IS 'Who makes a row of Tag. Generated; 3d093f7dc079fba6.';
CREATE POLICY "entgraph_delete" ON "tags" FOR DELETE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text)))));
COMMENT ON POLICY "entgraph_delete" ON "tags" IS 'Who deletes a row of Tag. Generated; 194053bfc1b0fef5.';
CREATE POLICY "entgraph_read" ON "tags" FOR SELECT USING (true);
COMMENT ON POLICY "entgraph_read" ON "tags" IS 'Who sees a row of Tag. Generated; 05498f8406197599.';
CREATE POLICY "entgraph_update" ON "tags" FOR UPDATE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text))))) WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text)))));
COMMENT ON POLICY "entgraph_update" ON "tags" IS 'Who changes a row of Tag. Generated; 6d1c906f7b88a0dc.';
CREATE POLICY "entgraph_create" ON "users" FOR INSERT WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR ( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text)))));
COMMENT ON POLICY "entgraph_create" ON "users" IS 'Who makes a row of User. Generated; ca81d614c25b0abb.';
CREATE POLICY "entgraph_delete" ON "users" FOR DELETE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text))) OR (id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif")))));
COMMENT ON POLICY "entgraph_delete" ON "users" IS 'Who deletes a row of User. Generated; 925bd2ed2b600980.';
CREATE POLICY "entgraph_read" ON "users" FOR SELECT USING (true);
COMMENT ON POLICY "entgraph_read" ON "users" IS 'Who sees a row of User. Generated; 24eab8ac51511f08.';
CREATE POLICY "entgraph_update" ON "users" FOR UPDATE USING ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text))) OR (id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif"))))) WITH CHECK ((( SELECT (current_setting('entgraph.system'::text, true) = 'on'::text)) OR (( SELECT ((NULLIF(current_setting('entgraph.user_id'::text, true), ''::text) IS NOT NULL) AND (current_setting('entgraph.role'::text, true) = 'ADMIN'::text))) OR (id = ( SELECT (NULLIF(current_setting('entgraph.user_id'::text, true), ''::text))::uuid AS "nullif")))));
COMMENT ON POLICY "entgraph_update" ON "users" IS 'Who changes a row of User. Generated; d17d5c47ae745ca9.';
