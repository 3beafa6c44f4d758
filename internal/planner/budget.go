package planner

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/limit"
)

// maxSteps bounds the compiling of one operation, in selections that are looked at: aliases
// in fragments that spread each other double with every fragment.
const maxSteps = 50_000

// checkEvery is after how many steps or rows it is asked whether the client still waits.
const checkEvery = 256

// Operation is an operation of a client. All that is read for it counts together: the
// payloads of its mutations, and its selections. It serves one goroutine at a time.
type Operation struct {
	*graphql.OperationContext
	spent spent
}

// NewOperation begins the count of an operation.
func NewOperation(oc *graphql.OperationContext) *Operation { return &Operation{OperationContext: oc} }

// spent is what an operation has cost.
type spent struct {
	steps, statements int
	read, written     size
}

// size is how much was read or written.
type size struct {
	rows  int
	bytes int64
}

// budget is what an operation may still cost. Once something is over its limit, nothing of
// the operation goes on.
type budget struct {
	*spent
	ctx  context.Context //nolint:containedctx // of one Read
	opts *Options
	err  error // the first refusal
}

func (b *budget) refuse(err error) error {
	if b.err == nil {
		b.err = err
	}
	return b.err
}

// step counts selections that are compiled.
func (b *budget) step(n int) error {
	before := b.steps
	b.steps += n
	if b.steps > maxSteps {
		return b.refuse(limit.Fixed("the selections of the operation, with each fragment where it is spread, take more than %d steps", maxSteps))
	}
	if b.steps/checkEvery > before/checkEvery && b.ctx.Err() != nil {
		return b.refuse(b.ctx.Err())
	}
	return nil
}

// run counts statements that are going to run.
func (b *budget) run(statements int) error {
	if b.statements += statements; b.statements > b.opts.MaxStatements {
		return b.refuse(limit.Exceeded("MAX_STATEMENTS", int64(b.opts.MaxStatements), "the operation takes more than %d SQL statements", b.opts.MaxStatements))
	}
	return nil
}

// hold counts bytes of arguments and of rows that were read, as they are kept.
func (b *budget) hold(bytes int) error {
	if b.read.bytes += int64(bytes); b.read.bytes > b.opts.MaxReadBytes {
		return b.refuse(limit.Exceeded("MAX_READ_BYTES", b.opts.MaxReadBytes, "what the operation asks the database and reads takes more than %d bytes", b.opts.MaxReadBytes))
	}
	return nil
}

// row counts a row that was read.
func (b *budget) row(bytes int) error {
	if b.read.rows++; b.read.rows > b.opts.MaxRows {
		return b.refuse(limit.Exceeded("MAX_ROWS", int64(b.opts.MaxRows), "the operation reads more than %d rows", b.opts.MaxRows))
	}
	return b.hold(bytes)
}

// write counts a row that is written.
func (b *budget) write() error {
	if b.written.rows++; b.written.rows > b.opts.MaxRows {
		return b.refuse(limit.Exceeded("MAX_ROWS", int64(b.opts.MaxRows), "the answer has more than %d rows", b.opts.MaxRows))
	}
	if b.written.rows%checkEvery == 0 && b.ctx.Err() != nil {
		return b.refuse(b.ctx.Err())
	}
	return nil
}

// tooLong refuses an answer.
func (b *budget) tooLong() error {
	return b.refuse(limit.Exceeded("MAX_ANSWER_BYTES", b.opts.MaxAnswerBytes, "the answer has more than %d bytes", b.opts.MaxAnswerBytes))
}

// collect lists the fields of a selection set on a type, after it was counted.
func (c *compiler) collect(set ast.SelectionSet, types ...string) ([]graphql.CollectedField, error) {
	if err := c.budget.step(c.selections(set, map[string]bool{})); err != nil {
		return nil, err
	}
	return graphql.CollectFields(c.oc, set, types), nil
}

// selections counts what is looked at to collect the fields of a set.
func (c *compiler) selections(set ast.SelectionSet, seen map[string]bool) int {
	n := len(set)
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.InlineFragment:
			n += c.selections(sel.SelectionSet, seen)
		case *ast.FragmentSpread:
			if !seen[sel.Name] {
				seen[sel.Name] = true
				n += c.selections(sel.Definition.SelectionSet, seen)
			}
		}
	}
	return n
}
