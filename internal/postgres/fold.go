package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// Folding says how a database compares texts without regard to case: letter by letter, by the
// lower case that Unicode has for each, whatever the locale of the database.
type Folding struct {
	// Collation folds so, as SQL; "" where the database's own collation does.
	Collation string
	// Whole: the collation, one of ICU, also looks at the letters around: it makes two
	// characters of İ, and ς of a Σ at the end of a word.
	Whole bool
	// Beyond: the database's own collation folds letters beyond A to Z, if not all as it should.
	Beyond bool
	// Letters is false in a database where nothing folds letters beyond A to Z.
	Letters bool
}

// folds asks whether a collation folds letter by letter, and whether it folds letters beyond A to Z,
// if not all as it should. In Turkish I becomes ı; ICU makes two characters of İ.
const folds = `pg_catalog.lower('ÉЖΣIİ'%[1]s) = 'éжσii', pg_catalog.lower('ÉЖa'%[1]s) = 'éжa'`

// ownFolding asks that of the database's own collation; another encoding has no such letters.
var ownFolding = "SELECT pg_catalog.getdatabaseencoding() = 'UTF8', " + fmt.Sprintf(folds, "")

// collations are the names of those to be asked, the best first: the server's own from Postgres 17
// on, those of the system, and that of ICU, which is in most packages of Postgres.
const collations = `SELECT o.name FROM pg_catalog.unnest('{pg_c_utf8,C.utf8,C.UTF-8,en_US.utf8,en_US.UTF-8,und-x-icu}'::text[]) WITH ORDINALITY o(name, n)
	WHERE EXISTS (SELECT FROM pg_catalog.pg_collation WHERE collnamespace = 'pg_catalog'::regnamespace
		AND collencoding IN (-1, pg_catalog.pg_char_to_encoding('UTF8')) AND collname = o.name) ORDER BY n`

// findFolding asks how a database folds, and what of it does it better. The questions are ours and
// not echoed.
func findFolding(ctx context.Context, db *pgxpool.Pool) (f Folding, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("ask the database for its letters: %w", err)
		}
	}()
	conn, err := db.Acquire(ctx)
	if err != nil {
		return f, err
	}
	defer conn.Release()
	ask := func(sql string) ([][][]byte, error) {
		r := conn.Conn().PgConn().ExecParams(ctx, sql, nil, nil, nil, nil).Read()
		return r.Rows, r.Err
	}
	is := func(cell []byte) bool { return string(cell) == "t" }
	own, err := ask(ownFolding)
	if err != nil || len(own) != 1 || !is(own[0][0]) {
		return f, err
	}
	if f.Letters, f.Beyond = is(own[0][1]), is(own[0][2]); f.Letters {
		return f, nil
	}
	names, err := ask(collations)
	if err != nil {
		return f, err
	}
	for _, name := range names {
		collation := "pg_catalog." + sqltext.Ident(string(name[0]))
		answer, err := ask("SELECT " + fmt.Sprintf(folds, " COLLATE "+collation))
		if err != nil {
			return f, err
		}
		if letters, words := is(answer[0][0]), is(answer[0][1]); letters || words {
			f.Collation, f.Whole, f.Letters = collation, !letters, true
			return f, nil
		}
	}
	return f, nil
}
