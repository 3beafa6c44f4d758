package api

import (
	"context"
	"fmt"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// Entities are the entities of the app, for resolvers: their ids and the generated writes,
// under the rules of whoever asks. Types are named as in GraphQL; one that is not served is
// an error.
type Entities struct {
	graph   *entity.Graph
	account *entity.Account
}

// NewEntities is the engine's own: an app gets its Entities from the resolver.
func NewEntities(g *entity.Graph, a *entity.Account) *Entities { return &Entities{g, a} }

// Account is the entity of the users, nil without one, for package auth. It is the engine's own.
func (e *Entities) Account() *entity.Account { return e.account }

// ParseID reads an id as the API shows it, such as "post_01h455vb4pex5vsknk084sn02q". The
// error says what is wrong; [BadArgument] says of which argument.
func (e *Entities) ParseID(typ, id string) (key.Key, error) {
	t, err := e.entity(typ)
	if err != nil {
		return key.Key{}, err
	}
	return t.ParseID(id)
}

// FormatID writes an id as the API shows it.
func (e *Entities) FormatID(typ string, id key.Key) (string, error) {
	t, err := e.entity(typ)
	if err != nil {
		return "", err
	}
	return t.FormatID(id), nil
}

// Create makes an entity from the values of its create input and returns its id, as the
// generated mutation does: with defaults, validators, hooks and rules. It is for mutations,
// whose transaction it is part of: with another context than that of a mutation's resolver it
// fails, as the other writes do. Unlike those of the generated mutation, values of unique fields
// that the viewer may not read are not counted: a client could ask without end which are taken.
func (e *Entities) Create(ctx context.Context, typ string, values Input) (key.Key, error) {
	t, err := e.entity(typ)
	if err != nil {
		return key.Key{}, err
	}
	w, err := entity.WriteFromContext(ctx)
	if err != nil {
		return key.Key{}, err
	}
	return w.Create(ctx, t, values)
}

// Update changes an entity by the values of its update input: an absent key keeps, nil
// clears.
func (e *Entities) Update(ctx context.Context, typ string, id key.Key, values Input) error {
	t, err := e.entity(typ)
	if err != nil {
		return err
	}
	w, err := entity.WriteFromContext(ctx)
	if err != nil {
		return err
	}
	return w.Update(ctx, t, id, values)
}

// Delete removes an entity.
func (e *Entities) Delete(ctx context.Context, typ string, id key.Key) error {
	t, err := e.entity(typ)
	if err != nil {
		return err
	}
	w, err := entity.WriteFromContext(ctx)
	if err != nil {
		return err
	}
	return w.Delete(ctx, t, id)
}

// Parse reads a value of a field as an input of the generated mutations would: normalised and
// validated. The error says what the value must be.
func (e *Entities) Parse(typ, field string, value any) (any, error) {
	t, err := e.entity(typ)
	if err != nil {
		return nil, err
	}
	f := t.FieldByName(field)
	if f == nil {
		return nil, fmt.Errorf("%s has no field %q", typ, field)
	}
	return f.Parse(value)
}

func (e *Entities) entity(typ string) (*entity.Entity, error) {
	if t := e.graph.Entity(typ); t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("%q is not an entity of the API", typ)
}
