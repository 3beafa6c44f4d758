-- Create "users" table
CREATE TABLE "users" (
  "id" uuid NOT NULL DEFAULT (encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "username" character varying(32) NOT NULL,
  "email" character varying(254) NOT NULL,
  "role" character varying(16) NOT NULL DEFAULT 'MEMBER',
  "password_hash" character varying(255) NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "users_email_format" CHECK (email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'),
  CONSTRAINT "users_role_values" CHECK (role IN ('MEMBER', 'ADMIN')),
  CONSTRAINT "users_username_format" CHECK (username ~ '^[a-z][a-z0-9_]{2,31}$')
);
-- Create index "user_created_at_id" to table: "users"
CREATE INDEX "user_created_at_id" ON "users" ("created_at", "id");
-- Create index "users_email_key" to table: "users"
CREATE UNIQUE INDEX "users_email_key" ON "users" ("email");
-- Create index "users_username_key" to table: "users"
CREATE UNIQUE INDEX "users_username_key" ON "users" ("username");
-- Set comment to table: "users"
COMMENT ON TABLE "users" IS 'Somebody who signs in and writes posts.';
-- Set comment to column: "id" on table: "users"
COMMENT ON COLUMN "users"."id" IS 'Version 7 UUID; sorts by creation.';
-- Set comment to column: "created_at" on table: "users"
COMMENT ON COLUMN "users"."created_at" IS 'When it was created.';
-- Set comment to column: "updated_at" on table: "users"
COMMENT ON COLUMN "users"."updated_at" IS 'When it was last changed.';
-- Set comment to column: "username" on table: "users"
COMMENT ON COLUMN "users"."username" IS 'Public name, unique without regard to case; kept in lower case.';
-- Set comment to column: "email" on table: "users"
COMMENT ON COLUMN "users"."email" IS 'E-mail address, unique without regard to case; kept in lower case.';
-- Set comment to column: "role" on table: "users"
COMMENT ON COLUMN "users"."role" IS 'What the user may do.';
-- Set comment to column: "password_hash" on table: "users"
COMMENT ON COLUMN "users"."password_hash" IS 'Hash of the password; null for a user who cannot sign in with one.';
-- Create "posts" table
CREATE TABLE "posts" (
  "id" uuid NOT NULL DEFAULT (encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "title" character varying(200) NOT NULL,
  "body" text NOT NULL DEFAULT '',
  "status" character varying(16) NOT NULL DEFAULT 'DRAFT',
  "published_at" timestamptz NULL,
  "author_id" uuid NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "posts_users_posts" FOREIGN KEY ("author_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE RESTRICT,
  CONSTRAINT "posts_body_length" CHECK (char_length(body) <= 50000),
  CONSTRAINT "posts_status_values" CHECK (status IN ('DRAFT', 'PUBLISHED')),
  CONSTRAINT "posts_title_length" CHECK (char_length(title) BETWEEN 1 AND 200)
);
-- Create index "post_author_id_id" to table: "posts"
CREATE INDEX "post_author_id_id" ON "posts" ("author_id", "id");
-- Create index "post_created_at_id" to table: "posts"
CREATE INDEX "post_created_at_id" ON "posts" ("created_at", "id");
-- Create index "post_published_at_id" to table: "posts"
CREATE INDEX "post_published_at_id" ON "posts" ("published_at", "id");
-- Set comment to table: "posts"
COMMENT ON TABLE "posts" IS 'A text that a user wrote.';
-- Set comment to column: "id" on table: "posts"
COMMENT ON COLUMN "posts"."id" IS 'Version 7 UUID; sorts by creation.';
-- Set comment to column: "created_at" on table: "posts"
COMMENT ON COLUMN "posts"."created_at" IS 'When it was created.';
-- Set comment to column: "updated_at" on table: "posts"
COMMENT ON COLUMN "posts"."updated_at" IS 'When it was last changed.';
-- Set comment to column: "title" on table: "posts"
COMMENT ON COLUMN "posts"."title" IS 'Headline, up to 200 characters.';
-- Set comment to column: "body" on table: "posts"
COMMENT ON COLUMN "posts"."body" IS 'The text, up to 50,000 characters.';
-- Set comment to column: "status" on table: "posts"
COMMENT ON COLUMN "posts"."status" IS 'Whether readers may see it.';
-- Set comment to column: "published_at" on table: "posts"
COMMENT ON COLUMN "posts"."published_at" IS 'When it was published; null until then.';
-- Set comment to column: "author_id" on table: "posts"
COMMENT ON COLUMN "posts"."author_id" IS 'The author it belongs to.';
-- Create "profiles" table
CREATE TABLE "profiles" (
  "id" uuid NOT NULL DEFAULT (encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "first_name" character varying(100) NULL,
  "last_name" character varying(100) NULL,
  "bio" text NULL,
  "user_id" uuid NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "profiles_users_profile" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE CASCADE,
  CONSTRAINT "profiles_bio_length" CHECK (char_length(bio) BETWEEN 1 AND 2000),
  CONSTRAINT "profiles_first_name_length" CHECK (char_length(first_name) BETWEEN 1 AND 100),
  CONSTRAINT "profiles_last_name_length" CHECK (char_length(last_name) BETWEEN 1 AND 100)
);
-- Create index "profile_created_at_id" to table: "profiles"
CREATE INDEX "profile_created_at_id" ON "profiles" ("created_at", "id");
-- Create index "profiles_user_id_key" to table: "profiles"
CREATE UNIQUE INDEX "profiles_user_id_key" ON "profiles" ("user_id");
-- Set comment to table: "profiles"
COMMENT ON TABLE "profiles" IS 'Who a user is.';
-- Set comment to column: "id" on table: "profiles"
COMMENT ON COLUMN "profiles"."id" IS 'Version 7 UUID; sorts by creation.';
-- Set comment to column: "created_at" on table: "profiles"
COMMENT ON COLUMN "profiles"."created_at" IS 'When it was created.';
-- Set comment to column: "updated_at" on table: "profiles"
COMMENT ON COLUMN "profiles"."updated_at" IS 'When it was last changed.';
-- Set comment to column: "first_name" on table: "profiles"
COMMENT ON COLUMN "profiles"."first_name" IS 'Given name.';
-- Set comment to column: "last_name" on table: "profiles"
COMMENT ON COLUMN "profiles"."last_name" IS 'Family name.';
-- Set comment to column: "bio" on table: "profiles"
COMMENT ON COLUMN "profiles"."bio" IS 'A few words about the user, up to 2,000 characters.';
-- Set comment to column: "user_id" on table: "profiles"
COMMENT ON COLUMN "profiles"."user_id" IS 'The user it belongs to.';
-- Create "tags" table
CREATE TABLE "tags" (
  "id" uuid NOT NULL DEFAULT (encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "name" character varying(50) NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "tags_name_length" CHECK (char_length(name) BETWEEN 1 AND 50)
);
-- Create index "tag_created_at_id" to table: "tags"
CREATE INDEX "tag_created_at_id" ON "tags" ("created_at", "id");
-- Create index "tags_name_key" to table: "tags"
CREATE UNIQUE INDEX "tags_name_key" ON "tags" ("name");
-- Set comment to table: "tags"
COMMENT ON TABLE "tags" IS 'A word that posts are found by.';
-- Set comment to column: "id" on table: "tags"
COMMENT ON COLUMN "tags"."id" IS 'Version 7 UUID; sorts by creation.';
-- Set comment to column: "created_at" on table: "tags"
COMMENT ON COLUMN "tags"."created_at" IS 'When it was created.';
-- Set comment to column: "updated_at" on table: "tags"
COMMENT ON COLUMN "tags"."updated_at" IS 'When it was last changed.';
-- Set comment to column: "name" on table: "tags"
COMMENT ON COLUMN "tags"."name" IS 'The word itself, up to 50 characters.';
-- Create "taggings" table
CREATE TABLE "taggings" (
  "id" uuid NOT NULL DEFAULT (encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "position" bigint NOT NULL DEFAULT '0',
  "post_id" uuid NOT NULL,
  "tag_id" uuid NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "taggings_posts_post" FOREIGN KEY ("post_id") REFERENCES "posts" ("id") ON UPDATE NO ACTION ON DELETE CASCADE,
  CONSTRAINT "taggings_tags_tag" FOREIGN KEY ("tag_id") REFERENCES "tags" ("id") ON UPDATE NO ACTION ON DELETE CASCADE,
  CONSTRAINT "taggings_position_range" CHECK (position >= 0)
);
-- Create index "tagging_created_at_id" to table: "taggings"
CREATE INDEX "tagging_created_at_id" ON "taggings" ("created_at", "id");
-- Create index "tagging_post_id_tag_id" to table: "taggings"
CREATE UNIQUE INDEX "tagging_post_id_tag_id" ON "taggings" ("post_id", "tag_id");
-- Create index "tagging_tag_id_post_id" to table: "taggings"
CREATE INDEX "tagging_tag_id_post_id" ON "taggings" ("tag_id", "post_id");
-- Set comment to table: "taggings"
COMMENT ON TABLE "taggings" IS 'A tag on a post.';
-- Set comment to column: "id" on table: "taggings"
COMMENT ON COLUMN "taggings"."id" IS 'Version 7 UUID, made by the database; sorts by creation.';
-- Set comment to column: "created_at" on table: "taggings"
COMMENT ON COLUMN "taggings"."created_at" IS 'When it was created.';
-- Set comment to column: "updated_at" on table: "taggings"
COMMENT ON COLUMN "taggings"."updated_at" IS 'When it was last changed.';
-- Set comment to column: "position" on table: "taggings"
COMMENT ON COLUMN "taggings"."position" IS 'Place of the tag among the post''s tags, from 0.';
-- Set comment to column: "post_id" on table: "taggings"
COMMENT ON COLUMN "taggings"."post_id" IS 'The post that is tagged.';
-- Set comment to column: "tag_id" on table: "taggings"
COMMENT ON COLUMN "taggings"."tag_id" IS 'The tag it carries.';
