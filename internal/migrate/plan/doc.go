// Package plan turns the entity tables into the next migration.
//
// [Diff] compares the tables with a replay of the migration directory on scratch databases
// and writes the next files, with their ways back, which package schemadiff plans; [Check],
// [SchemaDiff], [Inspect] and [Drift] compare without writing. [Checkpoint] writes a file
// that stands for all before it, and [SchemaSQL] prints the whole desired schema.
//
// It changes no database but scratch ones.
package plan
