SET LOCAL lock_timeout = '5s';
DROP TABLE "access_tokens";
DROP TABLE "identities";
