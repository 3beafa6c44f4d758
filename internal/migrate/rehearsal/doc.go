// Package rehearsal runs the migrations of a directory on scratch databases that hold
// sample rows, and says what each statement would do to a system at work.
//
// [Run] keeps two databases side by side. On the first each statement is a transaction
// of its own, in which the backend itself is asked, before the commit, which locks it
// took, which tables it read through and rewrote, and which rows and values are
// gone. A statement that Postgres refuses inside a transaction runs bare, beside a
// writer for which it has to wait, and is watched from another connection. On the
// second the file goes up, down and up again the way a deployment runs it, and both
// must end in the same schema.
//
// [Lint] looks for known hazards in what Run has seen. Its rules go by the catalog,
// the locks and the counters wherever these tell, and by the text of a statement only
// where nothing else does: a lock that is not taken on the rehearsed server is not
// reported, whatever the statement looks like.
//
// What is seen holds for the major version of the server that was rehearsed on and for
// the rows that were made, or taken from a database: times are extrapolated, and data that
// only production has is not there.
package rehearsal
