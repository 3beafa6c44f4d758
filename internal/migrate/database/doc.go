// Package database applies the files of a migration directory to a database, and says where
// it stands.
//
// [Up] applies pending files and [Down] takes them back; [ReadStatus] compares a database
// with a directory, [Status.Err] says whether a program may serve it, and [Gate] asks as
// well for the tables that the program uses. [Stamp], [Repair] and [Rebase] mend a history,
// [Script] writes what another one may run. A [Session] replays directories on scratch
// databases, for those who plan and rehearse.
//
// The table public.atlas_schema_revisions and the advisory lock are those of the atlas
// command line tool: either may continue what the other began. The ways back, which atlas
// does not have, are the files of the folder down with sums of their own.
//
// What Up promises:
//   - Of many callers at once, one applies; the others wait and find nothing to do.
//   - A file runs in one transaction together with its revision row. A file that
//     says "-- atlas:txmode none" in its first line, followed by an empty line,
//     runs statement by statement, each in one transaction with the row that
//     counts it. A statement that Postgres refuses inside a transaction runs bare.
//   - The lock lives on the connection that runs the statements. A killed client
//     therefore keeps others out until its last statement has ended.
//   - The next call resumes a file that was applied in part at the first statement
//     that is not counted. It repeats the settings (SET) of those before it. A bare
//     statement that is done although it is not counted is not repeated: creating,
//     dropping and reindexing an index concurrently, detaching a partition. One that
//     commits by itself, such as a DO block that works in batches, begins again: it must
//     allow that.
//   - It tells what it waits for. A server that restarts is waited for.
//
// Down promises the same for down files.
//
// The package needs a session of its own and thus a direct connection: a pooler in
// transaction mode breaks the lock.
package database
