-- Drop index "post_search" from table: "posts"
DROP INDEX "post_search";
-- Drop column "search" from table: "posts"
ALTER TABLE "posts" DROP COLUMN "search";
