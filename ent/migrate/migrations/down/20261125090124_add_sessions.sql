SET LOCAL lock_timeout = '5s';
DROP TABLE "attempts";
DROP TABLE "sessions";
