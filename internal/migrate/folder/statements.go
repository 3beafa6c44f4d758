package folder

import (
	"crypto/sha256"
	"fmt"
	"sync"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
)

// splits remembers how files were split. Each step of a migration asks for the statements
// of files that others have split, and Atlas needs a millisecond for a kilobyte of SQL.
var splits struct {
	sync.Mutex
	byText map[[sha256.Size]byte][]atlas.Stmt
}

// mostSplits bounds how many files are remembered, with their texts.
const mostSplits = 500

// Statements splits a file as Atlas' executor does. The caller may change what it gets.
func Statements(f atlas.File) ([]*atlas.Stmt, error) {
	if _, ok := f.(*atlas.LocalFile); !ok {
		return split(f) // by its own way
	}
	key := sha256.Sum256(f.Bytes())
	splits.Lock()
	known, ok := splits.byText[key]
	splits.Unlock()
	if !ok {
		stmts, err := split(f)
		if err != nil {
			return nil, err
		}
		for _, s := range stmts {
			known = append(known, *s)
		}
		rememberSplit(key, known)
	}
	stmts := make([]*atlas.Stmt, len(known))
	for i, s := range known {
		stmts[i] = &s
	}
	return stmts, nil
}

func split(f atlas.File) ([]*atlas.Stmt, error) {
	stmts, err := atlas.FileStmtDecls(&postgres.Driver{}, f)
	if err != nil {
		return nil, fmt.Errorf("split %s into statements: %w", f.Name(), err)
	}
	return stmts, nil
}

func rememberSplit(key [sha256.Size]byte, stmts []atlas.Stmt) {
	splits.Lock()
	defer splits.Unlock()
	if len(splits.byText) >= mostSplits || splits.byText == nil {
		splits.byText = map[[sha256.Size]byte][]atlas.Stmt{}
	}
	splits.byText[key] = stmts
}
