package seed

import (
	"time"

	"github.com/google/uuid"
)

// Times of the small data set: people join in January and write from February on. The
// last change of all is before the end of June.
var (
	joining = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	writing = time.Date(2026, 2, 2, 7, 0, 0, 0, time.UTC)
)

const (
	joinEvery  = 31 * time.Hour
	writeEvery = 16*time.Hour + 30*time.Minute
)

// smallBlog collects the small data set.
type smallBlog struct {
	users    []userRow
	profiles []profileRow
	tags     []tagRow
	posts    []postRow
	taggings []taggingRow
	tagIDs   map[string]uuid.UUID

	passwordHash string
}

// smallData gives the small data set; all users have the password of that hash.
func smallData(passwordHash string) dataset {
	b := smallBlog{passwordHash: passwordHash}
	b.join(newChance(1))
	b.nameTags(newChance(2))
	b.write(newChance(3))
	return dataset{listOf(b.users), listOf(b.profiles), listOf(b.tags), listOf(b.posts), listOf(b.taggings)}
}

// join makes the users and their profiles. Every third profile was changed later.
func (b *smallBlog) join(c chance) {
	for i, p := range people {
		at := joining.Add(time.Duration(i)*joinEvery + c.upTo(20*time.Hour))
		u := userRow{base: c.made(at), username: p.username, role: "MEMBER", passwordHash: text(b.passwordHash)}
		if p.username == administrator {
			u.role = "ADMIN"
		}
		b.users = append(b.users, u)
		if p.username == withoutProfile {
			continue
		}
		about := profileRow{base: c.made(at.Add(c.upTo(time.Hour))), userID: u.id}
		about.firstName, about.lastName, about.bio = text(p.first), text(p.last), text(p.bio)
		if i%3 == 0 {
			about.updatedAt = about.createdAt.Add(c.upTo(60 * 24 * time.Hour))
		}
		b.profiles = append(b.profiles, about)
	}
}

// text gives nil, which is null, for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (b *smallBlog) nameTags(c chance) {
	b.tagIDs = map[string]uuid.UUID{}
	add := func(i int, name string) {
		t := tagRow{base: c.made(joining.Add(time.Duration(i)*time.Hour + c.upTo(time.Hour))), name: name}
		b.tags = append(b.tags, t)
		b.tagIDs[name] = t.id
	}
	for i, t := range topics {
		add(i, t.tag)
	}
	add(len(topics), unusedTag)
}

// write makes the posts, oldest first, with their tags.
func (b *smallBlog) write(c chance) {
	var authors []uuid.UUID
	for i, p := range people {
		for range p.posts {
			authors = append(authors, b.users[i].id)
		}
	}
	c.Shuffle(len(authors), func(i, j int) { authors[i], authors[j] = authors[j], authors[i] })

	pen, taken := newAuthor(c), map[string]bool{}
	var created, published time.Time
	for i, id := range authors {
		// Of every twenty posts, four came at once from an older blog.
		if place := i % 20; place < 11 || place > 13 {
			created = writing.Add(time.Duration(i)*writeEvery + c.upTo(12*time.Hour))
			published = publication(c, i, created)
		}
		p := postRow{base: c.made(created), authorID: id}
		if draft := i%7 == 3; !draft {
			at := published
			p.publishedAt, p.updatedAt = &at, at
		}
		if i%4 == 1 {
			p.updatedAt = p.updatedAt.Add(c.upTo(48 * time.Hour))
		}
		t := pen.topic()
		p.title, p.body = pen.unlike(taken, t, i)
		b.posts = append(b.posts, p)
		b.label(c, pen, i, t)
	}
}

// publication gives the time of publication. A third of the posts wait for the next
// Monday at nine, so several appear at the same time.
func publication(c chance, i int, created time.Time) time.Time {
	if i%3 != 0 {
		return created.Add(c.upTo(24 * time.Hour))
	}
	nine := time.Date(created.Year(), created.Month(), created.Day(), 9, 0, 0, 0, time.UTC)
	days := (8 - int(nine.Weekday())) % 7 // until Monday
	if monday := nine.AddDate(0, 0, days); monday.After(created) {
		return monday
	}
	return nine.AddDate(0, 0, days+7)
}

// unlike writes a post with a title that is not taken yet.
func (a *author) unlike(taken map[string]bool, t topic, i int) (title, body string) {
	for {
		subject := pick(a.chance, t.subjects)
		title = a.title(subject)
		switch {
		case i == 40:
			title = fill(longTitle, subject)
		case taken[title]:
			continue
		}
		taken[title] = true
		if i == 17 { // a draft that was only begun
			return title, ""
		}
		return title, a.body(t, subject, 2+i%3)
	}
}

// label puts up to four tags on the newest post, that of its topic first. Every
// eleventh post has none.
func (b *smallBlog) label(c chance, pen *author, i int, t topic) {
	if i%11 == 5 {
		return
	}
	p := b.posts[len(b.posts)-1]
	on := map[string]bool{}
	for position, most := 0, 1+c.low(4); position < most; position++ {
		on[t.tag] = true
		b.taggings = append(b.taggings, taggingRow{
			base: c.made(p.createdAt), position: position, postID: p.id, tagID: b.tagIDs[t.tag],
		})
		for on[t.tag] {
			t = pen.topic()
		}
	}
}
