package entity

// External says that the table of an entity, or the view, is made and changed by others. The API
// serves it like any other, but no migration makes, changes or drops it, and it gets neither the
// triggers of the audit log nor policies of row-level security; its owner grants the role of a
// server what it needs. Development and tests, whose databases begin empty, get a table of the
// declared columns in its place. It takes no [Searchable], [RenamedFrom] and [Backfill].
func External() Annotation { return Annotation{External: true} }

// Materialized has Postgres keep the rows of a view that entsql.View defines, with a unique index
// on its key. The rows are those of the last REFRESH MATERIALIZED VIEW, which is for the app to
// run; the index lets it say CONCURRENTLY, which disturbs no reader.
func Materialized() Annotation { return Annotation{Materialized: true} }

// Key names the field of an ent.View by which its rows are told apart, of which no two rows may
// have the same value: it becomes the id. Without it that is the field "id".
func Key(field string) Annotation { return Annotation{Key: field} }
