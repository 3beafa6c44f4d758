// Package rewrite turns migrations that stop a running system into ones that do not,
// where that can be done by the text alone: indexes are built CONCURRENTLY in a file of
// their own, constraints are added NOT VALID and validated later, NOT NULL is set by way
// of a validated check, unique constraints take over an index, partitions are attached
// after a validated check, rows are written in a file of their own, all rows of a table in
// batches, each table has a file where several are locked, and waiting for locks is
// bounded.
//
// It knows no database: [File] is told which hazards were seen, and gives the new texts
// with their ways back, or the reason why a statement stays as it is. Text that it does
// not change stays as it is to the byte, comments included. Whether the outcome is right
// is for a rehearsal to show.
package rewrite
