// Package workload says what the benchmark asks: the requests of each workload for
// each server, with ids, words and cursors sampled from the database, the same for all.
package workload

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/bench/load"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// Server is one of the servers that are compared.
type Server string

// The servers.
const (
	// Limit is flat SQL and JSON by hand, without GraphQL.
	Limit Server = "limit"
	// LimitNoSnapshot is Limit with a transaction for each statement.
	LimitNoSnapshot Server = "limit-no-snapshot"
	// Stock is Ent, entgql and gqlgen.
	Stock Server = "stock"
	// Entgraph is this project.
	Entgraph Server = "entgraph"
	// Secured is Entgraph with row-level security. It takes part when it is asked for.
	Secured Server = "entgraph-rls"
)

// Servers are all servers in the order in which they are printed.
var Servers = []Server{Limit, LimitNoSnapshot, Stock, Entgraph}

// GraphQL says whether a server takes GraphQL.
func (s Server) GraphQL() bool { return s == Stock || s == Entgraph }

// id spells an id as the server does.
func (s Server) id(prefix string, id uuid.UUID) string {
	if s != Entgraph {
		return id.String()
	}
	return (&entity.Entity{Prefix: prefix}).FormatID(key.UUID(id))
}

// Workload is one kind of request.
type Workload struct {
	Name  string // W1
	Title string // for people

	// Levels tells that an answer takes more than one statement, so that reading them
	// from one snapshot has a price to be known.
	Levels bool
	// Writes tells that each request adds a row.
	Writes bool
	// Shape gives the common form of an answer of servers that name things differently.
	Shape func(any) any

	requests func(Server, *Sample) []load.Request
}

// Requests are the different requests of the workload, in the same order for all
// servers.
func (w Workload) Requests(s Server, sample *Sample) []load.Request {
	if s == Secured {
		s = Entgraph
	}
	return w.requests(s, sample)
}

// In says whether a server takes part.
func (w Workload) In(s Server) bool { return s != LimitNoSnapshot || w.Levels }

// All are the workloads in the order in which they run: the one that adds rows is the
// last, as the others would see them.
var All = []Workload{
	{Name: "W1", Title: "one user with the profile", requests: user},
	{Name: "W2", Title: "20 users with profile, 5 posts each, their tags", Levels: true, requests: users},
	{Name: "W3", Title: "50 newest posts with a word in the title, with count and author", Levels: true, requests: search},
	{Name: "W4", Title: "a page of 20 posts deep in the list", requests: page},
	{Name: "W6", Title: "50 posts of a tag, with author and tags", Levels: true, requests: tagged},
	{Name: "W7", Title: "posts counted by month", Shape: months, requests: byMonth},
	{Name: "W5", Title: "create a post", Writes: true, requests: create},
}

// FirstPage is W4 without a cursor, to see what depth costs.
var FirstPage = Workload{Name: "W4", Title: "the first page of 20 posts", requests: func(s Server, _ *Sample) []load.Request {
	return []load.Request{pageAfter(s, "")}
}}

// graphQL is a request with variables.
func graphQL(query string, variables map[string]any) load.Request {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return load.Request{Method: "POST", Target: "/graphql", Body: body}
}

func get(path string, params ...string) load.Request {
	target := path
	for i := 0; i < len(params); i += 2 {
		target += map[bool]string{true: "?", false: "&"}[i == 0] + params[i] + "=" + url.QueryEscape(params[i+1])
	}
	return load.Request{Method: "GET", Target: target}
}

// each makes a request of every value.
func each[T any](values []T, request func(T) load.Request) []load.Request {
	list := make([]load.Request, len(values))
	for i, v := range values {
		list[i] = request(v)
	}
	return list
}

func user(s Server, sample *Sample) []load.Request {
	return each(sample.Users, func(id uuid.UUID) load.Request {
		if !s.GraphQL() {
			return get("/user", "id", id.String())
		}
		return graphQL(`query($id:ID!){user(id:$id){id username profile{firstName bio}}}`,
			map[string]any{"id": s.id("user", id)})
	})
}

func users(s Server, _ *Sample) []load.Request {
	if !s.GraphQL() {
		return []load.Request{get("/users")}
	}
	return []load.Request{graphQL(`{users(first:20){edges{node{id username profile{firstName bio} `+
		`posts(first:5){edges{node{id title tags(first:100){edges{node{name}}}}}}}}}}`, nil)}
}

func search(s Server, sample *Sample) []load.Request {
	return each(sample.Searches, func(q Search) load.Request {
		after := q.After.Format(time.RFC3339Nano)
		if !s.GraphQL() {
			return get("/search", "word", q.Word, "after", after)
		}
		return graphQL(`query($x:String!,$t:Time!){posts(first:50,where:{titleContains:$x,createdAtGT:$t},`+
			`orderBy:[{field:CREATED_AT,direction:DESC}]){totalCount edges{node{id title createdAt author{username}}}}}`,
			map[string]any{"x": q.Word, "t": after})
	})
}

func page(s Server, sample *Sample) []load.Request {
	return each(sample.Places, func(p Place) load.Request { return pageAfter(s, p.Cursors[s]) })
}

func pageAfter(s Server, cursor string) load.Request {
	if !s.GraphQL() {
		return get("/page", "after", cursor)
	}
	variables := map[string]any{"after": nil}
	if cursor != "" {
		variables["after"] = cursor
	}
	return graphQL(`query($after:Cursor){posts(first:20,after:$after,orderBy:[{field:CREATED_AT,direction:DESC}])`+
		`{pageInfo{hasNextPage endCursor} edges{node{id title}}}}`, variables)
}

// Title begins the titles of the posts that W5 makes. No search of W3 finds it.
const Title = "Bench 2027"

// create writes published posts of the signed-in user.
func create(s Server, sample *Sample) []load.Request {
	body := "Written to see how long it takes.\n\nNothing else."
	return each(sample.authors(), func(id uuid.UUID) load.Request {
		in := map[string]any{"title": Title, "body": body, "authorID": s.id("user", id)}
		if !s.GraphQL() {
			b, err := json.Marshal(in)
			if err != nil {
				panic(err) // strings always marshal
			}
			return load.Request{Method: "POST", Target: "/post", Body: b, Cookie: cookie(id)}
		}
		in["status"] = "PUBLISHED"
		r := graphQL(`mutation($in:CreatePostInput!){createPost(input:$in){post{id title author{id username}}}}`,
			map[string]any{"in": in})
		r.Cookie = cookie(id)
		return r
	})
}

func tagged(s Server, sample *Sample) []load.Request {
	return each(sample.Tags, func(name string) load.Request {
		if !s.GraphQL() {
			return get("/tagged", "tag", name)
		}
		return graphQL(`query($tag:String!){posts(first:50,where:{hasTagsWith:[{name:$tag}]})`+
			`{edges{node{id title author{username} tags(first:100){edges{node{name}}}}}}}`,
			map[string]any{"tag": name})
	})
}

func byMonth(s Server, sample *Sample) []load.Request {
	return each(sample.Since, func(t time.Time) load.Request {
		since := t.Format(time.RFC3339Nano)
		switch s {
		case Entgraph:
			return graphQL(`query($t:Time!){posts(where:{createdAtGTE:$t})`+
				`{months:groupBy(keys:[{field:CREATED_AT,truncate:MONTH}]){key{month:createdAt} count}}}`,
				map[string]any{"t": since})
		case Stock:
			return graphQL(`query($t:Time!){postsByMonth(where:{createdAtGTE:$t}){month count}}`, map[string]any{"t": since})
		}
		return get("/months", "since", since)
	})
}

// months makes a list of months and counts of any server's answer to W7.
func months(v any) any {
	data, _ := v.(map[string]any)
	list := data["months"]
	if v, ok := data["postsByMonth"]; ok {
		list = v
	}
	if posts, ok := data["posts"].(map[string]any); ok {
		list = posts["months"]
	}
	groups, ok := list.([]any)
	if !ok {
		return fmt.Sprintf("no months in %v", v)
	}
	out := make([]any, len(groups))
	for i, g := range groups {
		out[i] = g
		if group, ok := g.(map[string]any); ok {
			if key, ok := group["key"].(map[string]any); ok {
				out[i] = map[string]any{"month": key["month"], "count": group["count"]}
			}
		}
	}
	return out
}
