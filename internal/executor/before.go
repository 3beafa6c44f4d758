package executor

import (
	"context"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/request"
	"github.com/entgraph/entgraph/viewer"
)

// before does what the fields of a mutation need no transaction for: counting attempts,
// hashing, asking a provider. No connection is held yet, so that what takes one, or takes
// long, keeps nobody from theirs; and what is counted stays when the mutation is undone.
//
// The first field that fails is the last one that is looked at. Its error is told when its
// turn comes, as that of the field: one before it may fail first.
func (s *Schema) before(ctx context.Context, oc *graphql.OperationContext, parts []*part) {
	who := viewer.FromContext(ctx) // as it will be when the field's turn comes
	for _, p := range parts {
		if p.failed = s.check(ctx, oc, p, &who); p.failed != nil {
			return
		}
	}
}

// check is before for one field. It moves who, as whom the next ones are checked.
func (s *Schema) check(ctx context.Context, oc *graphql.OperationContext, p *part, who *viewer.Viewer) (err error) {
	root := s.entities.Mutation(p.Name)
	if root == nil || s.app.Graph.Handwritten["Mutation."+p.Name] {
		p.checked, err = auth.FromContext(ctx).Check(ctx, p.Name, p.ArgumentMap(oc.Variables), who)
		return err
	}
	if root.Kind == entity.Delete {
		return nil
	}
	input, _ := p.ArgumentMap(oc.Variables)["input"].(map[string]any)
	return s.countHidden(ctx, root.Entity, s.entities.HiddenKeys(root.Entity, *who, input), *who)
}

// countHidden counts a write whose outcome tells whether a hidden value is there, and leaves
// a line in the log, which stays when the mutation is undone.
func (s *Schema) countHidden(ctx context.Context, e *entity.Entity, keys []string, who viewer.Viewer) error {
	if len(keys) == 0 {
		return nil
	}
	err := s.hidden.Count(ctx, who)
	level, message := slog.LevelInfo, "write of a hidden unique value"
	if err != nil {
		level, message = slog.LevelWarn, "write of a hidden unique value refused"
	}
	for i, key := range keys {
		keys[i] = e.Name + "." + key
	}
	s.log.Log(ctx, level, message, "viewer", who.String(), "fields", keys, "request_id", request.ID(ctx))
	return err
}
