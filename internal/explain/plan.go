package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// explained is the output of EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON). Source: the
// PostgreSQL manual, section 14.1, and explain.c for the names.
type explained struct {
	Plan          planNode
	PlanningTime  float64 `json:"Planning Time"`
	ExecutionTime float64 `json:"Execution Time"`
}

type planNode struct {
	NodeType       string     `json:"Node Type"`
	RelationName   string     `json:"Relation Name"`
	Alias          string     `json:"Alias"`
	IndexName      string     `json:"Index Name"`
	ActualRows     float64    `json:"Actual Rows"` // the mean of all loops
	ActualLoops    float64    `json:"Actual Loops"`
	RemovedFilter  float64    `json:"Rows Removed by Filter"`
	RemovedRecheck float64    `json:"Rows Removed by Index Recheck"`
	Filter         string     `json:"Filter"`
	SortKey        []string   `json:"Sort Key"`
	HitBlocks      int64      `json:"Shared Hit Blocks"`
	ReadBlocks     int64      `json:"Shared Read Blocks"`
	Plans          []planNode `json:"Plans"`
}

// parse reads the output of EXPLAIN.
func parse(data []byte) (*Cost, error) {
	var list []explained
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	if len(list) != 1 {
		return nil, errors.New("read the plan: not one plan")
	}
	root := list[0]
	c := &Cost{
		PlanningMS: root.PlanningTime, ExecutionMS: root.ExecutionTime,
		BuffersHit: root.Plan.HitBlocks, BuffersRead: root.Plan.ReadBlocks,
	}
	c.add(&root.Plan, 0)
	return c, nil
}

// add appends a node and what is below it.
func (c *Cost) add(p *planNode, depth int) {
	all := func(mean float64) int64 { return int64(math.Round(mean * p.ActualLoops)) }
	n := Node{
		Depth: depth, Type: p.NodeType, Relation: p.RelationName, Index: p.IndexName,
		Loops: int64(p.ActualLoops), Rows: all(p.ActualRows), Removed: all(p.RemovedFilter + p.RemovedRecheck),
		BuffersHit: p.HitBlocks, BuffersRead: p.ReadBlocks,
		alias: p.Alias, filter: p.Filter, sortKey: p.SortKey,
	}
	if n.Relation != "" {
		c.RowsRead += n.Rows + n.Removed
	}
	c.Nodes = append(c.Nodes, n)
	for i := range p.Plans {
		c.add(&p.Plans[i], depth+1)
	}
}

// below lists the nodes under the one with an index.
func (c *Cost) below(i int) []Node {
	end := i + 1
	for end < len(c.Nodes) && c.Nodes[end].Depth > c.Nodes[i].Depth {
		end++
	}
	return c.Nodes[i+1 : end]
}
