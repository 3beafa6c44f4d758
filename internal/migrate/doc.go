// Package migrate is the house of migrations. Its rooms, from the ground up, each of which
// knows those above it in this list and none below:
//
//   - sqlfile has the words of a migration file, and this package the reasons for which a
//     migration is refused.
//   - folder is the directory and its files: names, sums, ways back, import, merging.
//   - schemadiff leads one state of a schema to another; it knows no files on disk.
//   - database applies files: sessions, revisions, up, down, status, repair.
//   - plan writes the next files, from the entity tables and a replay of the directory.
//   - rewrite turns files that stop a running system into ones that do not, as text.
//   - rehearsal runs files on scratch databases with rows, lints and mends them.
//
// A test is in the room of what it tests; one that needs several is in the last of them.
package migrate
