// Package migrate turns the entity tables into versioned SQL files and applies
// those files to a database.
//
// [Diff] compares the tables with a replay of the migration directory on scratch
// databases and writes the next files, which package schemadiff plans; [Check],
// [SchemaDiff], [Inspect] and [Drift] compare without writing. [Up] applies pending
// files and [Down] takes them back; [ReadStatus] says where a database stands, and
// [Status.Err] whether a program may serve it, with [Gate] also by the tables that are
// there; [Repair] helps out. [SchemaSQL] prints
// the whole desired schema.
//
// The directory (files and atlas.sum), the table public.atlas_schema_revisions and
// the advisory lock are those of the atlas command line tool: either may continue
// what the other began. The ways back, which atlas does not have, are the files of the
// folder down with sums of their own.
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
//     commits by itself, such as a DO block that works in batches, begins anew: it must
//     bear that.
//   - It tells what it waits for. A server that restarts is waited for.
//
// Down promises the same for down files.
//
// The package needs a session of its own and thus a direct connection: a pooler in
// transaction mode breaks the lock.
package migrate
