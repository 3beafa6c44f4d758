package migrate

// Renamed and Backfill are what schemas say with entity.RenamedFrom and
// entity.Backfill: by table or table.column, the new name of an old one and the SQL
// expression for rows without a value. Generated code fills them.
var (
	Renamed  = map[string]string{}
	Backfill = map[string]string{}
)
