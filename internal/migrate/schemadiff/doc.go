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
// # How a change is planned
//
// A way goes through three rounds in the database that the plan is tried in:
//
//	rename   what has another name gets it at once: Postgres then tells what else is new
//	decide   what is open is asked, before anything but names is changed
//	build    what goes is dropped, what is new is made, what differs is altered
//
// What it writes is put into files by phase, and run as the files will be:
//
//	phase     early         main          build            finish        validate
//	Part      "values"      ""            "build"          "finish"      "validate"
//	runs      in one        in one        statement by     in one        in one
//	          transaction   transaction   statement        transaction   transaction
//	what      values of     all else      rows filled in   NOT NULL of   foreign keys
//	          enums                       batches, indexes what was      and checks
//	                                      CONCURRENTLY     filled
//
// Without Options.Online all of it but the values of enums is in one file.
//
// # Two stages
//
// With Options.Expand programs of the old and of the new schema run side by side, from the
// end of "backfill" on. An expander plans one way to the state with both columns of each two,
// and one from there to the end:
//
//	                  | expand        | backfill      | contract
//	old programs    ==|===============|===============|
//	new programs      |               |            |==|=====================
//	                  |               |               |
//	a renamed to b  a | a <-> b       | a  =  b       | b
//	a of a new type a | a <-> a_new   | a  =  a_new   | a, which was a_new
//	t renamed to u  t | u, t a view   | u, t a view   | u
//
//	expand     adds the second column, and a trigger that keeps both in step
//	backfill   fills it in the rows that are there, and builds the indexes that it is to have
//	contract   drops the column that only old programs know, the trigger and the view, and
//	           gives the one that stays its name
//
// What else a change adds comes with "expand", what else it takes away with "contract". The
// way back from a contract is planned apart, by wayBack: new programs go on meanwhile, so
// it makes the dropped column again as "expand" and "backfill" do.
//
// # Why not Atlas
//
// Atlas' planner was the first choice and stays that for the file format. It lacks
// views, functions, triggers, policies, sequences, domains and extensions, plans
// renames of tables and constraints that Postgres refuses, restarts identity columns
// and compares expressions that Postgres words in two ways; a second planner around
// it would have had to know all of the first.
package schemadiff
