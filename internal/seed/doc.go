// Package seed fills an empty database with sample data, for development, tests and
// benchmarks.
//
// [Small] gives a blog of a size that a person can read and that has the cases a
// program must cope with: a user without a profile and one without posts, profiles
// with missing parts, drafts, posts without tags, a tag without posts, several posts
// made or published in the same microsecond, and titles with quotes, wildcards,
// markup and letters from many scripts. [Scale] gives a large blog to measure with.
//
// The data is the same on every call, machine and day, to the byte: times are fixed
// and lie in the first half of 2026, random choices have fixed seeds, and ids are
// version 7 UUIDs made from both. Ids of a table sort by created_at; rows made in the
// same microsecond sort by chance, the same each time.
//
// A call runs in one transaction that keeps other writers out, so a database gets all
// of the data or none. Rows are sent by COPY and pass every constraint of the schema;
// the hooks and validators of Ent do not run. Users of the large blog have no password.
package seed
