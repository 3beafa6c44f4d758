// Package schema declares the entities: one file each. Everything else follows from
// them by ./run.sh generate: the table and its migration, Ent's client, the GraphQL
// types and operations.
//
// A schema names its fields with their validators, normalisation and comments, its
// edges with what happens on delete, its indexes and its CHECKs, so that the database
// refuses what the API refuses. Base gives it id and times, UserOwned a foreign key to
// User, Link the id of an edge schema.
package schema
