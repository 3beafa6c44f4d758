SET LOCAL lock_timeout = '5s';
CREATE TABLE "attempts" (
  "id" character varying(64) NOT NULL,
  "count" bigint NOT NULL,
  "ends_at" timestamp with time zone NOT NULL,
  CONSTRAINT "attempts_pkey" PRIMARY KEY (id)
);
COMMENT ON COLUMN "attempts"."count" IS 'How often, since the count began.';
COMMENT ON COLUMN "attempts"."ends_at" IS 'When the count begins anew.';
COMMENT ON COLUMN "attempts"."id" IS 'SHA-256 of what is counted, in hexadecimal digits.';
COMMENT ON TABLE "attempts" IS 'How often something was tried of which too much is refused.';
CREATE TABLE "sessions" (
  "id" uuid DEFAULT (encode(set_bit(set_bit(OVERLAY(uuid_send(gen_random_uuid()) PLACING SUBSTRING(int8send(((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint) FROM 3) FROM 1 FOR 6), (52)::bigint, 1), (53)::bigint, 1), 'hex'::text))::uuid NOT NULL,
  "token_hash" bytea NOT NULL,
  "used_at" timestamp with time zone NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  "user_id" uuid NOT NULL,
  CONSTRAINT "sessions_pkey" PRIMARY KEY (id),
  CONSTRAINT "sessions_token_hash_length" CHECK (octet_length(token_hash) = 32)
);
COMMENT ON COLUMN "sessions"."expires_at" IS 'When it ends however much it is used.';
COMMENT ON COLUMN "sessions"."id" IS 'Version 7 UUID; sorts by sign-in.';
COMMENT ON COLUMN "sessions"."token_hash" IS 'SHA-256 of the token in the cookie.';
COMMENT ON COLUMN "sessions"."used_at" IS 'When it was last used, give or take a minute.';
COMMENT ON COLUMN "sessions"."user_id" IS 'The user it belongs to.';
COMMENT ON TABLE "sessions" IS 'A user''s sign-in from one browser.';
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_users_sessions" FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
CREATE INDEX "attempt_ends_at" ON "attempts" USING btree (ends_at);
CREATE INDEX "session_expires_at" ON "sessions" USING btree (expires_at);
CREATE INDEX "session_user_id_id" ON "sessions" USING btree (user_id, id);
CREATE UNIQUE INDEX "sessions_token_hash_key" ON "sessions" USING btree (token_hash);
