SET LOCAL lock_timeout = '5s';
CREATE TABLE "access_tokens" (
  "id" uuid DEFAULT (encode(set_bit(set_bit(OVERLAY(uuid_send(gen_random_uuid()) PLACING SUBSTRING(int8send(((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint) FROM 3) FROM 1 FOR 6), (52)::bigint, 1), (53)::bigint, 1), 'hex'::text))::uuid NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  "name" character varying(100) NOT NULL,
  "scope" character varying(16) NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  "used_at" timestamp with time zone,
  "token_hash" bytea NOT NULL,
  "user_id" uuid NOT NULL,
  CONSTRAINT "access_tokens_pkey" PRIMARY KEY (id),
  CONSTRAINT "access_tokens_hash_length" CHECK (octet_length(token_hash) = 32),
  CONSTRAINT "access_tokens_scope_values" CHECK (scope IN ('READ', 'WRITE'))
);
COMMENT ON COLUMN "access_tokens"."created_at" IS 'When it was created.';
COMMENT ON COLUMN "access_tokens"."expires_at" IS 'When it ends.';
COMMENT ON COLUMN "access_tokens"."id" IS 'Version 7 UUID; sorts by creation.';
COMMENT ON COLUMN "access_tokens"."name" IS 'What it is for, in the user''s words.';
COMMENT ON COLUMN "access_tokens"."scope" IS 'What it lets a program do: READ no mutations, WRITE all that the user may do.';
COMMENT ON COLUMN "access_tokens"."token_hash" IS 'SHA-256 of the token.';
COMMENT ON COLUMN "access_tokens"."updated_at" IS 'When it was last changed.';
COMMENT ON COLUMN "access_tokens"."used_at" IS 'When it was last used, give or take a minute; null when it never was.';
COMMENT ON COLUMN "access_tokens"."user_id" IS 'The user it belongs to.';
COMMENT ON TABLE "access_tokens" IS 'Lets a program act for a user, who sends it as Authorization: Bearer.';
CREATE TABLE "identities" (
  "id" uuid DEFAULT (encode(set_bit(set_bit(OVERLAY(uuid_send(gen_random_uuid()) PLACING SUBSTRING(int8send(((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint) FROM 3) FROM 1 FOR 6), (52)::bigint, 1), (53)::bigint, 1), 'hex'::text))::uuid NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  "issuer" text NOT NULL,
  "subject" text NOT NULL,
  "user_id" uuid NOT NULL,
  CONSTRAINT "identities_pkey" PRIMARY KEY (id),
  CONSTRAINT "identities_subject_length" CHECK (octet_length(subject) <= 255)
);
COMMENT ON COLUMN "identities"."created_at" IS 'When it was created.';
COMMENT ON COLUMN "identities"."id" IS 'Version 7 UUID; sorts by creation.';
COMMENT ON COLUMN "identities"."issuer" IS 'The provider''s address, as in its tokens.';
COMMENT ON COLUMN "identities"."subject" IS 'The user''s name there, which is never given to another.';
COMMENT ON COLUMN "identities"."updated_at" IS 'When it was last changed.';
COMMENT ON COLUMN "identities"."user_id" IS 'The user it belongs to.';
COMMENT ON TABLE "identities" IS 'Who a user is to an OpenID provider.';
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_users_access_tokens" FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
ALTER TABLE "identities" ADD CONSTRAINT "identities_users_identities" FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
CREATE UNIQUE INDEX "access_tokens_token_hash_key" ON "access_tokens" USING btree (token_hash);
CREATE INDEX "accesstoken_created_at_id" ON "access_tokens" USING btree (created_at, id);
CREATE INDEX "accesstoken_user_id_id" ON "access_tokens" USING btree (user_id, id);
CREATE INDEX "identity_created_at_id" ON "identities" USING btree (created_at, id);
CREATE UNIQUE INDEX "identity_issuer_subject" ON "identities" USING btree (issuer, subject);
CREATE INDEX "identity_user_id_id" ON "identities" USING btree (user_id, id);
