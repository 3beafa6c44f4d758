-- Add extension "pg_trgm"
CREATE EXTENSION IF NOT EXISTS "pg_trgm";
-- Create index "post_title" to table: "posts"
CREATE INDEX "post_title" ON "posts" USING gin ("title" gin_trgm_ops);
