package seed

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// size is how many rows a large blog has. Every user has a profile and every post has
// tagsPerPost taggings.
type size struct{ users, tags, posts int }

var fullSize = size{users: 10_000, tags: 500, posts: 100_000}

const tagsPerPost = 3

// Times of the large data set, cut into equal parts: users join in January and write
// from February until late in June.
var (
	scaleJoin  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	scaleWrite = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	scaleEnd   = time.Date(2026, 6, 25, 0, 0, 0, 0, time.UTC)
)

// scaleData gives a large blog. Only ids and times of users, tags and posts are in
// memory; texts are made while they are sent.
func scaleData(s size) dataset {
	users := timeline(newChance(11), scaleJoin, scaleWrite, s.users)
	tags := timeline(newChance(12), scaleJoin, scaleWrite, s.tags)
	posts := timeline(newChance(13), scaleWrite, scaleEnd, s.posts)
	return dataset{
		users:    list[userRow]{s.users, scaleUser(users)},
		profiles: list[profileRow]{s.users, scaleProfile(newChance(14), users)},
		tags: list[tagRow]{s.tags, func(i int) tagRow {
			return tagRow{base: tags[i], name: fmt.Sprintf("tag%03d", i)}
		}},
		posts:    list[postRow]{s.posts, scalePost(newChance(15), posts, users)},
		taggings: list[taggingRow]{s.posts * tagsPerPost, scaleTagging(newChance(16), posts, tags)},
	}
}

// timeline makes n rows at increasing times from start to end, one in each of n equal
// parts.
func timeline(c chance, start, end time.Time, n int) []base {
	rows := make([]base, n)
	part := end.Sub(start) / time.Duration(n)
	for i := range rows {
		rows[i] = c.made(start.Add(time.Duration(i)*part + c.upTo(part)).Truncate(time.Microsecond))
	}
	return rows
}

func scaleUser(users []base) func(int) userRow {
	return func(i int) userRow {
		u := userRow{base: users[i], username: fmt.Sprintf("user%05d", i), role: "MEMBER"}
		if i == 0 {
			u.role = "ADMIN"
		}
		return u
	}
}

// scaleProfile borrows names and biographies from the people of the small data set,
// with their gaps.
func scaleProfile(c chance, users []base) func(int) profileRow {
	return func(i int) profileRow {
		return profileRow{
			base:      c.made(users[i].createdAt),
			firstName: text(pick(c, people).first),
			lastName:  text(pick(c, people).last),
			bio:       text(pick(c, people).bio),
			userID:    users[i].id,
		}
	}
}

// scalePost spreads the posts unevenly: some users wrote hundreds, many wrote a few.
// Every fifth post is a draft.
func scalePost(c chance, posts, users []base) func(int) postRow {
	pen, rank := newAuthor(c), c.Perm(len(users))
	return func(i int) postRow {
		p := postRow{base: posts[i], authorID: users[rank[c.low(len(users))]].id}
		if draft := i%5 == 4; !draft {
			published := p.createdAt.Add(c.upTo(5 * 24 * time.Hour))
			p.publishedAt, p.updatedAt = &published, published
		}
		t := pen.topic()
		subject := pick(c, t.subjects)
		p.title, p.body = pen.title(subject), pen.body(t, subject, 1+i%2)
		return p
	}
}

// scaleTagging puts different tags on each post; some tags are on thousands of posts.
func scaleTagging(c chance, posts, tags []base) func(int) taggingRow {
	var on [tagsPerPost]uuid.UUID
	return func(i int) taggingRow {
		p, position := posts[i/tagsPerPost], i%tagsPerPost
		id := tags[c.low(len(tags))].id
		for slices.Contains(on[:position], id) {
			id = tags[c.low(len(tags))].id
		}
		on[position] = id
		return taggingRow{base: c.made(p.createdAt), position: position, postID: p.id, tagID: id}
	}
}
