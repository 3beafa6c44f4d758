package entgraph

import "github.com/entgraph/entgraph/internal/seed"

// Seeder is what an app's function for sample data works with: a transaction as the owner
// of the tables, COPY, and believable rows of any entity.
type Seeder = seed.Seeder

// DemoPassword is the password of the users in sample data, where only this machine reaches
// them: in the private Postgres and in tests. Everybody knows it.
const DemoPassword = seed.DemoPassword
