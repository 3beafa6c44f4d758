package database

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// ScriptOptions says which part of a directory [Script] prints.
type ScriptOptions struct {
	// From is the version that the database has, "" or [folder.Base] for none.
	From string
	// To is the version that it is to have. Default: the newest. One before From gives
	// the way back; [folder.Base] undoes all.
	To string
	// Operator is kept with each revision. Default "entgraph".
	Operator string
}

// Script gives the SQL that somebody with access to a database can run instead of
// [Up] or [Down]: the files with the statements that keep the revisions table. Each
// file first makes sure that the database is where the script expects it, so that
// nothing runs twice or after a failure. A file without a transaction is not resumed.
func Script(dir fs.FS, o ScriptOptions) (string, error) {
	d, err := folder.Open(dir)
	if err != nil {
		return "", err
	}
	if o.Operator == "" {
		o.Operator = "entgraph"
	}
	from, err := place(d, o.From, -1)
	if err != nil {
		return "", err
	}
	to, err := place(d, o.To, len(d.Files)-1)
	if err != nil {
		return "", err
	}
	w := &scriptWriter{operator: o.Operator}
	w.begin()
	if to >= from {
		err = w.up(d, from, to)
	} else {
		err = w.down(d, dir, from, to)
	}
	if err != nil {
		return "", err
	}
	w.printf("SELECT pg_advisory_unlock(%d);\n", lockID)
	return w.String(), nil
}

// place gives the index of a version among the files, -1 for the base.
func place(d *folder.Directory, version string, unset int) (int, error) {
	switch version {
	case "", folder.Head:
		return unset, nil
	case folder.Base:
		return -1, nil
	}
	for i, f := range d.Files {
		if f.Version() == version {
			return i, nil
		}
	}
	return 0, migrate.NoVersion("print script for", version)
}

type scriptWriter struct {
	strings.Builder
	operator string
}

func (w *scriptWriter) printf(format string, args ...any) { fmt.Fprintf(&w.Builder, format, args...) }

func (w *scriptWriter) begin() {
	w.printf(`-- Run it in one session, such as: psql --no-psqlrc --set ON_ERROR_STOP=1 --file FILE
SET search_path = %s;
-- Keeps other migrations away.
SELECT pg_advisory_lock(%d);
%s;
`, sqlfile.SearchPath, lockID, strings.Replace(createRevisions, "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
}

func (w *scriptWriter) up(d *folder.Directory, from, to int) error {
	files, current := d.Files[from+1:to+1], ""
	if from >= 0 {
		current = d.Files[from].Version()
	} else if last := folder.LastCheckpoint(files); last > 0 {
		files = files[last:]
	}
	for i, f := range files {
		if f.IsCheckpoint() && (current != "" || i > 0) {
			continue
		}
		if err := w.file(f, f.Name(), current, w.insert(d, f)); err != nil {
			return err
		}
		current = f.Version()
	}
	return nil
}

func (w *scriptWriter) down(d *folder.Directory, dir fs.FS, from, to int) error {
	down, err := folder.OpenDown(dir)
	if err != nil {
		return err
	}
	for i := from; i > to; i-- {
		t, err := newBackStep(d, down, &Revision{Version: d.Files[i].Version(), Description: d.Files[i].Desc()})
		if err != nil {
			return err
		}
		remove := fmt.Sprintf("DELETE FROM %s WHERE version = %s;\n", sqlfile.RevisionTable, sqltext.Literal(t.back.Version()))
		if err := w.file(t.back, sqlfile.Down+"/"+t.back.Name(), t.back.Version(), remove); err != nil {
			return err
		}
	}
	return nil
}

// file writes one file, which wants the database at the version current, and the
// statement that records it.
func (w *scriptWriter) file(f *atlas.LocalFile, name, current, record string) error {
	if err := folder.CheckFile(f); err != nil {
		return err
	}
	tx, err := folder.Transactional(f)
	if err != nil {
		return err
	}
	stmts, err := folder.Statements(f)
	if err != nil {
		return err
	}
	w.printf("\n-- %s\n", name)
	if tx {
		w.printf("BEGIN;\n")
	}
	w.printf(`DO $entgraph$ BEGIN
  IF coalesce((SELECT max(version COLLATE "C") FROM %s WHERE version NOT LIKE '.%%'), '') <> %s THEN
    RAISE EXCEPTION %s;
  END IF;
END $entgraph$;
`, sqlfile.RevisionTable, sqltext.Literal(current), sqltext.Literal(name+": the database is not at version "+orBase(current)))
	for _, stmt := range stmts {
		w.printf("%s\n", strings.TrimSpace(stmt.Text))
	}
	if slices.ContainsFunc(stmts, func(stmt *atlas.Stmt) bool { return ChangesRole.MatchString(stmt.Text) }) {
		w.printf("RESET SESSION AUTHORIZATION;\nRESET ROLE;\n")
	}
	w.WriteString(record)
	if tx {
		w.printf("COMMIT;\n")
	}
	return nil
}

func (w *scriptWriter) insert(d *folder.Directory, f *atlas.LocalFile) string {
	n := 0
	if stmts, err := folder.Statements(f); err == nil {
		n = len(stmts)
	}
	return fmt.Sprintf(`INSERT INTO %s (version, description, type, applied, total, executed_at, execution_time, hash, operator_version)
VALUES (%s, %s, %d, %d, %d, now(), 0, %s, %s);
`, sqlfile.RevisionTable, sqltext.Literal(f.Version()), sqltext.Literal(f.Desc()), atlas.RevisionTypeExecute, n, n, sqltext.Literal(d.Sums[f.Version()]), sqltext.Literal(w.operator))
}

func orBase(version string) string {
	if version == "" {
		return folder.Base
	}
	return version
}
