SET LOCAL lock_timeout = '5s';
ALTER TABLE "access_tokens" DROP CONSTRAINT "access_tokens_name_valid";
ALTER TABLE "users" DROP CONSTRAINT "users_password_hash_valid";
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_name_valid" CHECK ((char_length((name)::text) >= 1) AND (char_length((name)::text) <= 100)) NOT VALID;
ALTER TABLE "users" ADD CONSTRAINT "users_password_hash_valid" CHECK ((char_length((password_hash)::text) >= 1) AND (char_length((password_hash)::text) <= 255)) NOT VALID;
