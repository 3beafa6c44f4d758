package codegen_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// links are the edges of some entities as a model in memory holds them.
type links struct {
	friends, following map[[2]string]bool // friends both ways round
	spouse, prev       map[string]string
	owner              map[string]string // of contexts: a user
	parent             map[string]string // of comments
}

func (l links) clone() links {
	return links{maps.Clone(l.friends), maps.Clone(l.following), maps.Clone(l.spouse), maps.Clone(l.prev), maps.Clone(l.owner), maps.Clone(l.parent)}
}

// linkStory changes edges of every kind from both ends, at random.
type linkStory struct {
	story
	r                          *rand.Rand
	contexts, users, sightings []string
	names                      map[string]string
	now                        links
}

// lists compares what random inputs leave with what the model says: a function of the
// input and of what was there before, or BAD_USER_INPUT whatever was there.
func (s *linkStory) lists(t *testing.T) {
	s.now = links{map[[2]string]bool{}, map[[2]string]bool{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
	if got := s.read(t); got != s.show(s.now) {
		t.Fatalf("the story does not begin without links: %s", got)
	}
	outcomes := map[string]int{}
	for n := range 300 {
		step := []func() (string, string, vars, links, []string){s.changeContext, s.changeContext, s.changeUser, s.changeSighting}[s.r.IntN(4)]
		typ, id, in, after, errs := step()
		field := strings.ToLower(typ)
		answer := s.api.Query(t, fmt.Sprintf(`mutation($id: ID!, $in: Update%sInput!) { update%[1]s(id: $id, input: $in) { %s { id } } }`, typ, field), vars{"id": id, "in": in})
		got := []string{}
		for _, e := range answer.Errors {
			f, _ := e.Extensions["field"].(string)
			got = append(got, e.Code()+" "+f)
		}
		slices.Sort(errs)
		if slices.Sort(got); !slices.Equal(got, errs) && len(got)+len(errs) > 0 {
			t.Fatalf("%d: %s %s %v\nbefore %s\ngot  %v\nwant %v\n%s", n, typ, s.names[id], s.named(in), s.show(s.now), got, errs, answer.Body)
		}
		before := s.now
		if len(errs) == 0 {
			s.now = after
			outcomes["done"]++
		} else {
			code, _, _ := strings.Cut(errs[0], " ")
			outcomes[code]++
		}
		if got, want := s.read(t), s.show(s.now); got != want {
			t.Fatalf("%d: %s %s %v\nbefore %s\ngot  %s\nwant %s", n, typ, s.names[id], s.named(in), s.show(before), got, want)
		}
	}
	t.Logf("outcomes: %v", outcomes)
	if outcomes["done"] < 50 || outcomes["BAD_USER_INPUT"] < 20 || outcomes["CONFLICT"] < 5 {
		t.Errorf("the story has lost its point: %v", outcomes)
	}
}

// keys draws inputs for a to-many edge and says what it leads to and what is refused.
func (s *linkStory) keys(in vars, ids []string, set, add, remove string, current []string) (after, errs []string) {
	list := func() []string {
		out := []string{}
		for range s.r.IntN(3) {
			out = append(out, ids[s.r.IntN(len(ids))])
		}
		return out
	}
	after = slices.Clone(current)
	whole := s.sometimes(in, set, list, 3)
	hasSet := whole != nil
	if hasSet {
		after = slices.Clone(whole)
	}
	if added := s.sometimes(in, add, list, 3); added != nil {
		if hasSet {
			errs = append(errs, "BAD_USER_INPUT "+add)
		}
		after = append(after, added...)
	}
	if removed := s.sometimes(in, remove, list, 3); removed != nil {
		if hasSet {
			errs = append(errs, "BAD_USER_INPUT "+remove)
		}
		after = slices.DeleteFunc(after, func(id string) bool { return slices.Contains(removed, id) })
		for i, id := range removed {
			if added, _ := in[add].([]string); slices.Contains(added, id) && slices.Index(removed, id) == i {
				errs = append(errs, fmt.Sprintf("BAD_USER_INPUT %s.%d", remove, i))
			}
		}
	}
	return after, errs
}

func (s *linkStory) sometimes(in vars, key string, list func() []string, of int) []string {
	if s.r.IntN(of) > 0 {
		return nil
	}
	v := list()
	in[key] = v
	return v
}

// contradictions compares what the keys of two opposite edges ask of a link to the row
// itself; the key that comes later is told.
func contradictions(in vars, id string, one, other []string) (errs []string) {
	asks := func(key string) (links, known bool) {
		switch v := in[key].(type) {
		case nil:
			_, given := in[key]
			return false, given
		case string:
			return v == id, true
		case []string:
			has := slices.Contains(v, id)
			return has && !strings.HasPrefix(key, "remove"), has || !strings.HasPrefix(key, "remove") && !strings.HasPrefix(key, "add")
		}
		return false, false
	}
	for _, a := range one {
		for _, b := range other {
			links, known := asks(a)
			too, alsoKnown := asks(b)
			if known && alsoKnown && links != too {
				errs = append(errs, "BAD_USER_INPUT "+max(a, b))
			}
		}
	}
	return errs
}

func (s *linkStory) pick(ids []string) string { return ids[s.r.IntN(len(ids))] }

// pickOrNull is an id, or nil.
func (s *linkStory) pickOrNull(ids []string) any {
	if s.r.IntN(3) == 0 {
		return nil
	}
	return s.pick(ids)
}

// changeContext changes edges of contexts to contexts.
func (s *linkStory) changeContext() (typ, id string, in vars, after links, errs []string) {
	id, in, after = s.pick(s.contexts), vars{}, s.now.clone()
	edges := func(of map[[2]string]bool, forward, both bool, set, add, remove string) {
		at := func(other string) [2]string {
			if forward {
				return [2]string{id, other}
			}
			return [2]string{other, id}
		}
		current := slices.DeleteFunc(slices.Clone(s.contexts), func(other string) bool { return !of[at(other)] })
		links, wrong := s.keys(in, s.contexts, set, add, remove, current)
		errs = append(errs, wrong...)
		for _, other := range s.contexts {
			if slices.Contains(links, other) == slices.Contains(current, other) {
				continue
			}
			of[at(other)] = slices.Contains(links, other)
			if both {
				of[[2]string{other, id}] = slices.Contains(links, other)
			}
		}
	}
	if s.r.IntN(2) == 0 {
		edges(after.friends, true, true, "friendIDs", "addFriendIDs", "removeFriendIDs")
	}
	if s.r.IntN(2) == 0 {
		edges(after.following, true, false, "followingIDs", "addFollowingIDs", "removeFollowingIDs")
	}
	if s.r.IntN(3) == 0 {
		edges(after.following, false, false, "followerIDs", "addFollowerIDs", "removeFollowerIDs")
	}
	errs = append(errs, contradictions(in, id, []string{"followingIDs", "addFollowingIDs", "removeFollowingIDs"}, []string{"followerIDs", "addFollowerIDs", "removeFollowerIDs"})...)
	switch s.r.IntN(4) {
	case 0:
		errs = append(errs, s.marry(id, in, after, len(errs) == 0)...)
	case 1:
		errs = s.queue(id, in, after, errs, s.r.IntN(3))
	}
	return "Context", id, in, after, errs
}

// queue changes prev, next or both, which are the two ends of one relation.
func (s *linkStory) queue(id string, in vars, after links, errs []string, which int) []string {
	if which != 0 {
		in["prevID"] = s.pickOrNull(s.contexts)
	}
	if which != 1 {
		if in["nextID"] = s.pickOrNull(s.contexts); in["nextID"] == id {
			return append(errs, "BAD_USER_INPUT nextID")
		}
	}
	if errs = append(errs, contradictions(in, id, []string{"prevID"}, []string{"nextID"})...); len(errs) > 0 {
		return errs
	}
	if which != 0 {
		delete(after.prev, id)
		for _, prev := range after.prev {
			if prev == in["prevID"] {
				return []string{"CONFLICT prevID"}
			}
		}
		if prev, _ := in["prevID"].(string); prev != "" {
			after.prev[id] = prev
		}
	}
	next, _ := in["nextID"].(string)
	if which == 1 || after.prev[next] == id {
		return nil
	}
	maps.DeleteFunc(after.prev, func(_, prev string) bool { return prev == id })
	if after.prev[next] != "" {
		return []string{"CONFLICT nextID"}
	}
	if next != "" {
		after.prev[next] = id
	}
	return nil
}

func (s *linkStory) marry(id string, in vars, after links, rest bool) []string {
	v := s.pickOrNull(s.contexts)
	in["spouseID"] = v
	if v == nil {
		delete(after.spouse, after.spouse[id])
		delete(after.spouse, id)
		return nil
	}
	other := v.(string)
	switch {
	case other == id:
		return []string{"BAD_USER_INPUT spouseID"}
	case after.spouse[other] != "" && after.spouse[other] != id:
		if rest {
			return []string{"CONFLICT spouseID"}
		}
		return nil
	}
	delete(after.spouse, after.spouse[id])
	after.spouse[id], after.spouse[other] = other, id
	return nil
}

// changeUser gives contexts to a user, whom they may not be taken from.
func (s *linkStory) changeUser() (typ, id string, in vars, after links, errs []string) {
	id, in, after = s.pick(s.users), vars{}, s.now.clone()
	errs = s.many(id, in, s.contexts, after.owner, "contextIDs", "addContextIDs", "removeContextIDs", nil)
	return "User", id, in, after, errs
}

// changeSighting changes replies and, at their other end, the parent.
func (s *linkStory) changeSighting() (typ, id string, in vars, after links, errs []string) {
	id, in, after = s.pick(s.sightings), vars{}, s.now.clone()
	own := func() {}
	if s.r.IntN(2) == 0 {
		v := s.pickOrNull(s.sightings)
		in["parentID"] = v
		own = func() {
			if delete(after.parent, id); v != nil {
				after.parent[id] = v.(string)
			}
		}
	}
	errs = s.many(id, in, s.sightings, after.parent, "replyIDs", "addReplyIDs", "removeReplyIDs", own)
	if wrong := contradictions(in, id, []string{"parentID"}, []string{"replyIDs", "addReplyIDs", "removeReplyIDs"}); len(wrong) > 0 {
		errs = append(slices.DeleteFunc(errs, func(e string) bool { return strings.HasPrefix(e, "CONFLICT") }), wrong...)
	}
	return "Sighting", id, in, after, errs
}

// many is an edge to many whose foreign key is at its far end; own changes that of the row
// itself in between.
func (s *linkStory) many(id string, in vars, ids []string, keys map[string]string, set, add, remove string, own func()) []string {
	current := slices.DeleteFunc(slices.Clone(ids), func(other string) bool { return keys[other] != id })
	links, errs := s.keys(in, ids, set, add, remove, current)
	if len(errs) > 0 {
		return errs
	}
	if own != nil {
		own()
	}
	for _, other := range current {
		if !slices.Contains(links, other) && keys[other] == id {
			delete(keys, other)
		}
	}
	key := set
	if in[set] == nil {
		key = add
	}
	_, given := in["parentID"]
	slices.Sort(links)
	for _, other := range slices.Compact(links) {
		switch {
		case slices.Contains(current, other) || given && other == id && keys[id] == id:
		case keys[other] != "":
			return []string{"CONFLICT " + key}
		default:
			keys[other] = id
		}
	}
	return errs
}

func (s *linkStory) named(in vars) map[string]any {
	out := map[string]any{}
	for key, v := range in {
		switch v := v.(type) {
		case string:
			out[key] = s.names[v]
		case []string:
			names := []string{}
			for _, id := range v {
				names = append(names, s.names[id])
			}
			out[key] = names
		default:
			out[key] = v
		}
	}
	return out
}

// show writes links as read does.
func (s *linkStory) show(l links) string {
	var out []string
	for name, pairs := range map[string]map[[2]string]bool{"friend": l.friends, "follows": l.following} {
		for pair, ok := range pairs {
			if ok {
				out = append(out, s.names[pair[0]]+" "+name+" "+s.names[pair[1]])
			}
		}
	}
	for name, ones := range map[string]map[string]string{"spouse": l.spouse, "prev": l.prev, "owner": l.owner, "parent": l.parent} {
		for from, to := range ones {
			out = append(out, s.names[from]+" "+name+" "+s.names[to])
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// read asks the API for all links.
func (s *linkStory) read(t *testing.T) string {
	t.Helper()
	type node struct{ ID string }
	type nodes struct{ Nodes []node }
	var data struct {
		Contexts, Sightings struct {
			Nodes []struct {
				ID                          string
				Friends, Following          nodes
				Spouse, Prev, Owner, Parent *node
			}
		}
	}
	s.api.Query(t, `{ contexts(first: 100) { nodes { id friends { nodes { id } } following { nodes { id } } spouse { id } prev { id } owner { id } } }
		sightings(first: 100) { nodes { id parent { id } } } }`, nil).Into(t, &data)
	got := links{map[[2]string]bool{}, map[[2]string]bool{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
	note := func(to map[string]string, from string, n *node) {
		if n != nil && s.names[from] != "" {
			to[from] = n.ID
		}
	}
	for _, c := range data.Contexts.Nodes {
		for _, n := range c.Friends.Nodes {
			got.friends[[2]string{c.ID, n.ID}] = s.names[c.ID] != ""
		}
		for _, n := range c.Following.Nodes {
			got.following[[2]string{c.ID, n.ID}] = s.names[c.ID] != ""
		}
		note(got.spouse, c.ID, c.Spouse)
		note(got.prev, c.ID, c.Prev)
		note(got.owner, c.ID, c.Owner)
	}
	for _, c := range data.Sightings.Nodes {
		note(got.parent, c.ID, c.Parent)
	}
	return s.show(got)
}

// newLinks makes rows for the story, with no links.
func newLinks(t *testing.T, s story, post string) *linkStory {
	t.Helper()
	l := &linkStory{story: s, r: rand.New(rand.NewPCG(19, 1)), names: map[string]string{}}
	for _, name := range []string{"k", "l", "m", "n"} {
		c := s.at(t, "createContext.context.id", `mutation($n: String!) { createContext(input: {type: "t", codeName: $n}) { context { id } } }`, vars{"n": "link-" + name})
		l.contexts, l.names[c] = append(l.contexts, c), name
		c = s.at(t, "createSighting.sighting.id", `mutation($n: String!, $p: ID!) { createSighting(input: {slug: $n, body: "b", postID: $p}) { sighting { id } } }`, vars{"n": "link-" + name, "p": post})
		l.sightings, l.names[c] = append(l.sightings, c), strings.ToUpper(name)
	}
	for _, name := range []string{"una", "ugo"} {
		u := s.at(t, "createUser.user.id", `mutation($n: String!, $e: String!) { createUser(input: {username: $n, email: $e}) { user { id } } }`, vars{"n": name, "e": name + "@example.com"})
		l.users, l.names[u] = append(l.users, u), name
	}
	return l
}
