// Package explain tells what a query costs: the statements that the planner runs for
// it, and for each the plan that Postgres follows, with rows, buffers and times.
//
// A [Recorder] in the context of an operation sees its statements as they run, which
// costs next to nothing. [Recorder.Report] lists them. [Recorder.Analyze] runs each of
// them once more under EXPLAIN ANALYZE: the same text with the same arguments on a
// connection of the same read-only pool, all in one transaction. What it adds up is
// what Postgres does for these arguments on warm caches. Postgres plans each of them
// again; a prepared statement that has run five times may use a general plan instead.
//
// Nothing here changes data, and nothing here is for a production server: the texts
// show tables, and the arguments show what the user entered.
package explain
