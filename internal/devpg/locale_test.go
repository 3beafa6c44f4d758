package devpg

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestLocale checks that a private Postgres orders texts by their bytes and folds the
// letters of all alphabets, whatever its version.
func TestLocale(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Root: freshRoot(t)}, {Root: freshRoot(t), Test: true}} {
		progress := &lines{}
		o.Progress = progress
		s := start(t, o)
		execSQL(t, s.URL(maintenance), "create database other")
		for _, database := range []string{maintenance, "other"} {
			url := s.URL(database)
			for text, want := range map[string]bool{
				foldsLetters: true,
				"select 'ÄRGER жук ΣΊΣΥΦΟΣ' ilike 'ärger ЖУК σίσυφοσ'":     true,
				"select 'B' < 'a' and 'a' < 'é' and 'a b' < 'aa'":          true,
				"select lower('ß') = 'ß' and lower('STRASSE') <> 'straße'": true,
			} {
				if got := query[bool](t, url, text); got != want {
					t.Errorf("%s: %s = %t", database, text, got)
				}
			}
		}
		if strings.Contains(progress.String(), "reset") {
			t.Errorf("a new cluster is not well: %s", progress)
		}
	}
}

// TestOldLocale checks that a cluster of an older release works on, and is named.
func TestOldLocale(t *testing.T) {
	t.Parallel()
	root := freshRoot(t)
	p := must(placeOf(root))(t)
	if err := p.prepare(); err != nil {
		t.Fatal(err)
	}
	progress := &lines{}
	o := Options{Root: root, Progress: progress}
	c := o.cluster(p, p.base, false)
	in, err := find(t.Context(), o, p, -1, nil)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(c.dir, "data"+strconv.Itoa(in.major))
	if err := c.initdb(t.Context(), in, data, []string{"--locale=C"}); err != nil {
		t.Fatal(err)
	}
	s := start(t, o)
	if query[bool](t, s.URL(maintenance), foldsLetters) {
		t.Error("the locale C folds all letters: this test makes no old cluster")
	}
	if !strings.Contains(progress.String(), "the command reset") || !strings.Contains(progress.String(), data) {
		t.Errorf("progress = %q", progress)
	}
}

// TestUnknownLocale checks that a system without the first locales gets another one.
func TestUnknownLocale(t *testing.T) {
	t.Parallel()
	root := freshRoot(t)
	p := must(placeOf(root))(t)
	if err := p.prepare(); err != nil {
		t.Fatal(err)
	}
	o := Options{Root: root}
	c := o.cluster(p, p.base, false)
	in, err := find(t.Context(), o, p, -1, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = c.initdb(t.Context(), in, filepath.Join(c.dir, "refused"), []string{"--locale=C", "--lc-ctype=xx_XX.UTF-8"})
	if err == nil || !unknownLocale(err) {
		t.Errorf("initdb with a locale that is not there: %v", err)
	}
}
