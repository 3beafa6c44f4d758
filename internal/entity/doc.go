// Package entity is the table from which the API runs: what entities there are,
// their fields and edges, how their text ids look, and the generic create, update
// and delete.
//
// The generator writes one [Entity] value per Ent schema into ent/entity.go; [New]
// joins them to a [Graph], in which names are resolved and checked once. A Graph is
// immutable and safe for concurrent use. Reads are compiled from it by package
// planner; this package only writes, through Ent's mutations, so that defaults,
// validators, hooks and policies of the schemas apply. It never opens a
// transaction: the caller puts an Ent client into the context.
package entity
