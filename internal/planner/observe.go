package planner

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
)

// Kind says what a statement of a plan reads.
type Kind string

// The kinds of statements.
const (
	KindPage      Kind = "root page" // a page of all rows of an entity
	KindLookup    Kind = "look-up"   // one row by its id or by a unique field
	KindIDs       Kind = "ids"       // rows by their ids
	KindEdge      Kind = "edge page" // a page of a to-many edge for each parent
	KindCount     Kind = "count"
	KindAggregate Kind = "aggregate"
	KindGroups    Kind = "groups"
)

// Observed is a statement that a read has run.
type Observed struct {
	// Path is where its values are in the answer, such as "posts.nodes.tags", or
	// "posts.totalCount" for a count.
	Path string
	Kind Kind
	// Entity is whose rows are read, in the pages of a to-many edge its target.
	Entity *entity.Entity
	// Parents is how many ids it reads for: the parents of an edge, the ids of KindIDs.
	Parents int
	SQL     string
	Rows    int64
	// Duration is how long the read waited for it, which is little when it ran beside
	// another one.
	Duration time.Duration
	Err      error

	args   []any
	oids   []uint32
	owners []*entity.Entity // whose ids the arguments are
}

// ObserverFunc gets each statement of a read once it has run, in the order of sending.
// It is called by the reading goroutine. A read that is repeated because a migration
// changed a table reports the statements of each attempt.
type ObserverFunc func(Observed)

type observerKey struct{}

// WithObserver returns a context whose reads report their statements.
func WithObserver(ctx context.Context, f ObserverFunc) context.Context {
	return context.WithValue(ctx, observerKey{}, f)
}

// observe reports a statement that was read, if anybody wants to know.
func (r *runner) observe(ctx context.Context, s sent, rows int64, took time.Duration, err error) {
	f, ok := ctx.Value(observerKey{}).(ObserverFunc)
	if !ok {
		return
	}
	o := s.observed()
	o.Rows, o.Duration, o.Err = rows, took, err
	f(o)
}

// observed describes a statement of a level.
func (s sent) observed() Observed {
	return Observed{
		Path: s.plan.paths(s.root)[s.level.id].of(s.query), Kind: s.query.kind, Entity: s.level.entity,
		Parents: s.states[s.level.id].ids.len(), SQL: s.query.sql, args: s.args, oids: s.query.oids, owners: s.query.owners,
	}
}

// kind is that of the statement that reads the level's rows.
func (l *level) kind() Kind {
	switch l.source {
	case fromLookup:
		return KindLookup
	case fromIDs:
		return KindIDs
	case fromKey, fromLink:
		return KindEdge
	}
	return KindPage
}

// keyOwner is the entity whose ids are the level's keys.
func (l *level) keyOwner() *entity.Entity {
	if l.parent == nil {
		return l.entity
	}
	return l.parent.columns[l.keyCol].entity
}

// levelPaths are the places of a level's values in the answer.
type levelPaths struct {
	rows, count string
	aggregates  []string
}

// of is the place of what a statement reads.
func (p *levelPaths) of(q *query) string {
	switch q.kind {
	case KindCount:
		return p.count
	case KindAggregate, KindGroups:
		return p.aggregates[q.aggregate]
	}
	return p.rows
}

// paths finds the places of all levels, by id, below that of the selection.
func (p *plan) paths(root string) []levelPaths {
	out := make([]levelPaths, len(p.levels))
	out[0].rows = root
	if p.conn != nil {
		p.conn.paths(root, out)
	} else {
		p.obj.paths(root, out)
	}
	return out
}

func (o *object) paths(at string, out []levelPaths) {
	for i := range o.fields {
		switch f := &o.fields[i]; {
		case f.one != nil:
			f.one.paths(below(at, f.key), out)
		case f.many != nil:
			f.many.paths(below(at, f.key), out)
		}
		for _, one := range o.fields[i].oneOf {
			one.paths(below(at, o.fields[i].key), out)
		}
	}
}

func (c *connection) paths(at string, out []levelPaths) {
	p := &out[c.level.id]
	p.rows = at
	p.aggregates = make([]string, len(c.level.aggregates))
	for i := range c.fields {
		f := &c.fields[i]
		place := below(at, f.key)
		switch f.kind {
		case connTotal:
			p.count = place
		case connAggregate:
			p.aggregates[f.aggregate] = place
		case connNodes:
			f.node.paths(place, out)
		case connEdges:
			for j := range f.edge {
				if e := &f.edge[j]; e.node != nil {
					e.node.paths(below(place, e.key), out)
				}
			}
		}
	}
}

// below adds a key of the output, `"alias":`, to a path.
func below(at string, key []byte) string { return at + "." + string(key[1:len(key)-2]) }

// Explain runs EXPLAIN with the options, such as "ANALYZE, BUFFERS, FORMAT JSON", for
// the statement with its arguments and returns the lines it prints. The connection
// must be one of the read pool, so that the statement means what it meant in the read.
// No tracer counts it.
func (o *Observed) Explain(ctx context.Context, conn *pgx.Conn, options string) ([]string, error) {
	values, err := (&encoder{}).encode(conn.TypeMap(), o.oids, o.args)
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", o.Path, err)
	}
	result := conn.PgConn().ExecParams(ctx, "EXPLAIN ("+options+") "+o.SQL, values, o.oids, binaryFormat, []int16{pgtype.TextFormatCode}).Read()
	if result.Err != nil {
		return nil, fmt.Errorf("explain %s: %w", o.Path, result.Err)
	}
	lines := make([]string, len(result.Rows))
	for i, row := range result.Rows {
		lines[i] = string(row[0])
	}
	return lines, nil
}
