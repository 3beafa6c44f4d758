package entgraph

import "github.com/entgraph/entgraph/internal/seed"

// Seeder is what an app's function for sample data works with: a transaction as the owner
// of the tables, COPY, and believable rows of any entity.
type Seeder = seed.Seeder
