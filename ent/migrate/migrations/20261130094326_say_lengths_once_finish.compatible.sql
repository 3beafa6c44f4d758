SET LOCAL lock_timeout = '5s';
ALTER TABLE "access_tokens" VALIDATE CONSTRAINT "access_tokens_name_valid";
ALTER TABLE "users" VALIDATE CONSTRAINT "users_password_hash_valid";
