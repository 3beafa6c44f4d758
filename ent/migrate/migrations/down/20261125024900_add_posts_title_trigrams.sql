-- Drop index "post_title" from table: "posts"
DROP INDEX "post_title";
-- Drop extension "pg_trgm"
DROP EXTENSION IF EXISTS "pg_trgm";
