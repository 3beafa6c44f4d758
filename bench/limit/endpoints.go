package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// user is W1: one user with the profile.
func (s *store) user(r *http.Request, out []byte) ([]byte, error) {
	id, err := uuid.Parse(param(r, "id"))
	if err != nil {
		return out, err
	}
	out = append(out, `{"data":{"user":`...)
	found := false
	err = one(r.Context(), s.read, send{s.q.user, [][]byte{id[:]}, func(v [][]byte) {
		out, found = append(appendUser(out, v), '}'), true
	}})
	if !found {
		out = append(out, "null"...)
	}
	return append(out, "}}"...), err
}

func appendUser(out []byte, v [][]byte) []byte {
	out = appendID(append(out, `{"id":`...), v[0])
	out = appendText(append(out, `,"username":`...), v[1])
	if v[2] == nil {
		return append(out, `,"profile":null`...)
	}
	out = appendText(append(out, `,"profile":{"firstName":`...), v[3])
	out = appendText(append(out, `,"bio":`...), v[4])
	return append(out, '}')
}

// users is W2: twenty users, five posts of each, and the posts' tags.
func (s *store) users(r *http.Request, out []byte) ([]byte, error) {
	users, posts, tags := getBlocks(), getBlocks(), getBlocks()
	defer users.release()
	defer posts.release()
	defer tags.release()
	err := s.steps(r.Context(), func() []send {
		return []send{{s.q.users, nil, func(v [][]byte) {
			users.add(v[0], appendUser(users.buf, v))
		}}}
	}, func() []send {
		return []send{{s.q.posts, [][]byte{keys(users.ids)}, func(v [][]byte) {
			posts.addTo(ordinal(v[0]), v[1], appendPost(posts.buf, v[1:]))
		}}}
	}, func() []send { return []send{s.tagsOf(posts, tags)} })
	if err != nil {
		return out, err
	}
	out = append(out, `{"data":{"users":{"edges":[`...)
	post := 0
	for i := range users.ids {
		out = append(append(open(out, i), users.at(i)...), `,"posts":{"edges":[`...)
		for n := 0; post < len(posts.ids) && posts.parents[post] == i; n++ {
			out = append(tags.list(append(open(out, n), posts.at(post)...), post), "}}"...)
			post++
		}
		out = append(out, "]}}}"...)
	}
	return append(out, "]}}}"...), nil
}

func appendPost(out []byte, v [][]byte) []byte {
	out = appendID(append(out, `{"id":`...), v[0])
	return appendText(append(out, `,"title":`...), v[1])
}

// tagsOf reads the tags of the posts, with the place of each post.
func (s *store) tagsOf(posts, tags *blocks) send {
	return send{s.q.tags, [][]byte{keys(posts.ids)}, func(v [][]byte) {
		tags.addTo(ordinal(v[0]), nil, appendText(tags.buf, v[1]))
	}}
}

// search is W3: the newest posts with a word in the title, and how many there are.
func (s *store) search(r *http.Request, out []byte) ([]byte, error) {
	after, err := time.Parse(time.RFC3339Nano, param(r, "after"))
	if err != nil {
		return out, err
	}
	args := [][]byte{timestamp(after), []byte("%" + likeEscaper.Replace(param(r, "word")) + "%")}
	var total int64
	rows, n := getBlocks(), 0
	defer rows.release()
	err = s.steps(r.Context(), func() []send {
		return []send{
			{s.q.search, args, func(v [][]byte) {
				b := appendPost(open(rows.buf, n), v)
				b = appendTime(append(b, `,"createdAt":`...), v[2])
				b = appendText(append(b, `,"author":{"username":`...), v[3])
				rows.buf = append(b, "}}}"...)
				n++
			}},
			{s.q.count, args, func(v [][]byte) { total = int64(ordinal(v[0])) + 1 }},
		}
	})
	out = fmt.Appendf(out, `{"data":{"posts":{"totalCount":%d,"edges":[`, total)
	return append(append(out, rows.buf...), "]}}}"...), err
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// page is W4: the page after a place in the list of posts, the newest first. Without
// a place it is the first page.
func (s *store) page(r *http.Request, out []byte) ([]byte, error) {
	at, id, err := place(r)
	if err != nil {
		return out, err
	}
	rows, n, cursor := getBlocks(), 0, []byte("null")
	defer rows.release()
	more := false
	err = one(r.Context(), s.read, send{s.q.page, [][]byte{at, id}, func(v [][]byte) {
		if more = n == 20; more {
			return
		}
		rows.buf = append(appendPost(open(rows.buf, n), v), "}}"...)
		cursor = appendPlace(cursor[:0], v[2], v[0])
		n++
	}})
	out = fmt.Appendf(out, `{"data":{"posts":{"pageInfo":{"hasNextPage":%t,"endCursor":%s},"edges":[`, more, cursor)
	return append(append(out, rows.buf...), "]}}}"...), err
}

// createPost is W5: only who is signed in writes, and only own posts.
func (s *store) createPost(r *http.Request, out []byte) ([]byte, error) {
	var in struct {
		Title, Body string
		AuthorID    uuid.UUID
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return out, err
	}
	var author uuid.UUID
	cookie, err := r.Cookie("__Host-entgraph_session")
	if err != nil {
		return out, err
	}
	token := sha256.Sum256([]byte(cookie.Value))
	if err := one(r.Context(), s.read, send{s.q.session, [][]byte{token[:]}, func(v [][]byte) { copy(author[:], v[0]) }}); err != nil {
		return out, err
	}
	if author != in.AuthorID {
		return out, errors.New("a post for another author")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return out, err
	}
	args := [][]byte{id[:], timestamp(time.Now()), []byte(in.Title), []byte(in.Body), in.AuthorID[:]}
	out = append(out, `{"data":{"createPost":{"post":`...)
	err = one(r.Context(), s.write, send{s.q.insert, args, func(v [][]byte) {
		out = appendPost(out, v)
		out = appendID(append(out, `,"author":{"id":`...), v[2])
		out = append(appendText(append(out, `,"username":`...), v[3]), "}}"...)
	}})
	return append(out, "}}}"...), err
}

// tagged is W6: fifty posts with a tag, with author and tags.
func (s *store) tagged(r *http.Request, out []byte) ([]byte, error) {
	posts, tags := getBlocks(), getBlocks()
	defer posts.release()
	defer tags.release()
	err := s.steps(r.Context(), func() []send {
		return []send{{s.q.tagged, [][]byte{[]byte(param(r, "tag"))}, func(v [][]byte) {
			b := appendText(append(appendPost(posts.buf, v), `,"author":{"username":`...), v[2])
			posts.add(v[0], append(b, '}'))
		}}}
	}, func() []send { return []send{s.tagsOf(posts, tags)} })
	if err != nil {
		return out, err
	}
	out = append(out, `{"data":{"posts":{"edges":[`...)
	for i := range posts.ids {
		out = append(tags.list(append(open(out, i), posts.at(i)...), i), "}}"...)
	}
	return append(out, "]}}}"...), nil
}

// months is W7: how many posts were made in each month.
func (s *store) months(r *http.Request, out []byte) ([]byte, error) {
	since, err := time.Parse(time.RFC3339Nano, param(r, "since"))
	if err != nil {
		return out, err
	}
	out, n := append(out, `{"data":{"months":[`...), 0
	err = one(r.Context(), s.read, send{s.q.months, [][]byte{timestamp(since)}, func(v [][]byte) {
		if n > 0 {
			out = append(out, ',')
		}
		out = appendTime(append(out, `{"month":`...), v[0])
		out = fmt.Appendf(out, `,"count":%d}`, ordinal(v[1])+1)
		n++
	}})
	return append(out, "]}}"...), err
}

// param is a parameter of the query. It does without the map of url.Values.
func param(r *http.Request, name string) string {
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if key, value, _ := strings.Cut(part, "="); key == name {
			text, err := url.QueryUnescape(value)
			if err == nil {
				return text
			}
		}
	}
	return ""
}
