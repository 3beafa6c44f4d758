-- Modify "posts" table
ALTER TABLE "posts" ADD COLUMN "search" tsvector NULL GENERATED ALWAYS AS (setweight(to_tsvector('pg_catalog.english'::regconfig, coalesce("title", '')), 'A') || setweight(to_tsvector('pg_catalog.english'::regconfig, coalesce("body", '')), 'B')) STORED;
-- Create index "post_search" to table: "posts"
CREATE INDEX "post_search" ON "posts" USING gin ("search");
-- Set comment to column: "search" on table: "posts"
COMMENT ON COLUMN "posts"."search" IS 'The words of title, body for full-text search; computed.';
