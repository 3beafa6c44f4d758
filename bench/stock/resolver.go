package main

import (
	"entgo.io/ent/dialect/sql"

	"github.com/entgraph/entgraph/bench/stock/ent"
)

// Resolver is what the resolvers share.
type Resolver struct{ client *ent.Client }

// byMonth makes a query of posts one of MonthCounts.
func byMonth(s *sql.Selector) {
	month := "date_trunc('month', " + s.C("created_at") + ", 'UTC')"
	s.Select(sql.As(month, "month"), sql.As(sql.Count("*"), "count")).
		GroupBy("month").
		OrderBy("month")
}
