-- Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.
-- The access rules as row-level security. It binds every role but the owner of the tables.

ALTER TABLE public."access_tokens" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."attempts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."audit_logs" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."identities" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."posts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."profiles" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."sessions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."taggings" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."tags" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."users" ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION public."entgraph_taggings_post"(uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$SELECT EXISTS (SELECT FROM public."posts" r1 WHERE (r1."id" = $1 AND r1."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)))$$;
COMMENT ON FUNCTION public."entgraph_taggings_post"(uuid) IS 'Whether a rule of Tagging on post holds. Generated; e99577d05ae4e692.';

CREATE POLICY "entgraph_read" ON public."access_tokens" FOR SELECT USING (((SELECT current_setting('entgraph.system', true) = 'on') OR "access_tokens"."user_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)));
COMMENT ON POLICY "entgraph_read" ON public."access_tokens" IS 'Who sees a row of AccessToken. Generated; 9d55f4384682820c.';

CREATE POLICY "entgraph_create" ON public."access_tokens" FOR INSERT WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR "access_tokens"."user_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)));
COMMENT ON POLICY "entgraph_create" ON public."access_tokens" IS 'Who makes a row of AccessToken. Generated; 2a5ba226e8520f31.';

CREATE POLICY "entgraph_update" ON public."access_tokens" FOR UPDATE USING ((SELECT current_setting('entgraph.system', true) = 'on')) WITH CHECK ((SELECT current_setting('entgraph.system', true) = 'on'));
COMMENT ON POLICY "entgraph_update" ON public."access_tokens" IS 'Who changes a row of AccessToken. Generated; 85ce324bad1299e3.';

CREATE POLICY "entgraph_delete" ON public."access_tokens" FOR DELETE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR ("access_tokens"."user_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid) AND "access_tokens"."user_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid))));
COMMENT ON POLICY "entgraph_delete" ON public."access_tokens" IS 'Who deletes a row of AccessToken. Generated; c443f46f9109c4a2.';

CREATE POLICY "entgraph_system" ON public."attempts" FOR ALL USING ((SELECT current_setting('entgraph.system', true) = 'on')) WITH CHECK ((SELECT current_setting('entgraph.system', true) = 'on'));
COMMENT ON POLICY "entgraph_system" ON public."attempts" IS 'The program alone reads and writes it. Generated; ef952f3191376038.';

CREATE POLICY "entgraph_read" ON public."audit_logs" FOR SELECT USING (((SELECT current_setting('entgraph.system', true) = 'on') OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN')));
COMMENT ON POLICY "entgraph_read" ON public."audit_logs" IS 'Who sees a row of AuditLog. Generated; 209d2545fede127d.';

CREATE POLICY "entgraph_create" ON public."audit_logs" FOR INSERT WITH CHECK ((SELECT current_setting('entgraph.system', true) = 'on'));
COMMENT ON POLICY "entgraph_create" ON public."audit_logs" IS 'Who makes a row of AuditLog. Generated; 3eee03b08d6b7af5.';

CREATE POLICY "entgraph_update" ON public."audit_logs" FOR UPDATE USING ((SELECT current_setting('entgraph.system', true) = 'on')) WITH CHECK ((SELECT current_setting('entgraph.system', true) = 'on'));
COMMENT ON POLICY "entgraph_update" ON public."audit_logs" IS 'Who changes a row of AuditLog. Generated; 13cbb55d4e42c28a.';

CREATE POLICY "entgraph_delete" ON public."audit_logs" FOR DELETE USING ((SELECT current_setting('entgraph.system', true) = 'on'));
COMMENT ON POLICY "entgraph_delete" ON public."audit_logs" IS 'Who deletes a row of AuditLog. Generated; 71a246fab7cb6001.';

CREATE POLICY "entgraph_system" ON public."identities" FOR ALL USING ((SELECT current_setting('entgraph.system', true) = 'on')) WITH CHECK ((SELECT current_setting('entgraph.system', true) = 'on'));
COMMENT ON POLICY "entgraph_system" ON public."identities" IS 'The program alone reads and writes it. Generated; 10041143bc277b53.';

CREATE POLICY "entgraph_read" ON public."posts" FOR SELECT USING (((SELECT current_setting('entgraph.system', true) = 'on') OR ("posts"."status" = 'PUBLISHED' OR "posts"."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid))));
COMMENT ON POLICY "entgraph_read" ON public."posts" IS 'Who sees a row of Post. Generated; cb616cb9618dda20.';

CREATE POLICY "entgraph_create" ON public."posts" FOR INSERT WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR "posts"."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)));
COMMENT ON POLICY "entgraph_create" ON public."posts" IS 'Who makes a row of Post. Generated; 86bfafe748b632fd.';

CREATE POLICY "entgraph_update" ON public."posts" FOR UPDATE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR (("posts"."status" = 'PUBLISHED' OR "posts"."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)) AND "posts"."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)))) WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR "posts"."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)));
COMMENT ON POLICY "entgraph_update" ON public."posts" IS 'Who changes a row of Post. Generated; d20da6126f1157a4.';

CREATE POLICY "entgraph_delete" ON public."posts" FOR DELETE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR (("posts"."status" = 'PUBLISHED' OR "posts"."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)) AND ("posts"."author_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid) OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN')))));
COMMENT ON POLICY "entgraph_delete" ON public."posts" IS 'Who deletes a row of Post. Generated; 7d7561a545c75055.';

CREATE POLICY "entgraph_read" ON public."profiles" FOR SELECT USING (true);
COMMENT ON POLICY "entgraph_read" ON public."profiles" IS 'Who sees a row of Profile. Generated; 6d895c6e8ffdedf2.';

CREATE POLICY "entgraph_create" ON public."profiles" FOR INSERT WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR "profiles"."user_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)));
COMMENT ON POLICY "entgraph_create" ON public."profiles" IS 'Who makes a row of Profile. Generated; ec0d1f28668c6383.';

CREATE POLICY "entgraph_update" ON public."profiles" FOR UPDATE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR "profiles"."user_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid))) WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR "profiles"."user_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)));
COMMENT ON POLICY "entgraph_update" ON public."profiles" IS 'Who changes a row of Profile. Generated; f5f8e77a4cd10d7c.';

CREATE POLICY "entgraph_delete" ON public."profiles" FOR DELETE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR ("profiles"."user_id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid) OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN'))));
COMMENT ON POLICY "entgraph_delete" ON public."profiles" IS 'Who deletes a row of Profile. Generated; bc7b797e197d7188.';

CREATE POLICY "entgraph_system" ON public."sessions" FOR ALL USING ((SELECT current_setting('entgraph.system', true) = 'on')) WITH CHECK ((SELECT current_setting('entgraph.system', true) = 'on'));
COMMENT ON POLICY "entgraph_system" ON public."sessions" IS 'The program alone reads and writes it. Generated; edec25851d6583c1.';

CREATE POLICY "entgraph_read" ON public."taggings" FOR SELECT USING (((SELECT current_setting('entgraph.system', true) = 'on') OR EXISTS (SELECT FROM public."posts" r1 WHERE r1."id" = "taggings"."post_id")));
COMMENT ON POLICY "entgraph_read" ON public."taggings" IS 'Who sees a row of Tagging. Generated; a43a00f017d9fa18.';

CREATE POLICY "entgraph_create" ON public."taggings" FOR INSERT WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR public."entgraph_taggings_post"("taggings"."post_id")));
COMMENT ON POLICY "entgraph_create" ON public."taggings" IS 'Who makes a row of Tagging. Generated; 3fdfe4fe203678f3.';

CREATE POLICY "entgraph_update" ON public."taggings" FOR UPDATE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR (EXISTS (SELECT FROM public."posts" r1 WHERE r1."id" = "taggings"."post_id") AND public."entgraph_taggings_post"("taggings"."post_id")))) WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR public."entgraph_taggings_post"("taggings"."post_id")));
COMMENT ON POLICY "entgraph_update" ON public."taggings" IS 'Who changes a row of Tagging. Generated; 31699e77f8b4ec0c.';

CREATE POLICY "entgraph_delete" ON public."taggings" FOR DELETE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR (EXISTS (SELECT FROM public."posts" r1 WHERE r1."id" = "taggings"."post_id") AND (public."entgraph_taggings_post"("taggings"."post_id") OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN')))));
COMMENT ON POLICY "entgraph_delete" ON public."taggings" IS 'Who deletes a row of Tagging. Generated; 2391efbe0a8739e7.';

CREATE POLICY "entgraph_read" ON public."tags" FOR SELECT USING (true);
COMMENT ON POLICY "entgraph_read" ON public."tags" IS 'Who sees a row of Tag. Generated; 05498f8406197599.';

CREATE POLICY "entgraph_create" ON public."tags" FOR INSERT WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR ((SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN') OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL))));
COMMENT ON POLICY "entgraph_create" ON public."tags" IS 'Who makes a row of Tag. Generated; 3d093f7dc079fba6.';

CREATE POLICY "entgraph_update" ON public."tags" FOR UPDATE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN'))) WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN')));
COMMENT ON POLICY "entgraph_update" ON public."tags" IS 'Who changes a row of Tag. Generated; 6d1c906f7b88a0dc.';

CREATE POLICY "entgraph_delete" ON public."tags" FOR DELETE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN')));
COMMENT ON POLICY "entgraph_delete" ON public."tags" IS 'Who deletes a row of Tag. Generated; 194053bfc1b0fef5.';

CREATE FUNCTION public."entgraph_users_sets"() RETURNS trigger
  LANGUAGE plpgsql SET search_path = '' AS $$
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
$$;
COMMENT ON FUNCTION public."entgraph_users_sets"() IS 'Who gives the fields of User which values. Generated; 4d5fb1fa46802b2c.';

CREATE TRIGGER "entgraph_users_sets" BEFORE INSERT OR UPDATE ON public."users" FOR EACH ROW EXECUTE FUNCTION public."entgraph_users_sets"();
COMMENT ON TRIGGER "entgraph_users_sets" ON public."users" IS 'Who gives the fields of User which values. Generated; e3b91b178c33f9c6.';

CREATE POLICY "entgraph_read" ON public."users" FOR SELECT USING (true);
COMMENT ON POLICY "entgraph_read" ON public."users" IS 'Who sees a row of User. Generated; 24eab8ac51511f08.';

CREATE POLICY "entgraph_create" ON public."users" FOR INSERT WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR (SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN')));
COMMENT ON POLICY "entgraph_create" ON public."users" IS 'Who makes a row of User. Generated; ca81d614c25b0abb.';

CREATE POLICY "entgraph_update" ON public."users" FOR UPDATE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR ((SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN') OR "users"."id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)))) WITH CHECK (((SELECT current_setting('entgraph.system', true) = 'on') OR ((SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN') OR "users"."id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid))));
COMMENT ON POLICY "entgraph_update" ON public."users" IS 'Who changes a row of User. Generated; d17d5c47ae745ca9.';

CREATE POLICY "entgraph_delete" ON public."users" FOR DELETE USING (((SELECT current_setting('entgraph.system', true) = 'on') OR ((SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true) = 'ADMIN') OR "users"."id" = (SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid))));
COMMENT ON POLICY "entgraph_delete" ON public."users" IS 'Who deletes a row of User. Generated; 925bd2ed2b600980.';
