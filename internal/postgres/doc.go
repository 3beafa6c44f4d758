// Package postgres connects the program to its database.
//
// [Open] gives a [DB] with two pools. Reads run in read-only sessions at repeatable
// read, with an empty search_path: a statement must name the schema of each table or
// shadow the table by a WITH query, so an access rule that was forgotten is an error
// and not a leak. Writes run at read committed.
//
// [NewDriver] puts Ent on a pool or on a transaction of pgx, without database/sql in
// between. [DB.SQL] is the database/sql view for tools that need one, such as Atlas.
//
// [WithStats] counts the statements of one operation; [Options] has an echo that logs
// each of them. [Code], [Constraint], [IsTimeout] and [IsUnavailable] say what an
// error means.
//
// The package keeps no state besides its pools and never reads the environment
// itself (pgx does: libpq's PG variables fill what an address leaves out). All of it
// may be used by many goroutines at once, except a driver on one connection or
// transaction, which serves one goroutine at a time, as that does.
package postgres
