-- Drop "taggings" table
DROP TABLE "taggings";
-- Drop "tags" table
DROP TABLE "tags";
-- Drop "profiles" table
DROP TABLE "profiles";
-- Drop "posts" table
DROP TABLE "posts";
-- Drop "users" table
DROP TABLE "users";
