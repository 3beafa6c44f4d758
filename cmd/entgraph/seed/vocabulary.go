package seed

// topics are what posts are about. The name of each is a tag.
var topics = []topic{
	{"go", 6, []string{"error wrapping", "table tests", "context cancellation", "small interfaces", "goroutine leaks", "the race detector"}, []string{
		"The compiler found most of it before a single test ran.",
		"A goroutine needs an owner that waits for it.",
		"Wrapping an error takes one line and saves an evening.",
		"We deleted an interface with one implementation, and nobody missed it.",
		"The profile pointed at a map that never shrank.",
	}},
	{"postgres", 6, []string{"partial indexes", "connection pools", "slow queries", "row locks", "vacuum", "foreign keys"}, []string{
		"EXPLAIN (ANALYZE, BUFFERS) showed a sequential scan where we expected an index.",
		"The planner was right; our statistics were old.",
		"A foreign key without an index makes every delete slow.",
		"Two transactions waited for each other until Postgres gave up on one.",
		"COPY was forty times faster than single inserts.",
	}},
	{"graphql", 5, []string{"nested lists", "cursor pages", "nullable fields", "query limits", "schema reviews", "input types"}, []string{
		"Clients ask for exactly what they show, and no more.",
		"A list inside a list turns ten rows into a thousand unless somebody sets a limit.",
		"Once a field is not null, it can never go back.",
		"A cursor survives new rows at the top; an offset does not.",
		"The schema is the contract, so we review it before the code.",
	}},
	{"testing", 3, []string{"flaky tests", "golden files", "test databases", "property tests", "code coverage"}, []string{
		"A test that sleeps is a test that fails on a busy machine.",
		"We broke the code on purpose to see whether the tests would notice.",
		"Each test gets a database of its own, so they all run at once.",
		"A random input found the case that nobody had thought of.",
	}},
	{"performance", 3, []string{"tail latency", "flame graphs", "cold caches", "large responses", "memory limits"}, []string{
		"The average was fine and one request in a hundred took two seconds.",
		"We measured first, and the slow part was somewhere else entirely.",
		"Half of the time went into building strings that were thrown away.",
		"Removing the cache made it faster.",
	}},
	{"security", 2, []string{"session cookies", "password hashing", "access rules", "audit logs", "content security policies"}, []string{
		"Deny first; every permission is then something you wrote down.",
		"An error message should not tell a stranger which accounts exist.",
		"The token lived in a log file for three months.",
		"What looked like a missing check was a check in the wrong place.",
	}},
	{"migrations", 2, []string{"schema changes without downtime", "renamed columns", "concurrent indexes", "checksums", "backfills"}, []string{
		"Add the column, write to both, read from the new one, then drop the old.",
		"A lock that waits makes everything behind it wait too.",
		"The migration took a second on a laptop and an hour in production.",
		"We read the SQL of every change before it runs.",
	}},
	{"tooling", 2, []string{"one-command setups", "code generators", "linters", "pre-commit hooks", "shell scripts"}, []string{
		"If the setup has nine steps, people will skip three of them.",
		"Generated code belongs in the same commit as its cause.",
		"Every rule that we switched off has its reason beside it.",
		"The script said what it was waiting for, and that was half of the fix.",
	}},
	{"design", 2, []string{"naming things", "small commits", "design documents", "code review", "deleting code"}, []string{
		"The name was wrong for two years, and everybody had got used to it.",
		"We wrote down what we would not build.",
		"The second version had half of the lines and none of the options.",
		"A reviewer asked why, and there was no answer.",
	}},
	{"web", 2, []string{"server-sent events", "caching headers", "accessible forms", "dark mode", "web sockets"}, []string{
		"It works without JavaScript, and that is not nostalgia.",
		"The proxy in the middle closed every quiet connection after a minute.",
		"A label is worth more than a placeholder.",
		"The page got faster when we sent less of it.",
	}},
	{"c++", 1, []string{"move semantics", "header files", "undefined behaviour"}, []string{
		"The sanitizer found it in the first minute.",
		"Including one header less cut the build by a third.",
		"It had worked for years, which proved nothing.",
	}},
	{"日本語", 1, []string{"sorting kana", "full-width letters", "line breaks without spaces"}, []string{
		"The word 検索 is two characters and six bytes.",
		"Ａ and A look alike and are not equal until you normalise them.",
		"Length limits count characters, not bytes: ありがとう has five.",
	}},
}

// unusedTag is on no post.
const unusedTag = "archive"

// titles hold what breaks careless programs: quotes, wildcards of LIKE, backslashes,
// markup, letters outside ASCII and outside the first 65,536 code points.
var titles = []string{
	"A short guide to {x}",
	"Notes on {x}",
	"{X} in practice",
	"What I learned about {x}",
	"Five mistakes with {x}",
	"{X}, one year later",
	"Why we changed our mind about {x}",
	"Before you blame {x}",
	"{X}: the parts nobody mentions",
	"How we debugged {x} on a Friday",
	"A quiet week with {x}",
	"{X} for the impatient",
	"It's never just \"{x}\"",
	"“{X}” – what the word hides",
	"50% less time spent on {x}",
	"100% sure about {x}?",
	"LIKE '%_%': searching for {x}",
	`C:\temp and other stories about {x}`,
	"<b>Bold</b> claims about {x} & co.",
	"Naïve questions about {x}",
	"Café notes: {x}",
	"🚀 Shipping {x}",
	"Привет, мир: {x}",
	"初めての {x}",
}

// longTitle is close to the limit of 200 characters.
const longTitle = "Everything I wanted to know about {x} but was afraid to ask, written down over" +
	" three weekends, checked twice, and still shorter than the thread it answers"

var openings = []string{
	"Last month we spent three days on {x}.",
	"A colleague asked me about {x}, and my answer was too long for a chat.",
	"I used to avoid {x}.",
	"This is the post about {x} that I wanted to read a year ago.",
	"Nobody plans to spend a week on {x}.",
	"There are two kinds of advice on {x}, and both are half right.",
	"Our team has strong opinions on {x}; here are the ones that survived.",
	"It began with a bug report that never mentioned {x}.",
}

var thoughts = []string{
	"The simple version was good enough for longer than we expected.",
	"Most of the work was finding out what the question was.",
	"We kept the change small, so that it could be taken back.",
	"None of this is new, but it is easy to forget.",
	"The numbers are from our own machines; yours will differ.",
	"Writing it down took longer than doing it.",
	"Two people read the manual, and one of them read it to the end.",
	"In hindsight the first log line had said it all.",
	"We tried three ways, and the most boring one won.",
	"The documentation is right, though not where you look first.",
	"That surprised everyone in the room.",
	"It's a trade-off: you pay for it either way.",
}

var closings = []string{
	"If you only remember one thing about {x}, let it be that.",
	"I would do it again.",
	"Next time: what we got wrong about {x}.",
	"Corrections are welcome, as always.",
	"We have not had to think about {x} since.",
	"Start small, measure, and write to me if it worked.",
	"That is all; the rest is practice.",
	"Thanks to everyone who read a draft of this.",
}
