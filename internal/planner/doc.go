// Package planner reads entities: it compiles GraphQL selections to SQL and writes
// the rows as JSON.
//
// [Planner.Read] takes the selections of one operation and works in four steps.
// Compile walks them over the entity graph: to-one edges become joins, every to-many
// edge becomes a level of its own. Bind turns the arguments of each level into a page,
// a filter and an ordering. Run executes one statement per level, for all parents
// together, and one more for a count, breadth first and in one snapshot. Write puts
// the binary rows into one JSON buffer in the order of the client's fields.
//
// Every statement shadows each table that it touches by a WITH query of the table's
// own name (visible.go), which is the one place that names the real table. A
// forgotten table is an error and not a leak, because the read connections have an
// empty search_path.
//
// A Planner is immutable and safe for concurrent use. It never writes.
package planner
