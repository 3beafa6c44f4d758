package explain

// Report is what one operation ran.
type Report struct {
	Statements []Statement `json:"statements"`
	// Totals is nil unless the statements were analyzed.
	Totals *Totals `json:"totals,omitempty"`
	// Error says why they could not be.
	Error string `json:"error,omitempty"`
}

// Statement is one SQL statement of an operation.
type Statement struct {
	// Number counts from 1 in the order of sending.
	Number int `json:"number"`
	// Path is where its values are in the answer, such as "posts.nodes.tags".
	Path string `json:"path"`
	// Kind is a [planner.Kind].
	Kind string `json:"kind"`
	// Type is the GraphQL type whose rows are read.
	Type string `json:"type"`
	// Parents is how many ids it reads for.
	Parents int   `json:"parents"`
	Rows    int64 `json:"rows"`
	// Milliseconds is how long the read waited for it.
	Milliseconds  float64  `json:"milliseconds"`
	SQL           string   `json:"sql"`
	ArgumentCount int      `json:"argumentCount"`
	Arguments     []string `json:"arguments,omitempty"`
	Cost          *Cost    `json:"cost,omitempty"`
}

// Cost is what Postgres says of one statement.
type Cost struct {
	PlanningMS  float64 `json:"planningMs"`
	ExecutionMS float64 `json:"executionMs"`
	// BuffersHit and BuffersRead count pages of 8 KB: found in the shared buffers, and
	// read from the file.
	BuffersHit  int64 `json:"buffersHit"`
	BuffersRead int64 `json:"buffersRead"`
	// RowsRead is how many rows the scans looked at.
	RowsRead int64    `json:"rowsRead"`
	Nodes    []Node   `json:"nodes"`
	Warnings []string `json:"warnings,omitempty"`
	// Text is the whole output of EXPLAIN, when it was asked for.
	Text []string `json:"text,omitempty"`
}

// Node is one node of a plan; the nodes are in the order of EXPLAIN.
type Node struct {
	Depth int `json:"depth"`
	// Type is Postgres' name, such as "Index Scan"; Relation and Index are what it
	// reads.
	Type     string `json:"type"`
	Relation string `json:"relation,omitempty"`
	Index    string `json:"index,omitempty"`
	// Loops is how often it ran, 0 for never; Rows and Removed are those of all loops.
	Loops   int64 `json:"loops"`
	Rows    int64 `json:"rows"`
	Removed int64 `json:"removed"`
	// BuffersHit and BuffersRead are those of the nodes below as well.
	BuffersHit  int64 `json:"buffersHit"`
	BuffersRead int64 `json:"buffersRead"`

	alias   string
	filter  string
	sortKey []string
}

// Totals adds up the statements.
type Totals struct {
	Statements  int     `json:"statements"`
	Rows        int64   `json:"rows"`
	BuffersHit  int64   `json:"buffersHit"`
	BuffersRead int64   `json:"buffersRead"`
	PlanningMS  float64 `json:"planningMs"`
	ExecutionMS float64 `json:"executionMs"`
}

func (r *Report) sum() {
	t := &Totals{Statements: len(r.Statements)}
	for _, s := range r.Statements {
		t.Rows += s.Rows
		if c := s.Cost; c != nil {
			t.BuffersHit += c.BuffersHit
			t.BuffersRead += c.BuffersRead
			t.PlanningMS += c.PlanningMS
			t.ExecutionMS += c.ExecutionMS
		}
	}
	r.Totals = t
}
