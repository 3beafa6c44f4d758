package entity

import (
	"fmt"
	"slices"

	"entgo.io/ent/privacy"
)

// ByViewer is a to-one edge that leads to who creates the entity. Inputs have its key only for viewers
// with one of the roles.
func ByViewer(e Edge, roles ...string) Edge {
	e.ByViewer, e.Setters = true, roles
	return e
}

// InInputs reports whether inputs have the keys of the edge.
func (e *Edge) InInputs() bool { return e.Input != "" && (!e.ByViewer || len(e.Setters) > 0) }

// setByViewer sets the edges that lead to who creates the entity, and refuses keys by which somebody
// names another user who may not.
func (in *input) setByViewer() error {
	for i := range in.entity.Edges {
		e := &in.entity.Edges[i]
		if !e.ByViewer {
			continue
		}
		switch _, given := in.values[e.Input]; {
		case given && !in.mayName(e):
			return fmt.Errorf("%s of %s names another user: %w", e.Input, in.entity.Name, privacy.Deny)
		case given || !in.creates:
		case in.viewer.SignedIn():
			if err := e.Target.check(in.viewer.UserID); err != nil {
				return fmt.Errorf("%s of %s is the viewer: %w", e.Name, in.entity.Name, err)
			}
			e.set(in.m, in.viewer.UserID)
		case e.Required && !in.viewer.System:
			return fmt.Errorf("%s of %s is the viewer, who is nobody: %w", e.Name, in.entity.Name, privacy.Deny)
		}
	}
	return nil
}

// mayName reports whether the viewer may send what they have sent as the key of an edge. One that no
// client can send comes from Go.
func (in *input) mayName(e *Edge) bool {
	if len(e.Setters) == 0 || in.viewer.System || slices.Contains(e.Setters, in.viewer.Role) {
		return true
	}
	ei := in.given(e.Input)
	return ei != nil && len(ei.ids) == 1 && ei.ids[0] == in.viewer.UserID
}
