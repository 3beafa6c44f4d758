package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/entgraph/entgraph/bench/answer"
	"github.com/entgraph/entgraph/bench/load"
	"github.com/entgraph/entgraph/bench/wire"
	"github.com/entgraph/entgraph/bench/workload"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// compared is how many different requests of a workload are compared.
const compared = 32

// check compares the answers of all servers and counts their statements. The servers
// reach the database through a proxy that counts.
func (b *bench) check(ctx context.Context) (err error) {
	b.counts = map[string]map[workload.Server]wire.Count{}
	for _, w := range b.only {
		b.counts[w.Name] = map[workload.Server]wire.Count{}
	}
	// First entgraph, as it says what the others must hide and knows its cursors.
	if err := b.withCounted(ctx, workload.Entgraph, func(s *server, p *wire.Proxy) error {
		if err := b.prepare(ctx, s); err != nil {
			return err
		}
		return b.count(ctx, s, p)
	}); err != nil {
		return err
	}
	want, err := b.answers(ctx, workload.Entgraph, false)
	if err != nil {
		return err
	}
	for _, kind := range b.kinds() {
		if kind == workload.Entgraph {
			continue
		}
		got, err := b.answers(ctx, kind, true)
		if err != nil {
			return err
		}
		if err := b.compare(kind, got, want); err != nil {
			return err
		}
	}
	return nil
}

// withCounted runs f with a server whose statements a proxy counts.
func (b *bench) withCounted(ctx context.Context, kind workload.Server, f func(*server, *wire.Proxy) error) error {
	p, err := wire.Listen(b.db.dial)
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }() // all that matters was counted
	address := url.URL{
		Scheme: "postgres", User: url.User(b.db.conn.Config().User), Host: fmt.Sprintf("127.0.0.1:%d", p.Port()),
		Path: b.db.name, RawQuery: "sslmode=disable&application_name=bench_counted",
	}
	s, err := b.start(ctx, kind, address.String())
	if err != nil {
		return err
	}
	defer s.stop()
	return f(s, p)
}

// answers gives the answers of a server in common form, by workload. With count it
// counts the statements as well.
func (b *bench) answers(ctx context.Context, kind workload.Server, count bool) (map[string][]any, error) {
	out := map[string][]any{}
	err := b.withCounted(ctx, kind, func(s *server, p *wire.Proxy) error {
		if count {
			if err := b.count(ctx, s, p); err != nil {
				return err
			}
		}
		for _, w := range b.only {
			if !w.In(kind) {
				continue
			}
			var err error
			if out[w.Name], err = b.answersTo(ctx, s, w); err != nil {
				return fmt.Errorf("%s: %w", w.Name, err)
			}
		}
		return b.deleteWritten(ctx)
	})
	return out, err
}

func (b *bench) answersTo(ctx context.Context, s *server, w workload.Workload) ([]any, error) {
	bodies, err := s.ask(first(w.Requests(s.kind, b.sample), compared)...)
	if err != nil {
		return nil, err
	}
	list := make([]any, len(bodies))
	for i, body := range bodies {
		v, err := answer.Parse(body)
		if err != nil {
			return nil, s.explain(err)
		}
		switch {
		case w.Shape != nil:
			v = w.Shape(v)
		case w.Writes:
			if v, err = b.written(ctx, v); err != nil {
				return nil, s.explain(err)
			}
		}
		list[i] = v
	}
	return list, nil
}

// written adds to the answer of a write what is in the database now, and takes away
// the new id, which no two servers share.
func (b *bench) written(ctx context.Context, v any) (any, error) {
	data, _ := v.(map[string]any)
	payload, _ := data["createPost"].(map[string]any)
	post, _ := payload["post"].(map[string]any)
	id, _ := post["id"].(string)
	delete(post, "id")
	var row string
	err := b.db.conn.QueryRow(ctx, `SELECT jsonb_build_array(title, body, status, author_id, published_at IS NOT NULL,
			abs(extract(epoch FROM now() - created_at)) < 60)::text
		FROM posts WHERE id::text = $1`, id).Scan(&row)
	if err != nil {
		return nil, fmt.Errorf("look for the post %q that was created: %w", id, err)
	}
	return map[string]any{"answer": v, "row": row}, nil
}

// unordered is the edge whose order does not count for the stock server: entgql gives
// a nested page of a many-to-many edge in an order that depends on the other parents
// of the list, so a post's tags are not always in the order of their ids.
const unordered = "tags"

// compare fails at the first difference.
func (b *bench) compare(kind workload.Server, got, want map[string][]any) error {
	for _, w := range b.only {
		if !w.In(kind) {
			continue
		}
		for i, request := range first(w.Requests(kind, b.sample), compared) {
			x, y := want[w.Name][i], got[w.Name][i]
			if kind == workload.Stock {
				x, y = answer.Unordered(x, unordered), answer.Unordered(y, unordered)
			}
			if d := answer.Difference(x, y); d != "" {
				return fmt.Errorf("%s: %s and %s answer differently: %s\nthe request to %s: %s %s %s",
					w.Name, workload.Entgraph, kind, d, kind, request.Method, request.Target, request.Body)
			}
		}
	}
	return nil
}

// counted is how many requests of a workload are counted, after as many that make the
// server prepare its statements.
const counted = 10

// count counts the statements of every workload.
func (b *bench) count(ctx context.Context, s *server, p *wire.Proxy) error {
	for _, w := range b.only {
		if !w.In(s.kind) {
			continue
		}
		var requests []load.Request
		for all := w.Requests(s.kind, b.sample); len(requests) < counted; {
			requests = append(requests, first(all, counted-len(requests))...)
		}
		if _, err := s.ask(requests...); err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
		before := p.Count()
		if _, err := s.ask(requests...); err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
		b.counts[w.Name][s.kind] = p.Count().Minus(before)
	}
	return b.deleteWritten(ctx)
}

// prepare samples the database and asks entgraph for what only it knows: whether a
// client that has not signed in sees drafts, and its cursors.
func (b *bench) prepare(ctx context.Context, s *server) error {
	hidden, err := hidesDrafts(s)
	if err != nil {
		return err
	}
	b.published = hidden
	if b.sample, err = workload.Take(ctx, b.db.conn, hidden); err != nil {
		return err
	}
	if err := b.sample.SignIn(ctx, b.db.conn); err != nil {
		return err
	}
	return b.cursors(s)
}

func hidesDrafts(s *server) (bool, error) {
	var out struct {
		Data struct{ Posts struct{ TotalCount int } }
	}
	err := query(s, `{posts(first:1,where:{status:DRAFT}){totalCount}}`, nil, &out)
	return out.Data.Posts.TotalCount == 0, err
}

// cursors asks for the cursors of the places, which are bound to the ordering alone.
func (b *bench) cursors(s *server) error {
	e := &entity.Entity{Name: "Post", Prefix: "post", Fields: []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)}}
	var ids []string
	for _, p := range b.sample.Places {
		ids = append(ids, e.FormatID(key.UUID(p.ID)))
	}
	var out struct {
		Data struct {
			Posts struct {
				Edges []struct {
					Cursor string
					Node   struct{ ID string }
				}
			}
		}
	}
	err := query(s, `query($ids:[ID!]!){posts(first:100,where:{idIn:$ids},`+
		`orderBy:[{field:CREATED_AT,direction:DESC}]){edges{cursor node{id}}}}`, map[string]any{"ids": ids}, &out)
	if err != nil {
		return err
	}
	cursors := map[key.Key]string{}
	for _, edge := range out.Data.Posts.Edges {
		id, err := e.ParseID(edge.Node.ID)
		if err != nil {
			return fmt.Errorf("read id %q: %w", edge.Node.ID, err)
		}
		cursors[id] = edge.Cursor
	}
	for _, p := range b.sample.Places {
		if p.Cursors[workload.Entgraph] = cursors[key.UUID(p.ID)]; cursors[key.UUID(p.ID)] == "" {
			return fmt.Errorf("entgraph gave no cursor for the post %s", p.ID)
		}
	}
	return nil
}

// query asks a GraphQL server.
func query(s *server, text string, variables map[string]any, out any) error {
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	if err != nil {
		return err
	}
	bodies, err := s.ask(load.Request{Method: "POST", Target: "/graphql", Body: body})
	if err != nil {
		return err
	}
	if _, err := answer.Parse(bodies[0]); err != nil {
		return s.explain(err)
	}
	return json.Unmarshal(bodies[0], out)
}

// deleteWritten removes the posts that were made, which other workloads would find.
func (b *bench) deleteWritten(ctx context.Context) error {
	_, err := b.db.conn.Exec(ctx, "DELETE FROM posts WHERE title = $1", workload.Title)
	if err == nil {
		_, err = b.db.conn.Exec(ctx, "VACUUM posts")
	}
	if err != nil {
		return errors.Join(errors.New("delete the posts that were made"), err)
	}
	return nil
}

func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }
