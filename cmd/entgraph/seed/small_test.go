package seed

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSmallCounts(t *testing.T) {
	t.Parallel()
	db := openSmall(t)
	wantCounts(t, db, map[string]int{
		`SELECT count(*) FROM users`:                      20,
		`SELECT count(*) FROM profiles`:                   19,
		`SELECT count(*) FROM tags`:                       13,
		`SELECT count(*) FROM posts`:                      200,
		`SELECT count(DISTINCT title) FROM posts`:         200,
		`SELECT count(*) FROM users WHERE role = 'ADMIN'`: 1,
		`SELECT count(*) FROM posts WHERE body = ''`:      1,
		`SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT FROM profiles WHERE user_id = u.id)`: 1,
		`SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT FROM posts WHERE author_id = u.id)`:  1,
		`SELECT count(*) FROM tags t WHERE NOT EXISTS (SELECT FROM taggings WHERE tag_id = t.id)`:   1,
		`SELECT count(*) FROM profiles WHERE coalesce(first_name, last_name, bio) IS NULL`:          1,
		`SELECT count(*) FROM tags WHERE name IN ('go', 'postgres', 'graphql')`:                     3,
		`SELECT count(*) FROM users JOIN profiles ON user_id = users.id WHERE username = 'ada'
			AND role = 'ADMIN' AND first_name = 'Ada' AND last_name = 'Lovelace'
			AND email = 'ada@example.com'`: 1,
	})
	wantAtLeast(t, db, map[string]int{
		`SELECT count(*) FROM taggings`: 250,
		`SELECT count(*) FROM posts JOIN users u ON u.id = author_id WHERE username = 'ada'`:        40,
		`SELECT min(n) FROM (SELECT count(*) n FROM taggings GROUP BY tag_id) x`:                    2,
		`SELECT count(*) FROM users WHERE username IN ('linus', 'margaret', 'ken')`:                 3,
		`SELECT count(*) FROM posts WHERE published_at IS NULL`:                                     20,
		`SELECT count(*) FROM profiles WHERE updated_at > created_at`:                               5,
		`SELECT count(*) FROM posts WHERE published_at IS NOT NULL AND updated_at > published_at`:   20,
		`SELECT count(*) FROM posts WHERE extract(microseconds FROM created_at)::int % 1000 > 0`:    190,
		`SELECT count(*) FROM posts p WHERE NOT EXISTS (SELECT FROM taggings WHERE post_id = p.id)`: 10,
		`SELECT count(DISTINCT n) FROM (SELECT count(*) n FROM taggings GROUP BY post_id) x`:        4,
		`SELECT count(*) FROM profiles WHERE first_name IS NULL AND last_name IS NOT NULL`:          1,
		`SELECT count(*) FROM profiles WHERE last_name IS NULL AND first_name IS NOT NULL`:          1,
		`SELECT count(*) FROM profiles WHERE bio IS NULL AND first_name IS NOT NULL`:                2,
	})
}

func TestSmallTies(t *testing.T) {
	t.Parallel()
	wantAtLeast(t, openSmall(t), map[string]int{
		// Three posts or more at once, ten times.
		`SELECT count(*) FROM (SELECT FROM posts GROUP BY created_at HAVING count(*) > 2) x`: 10,
		// The same in the list of one author.
		`SELECT count(*) FROM (SELECT FROM posts GROUP BY author_id, created_at HAVING count(*) > 1) x`:              3,
		`SELECT count(*) FROM (SELECT FROM posts GROUP BY author_id, published_at HAVING count(published_at) > 1) x`: 3,
		// Published together, though written at different times.
		`SELECT count(*) FROM (SELECT FROM posts GROUP BY published_at
			HAVING count(published_at) > 1 AND count(DISTINCT created_at) > 1) x`: 5,
	})
}

func TestSmallTitles(t *testing.T) {
	t.Parallel()
	titles := column[string](t, openSmall(t), "SELECT title FROM posts")
	for _, part := range []string{`"`, "'", "“", "%", "_", `\`, "<b>", "&", "ï", "é", "🚀", "Привет", "初めて"} {
		if !slices.ContainsFunc(titles, func(s string) bool { return strings.Contains(s, part) }) {
			t.Errorf("no title has %s", part)
		}
	}
	longest := 0
	for _, title := range titles {
		longest = max(longest, len([]rune(title)))
		if strings.ContainsAny(title, "{}") {
			t.Errorf("title with a hole: %s", title)
		}
	}
	if longest < 160 || longest > 200 {
		t.Errorf("the longest title has %d characters, want about 180", longest)
	}
}

func TestSmallBodies(t *testing.T) {
	t.Parallel()
	sentences := thoughts
	for _, topic := range topics {
		sentences = slices.Concat(sentences, topic.facts)
	}
	for _, body := range column[string](t, openSmall(t), "SELECT body FROM posts WHERE body <> ''") {
		paragraphs := strings.Split(body, "\n\n")
		if len(paragraphs) < 2 {
			t.Errorf("%d paragraphs, want 2 or more: %q", len(paragraphs), body)
		}
		for _, paragraph := range paragraphs {
			if strings.ContainsAny(paragraph, "{}\n") || !strings.HasSuffix(paragraph, ".") {
				t.Errorf("odd paragraph: %q", paragraph)
			}
		}
		for _, sentence := range sentences {
			if strings.Count(body, sentence) > 1 {
				t.Errorf("%q comes twice: %q", sentence, body)
			}
		}
	}
}

func TestSmallRules(t *testing.T) {
	t.Parallel()
	db := openSmall(t)
	checkValues(t, db)
	checkBase(t, db)
}

func TestSmallIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	first, second := checksums(t, openSmall(t)), checksums(t, openSmall(t))
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two calls differ:\n%s", diff)
	}
	// Otherwise an empty table would be the same too.
	if sums := slices.Sorted(maps.Values(first)); len(slices.Compact(sums)) != len(tableNames) {
		t.Errorf("checksums repeat: %v", first)
	}
}
