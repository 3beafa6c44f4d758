COMMENT ON COLUMN "audit_logs"."entity" IS 'What it was done to, such as Post.';
