// Package seed is the sample's own data: what `entgraph seed` writes.
//
// [Write] gives a blog of a size that a person can read and that has the cases a
// program must cope with: a user without a profile and one without posts, profiles
// with missing parts, drafts, posts without tags, a tag without posts, several posts
// made or published in the same microsecond, and titles with quotes, wildcards,
// markup and letters from many scripts. With --scale it gives a large blog to measure with:
// 10,000 users with profiles, 500 tags, 100,000 posts and 300,000 taggings, about 150 MB
// with indexes.
//
// The data is the same on every call, machine and day, to the byte: times are fixed
// and lie in the first half of 2026, random choices have fixed seeds, and ids are
// version 7 UUIDs made from both. Ids of a table sort by created_at; rows made in the
// same microsecond sort by chance, the same each time.
//
// Rows are made by hand because they show what the pages and the documents speak of. An app
// that needs no such story leaves its Seed out and gets believable rows of its entities.
package seed

import (
	"context"

	"github.com/entgraph/entgraph"
)

// Write writes the blog. Its users sign in with the password of the seeder's hash; ada, the
// first of them, is an admin. Users of the large blog have no password.
func Write(ctx context.Context, s *entgraph.Seeder) error {
	data := smallData(s.PasswordHash)
	if s.Scale {
		data = scaleData(fullSize)
	}
	return data.write(ctx, s)
}
