COMMENT ON COLUMN "audit_logs"."entity" IS 'What it was done to: the name of an entity, as in the API.';
