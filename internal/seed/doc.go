// Package seed fills an empty database with sample data, for development, tests and
// benchmarks.
//
// What it writes belongs to the app: a function ([Func]) that gets a [Seeder]. Without one
// [Seeder.Rows] writes believable rows of any schema. It reads what the tables want from
// Ent's tables, the entity table and Postgres' catalogs: columns get values that suit their
// names and types and pass the validators of their fields, unique values are unique, foreign
// keys lead to rows that are older, links come once, and every CHECK holds. What belongs to
// sign-in and to the audit log stays empty.
//
// The rows are the same on every call, machine and day for the same schema and
// [Options].Number. Times lie in the year before [Options].Until; ids of a table sort by
// them.
//
// A call of [Run] is one transaction that keeps other writers out, so a database gets all
// of the data or none. Rows are sent by COPY and pass every constraint of the schema; Ent's
// hooks do not run. Memory is bounded: a batch of rows, at most 20,000 rows of each table to
// refer to, and some 20 bytes for each row and unique key.
package seed
