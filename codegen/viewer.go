package codegen

import (
	"errors"
	"fmt"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/kit"
)

// checkViewers refuses edges that would lead to who asks and do not lead to users.
func (m *model) checkViewers() error {
	users := m.parts.nodes[kit.Users]
	var errs []error
	for _, e := range m.entities {
		for i := range e.Edges {
			switch edge := &e.Edges[i]; {
			case !edge.ByViewer:
			case users != nil && e.node == users:
				errs = append(errs, fmt.Errorf("%s.%s: who signs up is not signed in yet: remove entity.Viewer", e.Name, e.edges[i].Name))
			case users != nil && edge.Type != users.Name:
				errs = append(errs, fmt.Errorf("%s.%s: entity.Viewer is for an edge to %s, who signs in, and not to %s", e.Name, e.edges[i].Name, users.Name, edge.Type))
			}
		}
	}
	return errors.Join(errs...)
}

// checkUnseen refuses entities that no input can create, since they need a value that the API does not show
// and that nothing fills.
func (m *model) checkUnseen() error {
	var errs []error
	for _, e := range m.entities {
		for _, f := range e.node.Fields {
			if !e.IsLink() && e.Place != entity.View && e.Has(entity.Create) && unseen(f) {
				errs = append(errs, fmt.Errorf("%s.%s: a new %[1]s needs a value here, and no input can give one: give the field a default, entity.Managed() where a hook sets it, make it Optional, or give the schema entity.Without(entity.Create)", e.Name, f.Name))
			}
		}
	}
	return errors.Join(errs...)
}
