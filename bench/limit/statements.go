package main

// statements are the SQL of the workloads.
type statements struct {
	user, users, posts, tags, search, count, page, insert, tagged, months, session *statement
}

func (q statements) reads() []*statement {
	return []*statement{q.user, q.users, q.posts, q.tags, q.search, q.count, q.page, q.tagged, q.months, q.session}
}

// newStatements writes the statements; published hides drafts.
func newStatements(published bool) statements {
	visible := ""
	if published {
		visible = " AND p.status = 'PUBLISHED'"
	}
	return statements{
		user: &statement{name: "user", sql: `
			SELECT u.id, u.username, f.id, f.first_name, f.bio
			FROM public.users u LEFT JOIN public.profiles f ON f.user_id = u.id WHERE u.id = $1`},
		users: &statement{name: "users", sql: `
			SELECT u.id, u.username, f.id, f.first_name, f.bio
			FROM (SELECT id, username FROM public.users ORDER BY id LIMIT 20) u
			LEFT JOIN public.profiles f ON f.user_id = u.id ORDER BY u.id`},
		posts: &statement{name: "posts", sql: `
			SELECT k.n, p.id, p.title FROM unnest($1::uuid[]) WITH ORDINALITY k(id, n)
			CROSS JOIN LATERAL (SELECT p.id, p.title FROM public.posts p
				WHERE p.author_id = k.id` + visible + ` ORDER BY p.id LIMIT 5) p
			ORDER BY k.n, p.id`},
		tags: &statement{name: "tags", sql: `
			SELECT k.n, t.name FROM unnest($1::uuid[]) WITH ORDINALITY k(id, n)
			CROSS JOIN LATERAL (SELECT t.id, t.name FROM public.taggings l
				JOIN public.tags t ON t.id = l.tag_id
				WHERE l.post_id = k.id ORDER BY t.id LIMIT 100) t
			ORDER BY k.n, t.id`},
		search: &statement{name: "search", sql: `
			SELECT p.id, p.title, p.created_at, u.username
			FROM (SELECT p.id, p.title, p.created_at, p.author_id FROM public.posts p
				WHERE p.created_at > $1 AND p.title LIKE $2` + visible + `
				ORDER BY p.created_at DESC, p.id LIMIT 50) p
			JOIN public.users u ON u.id = p.author_id ORDER BY p.created_at DESC, p.id`},
		count: &statement{name: "count", sql: `
			SELECT count(*) FROM public.posts p WHERE p.created_at > $1 AND p.title LIKE $2` + visible},
		page: &statement{name: "page", sql: `
			SELECT p.id, p.title, p.created_at FROM public.posts p
			WHERE p.created_at <= $1 AND (p.created_at < $1 OR p.id > $2)` + visible + `
			ORDER BY p.created_at DESC, p.id LIMIT 21`},
		session: &statement{name: "session", sql: `
			SELECT u.id FROM public.sessions s JOIN public.users u ON u.id = s.user_id
			WHERE s.token_hash = $1 AND s.expires_at > now() AND s.used_at > now() - interval '14 days'`},
		insert: &statement{name: "insert", sql: `
			WITH p AS (INSERT INTO public.posts
				(id, created_at, updated_at, title, body, status, published_at, author_id)
				VALUES ($1, $2, $2, $3, $4, 'PUBLISHED', $2, $5) RETURNING id, title, author_id)
			SELECT p.id, p.title, u.id, u.username FROM p JOIN public.users u ON u.id = p.author_id`},
		tagged: &statement{name: "tagged", sql: `
			SELECT p.id, p.title, u.username
			FROM (SELECT p.id, p.title, p.author_id FROM public.taggings l
				JOIN public.posts p ON p.id = l.post_id
				WHERE l.tag_id = (SELECT id FROM public.tags WHERE name = $1)` + visible + `
				ORDER BY l.post_id LIMIT 50) p
			JOIN public.users u ON u.id = p.author_id ORDER BY p.id`},
		months: &statement{name: "months", sql: `
			SELECT date_trunc('month', p.created_at) m, count(*) FROM public.posts p
			WHERE p.created_at >= $1` + visible + ` GROUP BY m ORDER BY m`},
	}
}
