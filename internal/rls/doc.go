// Package rls writes the access rules down as row-level security of Postgres, a second
// wall behind that of the planner and of Ent: it holds for SQL written by hand as well.
//
// [Make] turns the rules of a graph into policies, functions and triggers. The
// generator writes their SQL to a file that migrations are planned from; [Check] compares
// them with a database when a server starts; [Grant] gives the server's role what it
// needs and nothing more.
//
// Policies do not bind who owns the tables, so that they change nothing for a server that
// connects as the owner. The server's role owns nothing. Who asks stands in settings of
// the transaction, see package postgres; without them everybody is anonymous.
//
// What a row's policies cannot say is left to the first wall: rules on single fields.
// Rules on what a field may be given (Sets) are triggers, which compare a changed value
// with the old one and a new row's with the column's default: to set a field to what it
// is already is not seen. A row must be visible to the viewer who wrote it, which the first wall
// does not ask.
package rls
