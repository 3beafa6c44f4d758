// Package schemadiff leads a Postgres schema from one state to another.
//
// [Read] takes a whole database into a [State], in Postgres' own words. [Plan] changes
// a scratch database, which is in the state to start from, into a wanted state, and
// gives the statements that did it as files to apply one after the other, each with the
// statements that undo it. What it gives has been run and was seen to lead there.
//
// It knows schemas, extensions, enums, domains, composite and range types, sequences,
// tables with their partitions, columns, constraints, indexes, row-level security,
// views, functions, triggers, rules, statistics, text search dictionaries and
// configurations. Owners and privileges are not compared, but kept: see
// [Rights]. What it cannot make is an error and never left out in silence.
//
// Two states do not say everything. What would be a guess is a [Question]: renamed or
// dropped, which value for the rows there are, how to cast. [Options] answers with
// flags, with hints of the schema or by asking a person; else Plan fails with an
// [UndecidedError] that lists what answers.
//
// Atlas' planner was the first choice and stays that for the file format. It lacks
// views, functions, triggers, policies, sequences, domains and extensions, plans
// renames of tables and constraints that Postgres refuses, restarts identity columns
// and compares expressions that Postgres words in two ways; a second planner around
// it would have had to know all of the first.
package schemadiff
