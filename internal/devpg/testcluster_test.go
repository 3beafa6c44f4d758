package devpg

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestThrowAwayCluster(t *testing.T) {
	t.Parallel()
	root := freshRoot(t)
	a := start(t, Options{Root: root, Test: true})
	b := start(t, Options{Root: root, Test: true})
	if a.DataDir() == b.DataDir() || a.owner == nil || b.owner == nil {
		t.Errorf("two test clusters share %s", a.DataDir())
	}
	for setting, want := range map[string]string{"fsync": "off", "wal_level": "minimal", "listen_addresses": ""} {
		if got := query[string](t, a.URL(maintenance), "show "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if freeBytes(memory) >= roomInMemory && !strings.HasPrefix(a.DataDir(), memory+"/") {
		t.Errorf("%s is on disk though there is room in memory", a.DataDir())
	}
	stop(t, a)
	if exists(filepath.Dir(a.DataDir())) {
		t.Errorf("%s is left", a.DataDir())
	}
	query[int](t, b.URL(maintenance), "select 1")
}

func TestThrowAwayClusterOnDisk(t *testing.T) {
	t.Parallel()
	root := freshRoot(t)
	p := must(placeOf(root))(t)
	if err := p.prepare(); err != nil {
		t.Fatal(err)
	}
	o := Options{Root: root, Test: true}
	c := o.cluster(p, filepath.Join(p.base, p.testPrefix()+"disk"), true)
	if err := makeDir(c.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := c.ownedBy(t.Context(), must(tryLock(c.ownerLock()))(t))
	if err != nil {
		t.Fatal(err)
	}
	query[int](t, s.URL(maintenance), "select 1")
	stop(t, s)
	if exists(c.dir) {
		t.Errorf("%s is left", c.dir)
	}
}

func TestThrowAwayClusterOfDeadProcess(t *testing.T) {
	t.Parallel()
	o := Options{Root: freshRoot(t), Test: true}
	p := runHelper(t, helperEnv, o)
	p.kill()
	if !exists(p.facts.Data) {
		t.Fatal("the killed process cleaned up?")
	}
	start(t, o)
	if exists(filepath.Dir(p.facts.Data)) {
		t.Errorf("%s is left", p.facts.Data)
	}
}

func TestThrowAwayClustersGoWithReset(t *testing.T) {
	t.Parallel()
	o := Options{Root: freshRoot(t), Test: true}
	dev := start(t, Options{Root: o.Root})
	p := runHelper(t, helperEnv, o)
	if err := Reset(o); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Dir(p.facts.Data)) {
		t.Errorf("%s is left", p.facts.Data)
	}
	p.quit(t)
	query[int](t, dev.URL(maintenance), "select 1") // the dev server is not theirs
}
