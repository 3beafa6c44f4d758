package document

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// heap is what is in use after collection, in bytes.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What is kept of documents has a bound in bytes that holds for the heap too, whatever
// they are made of. It does not run beside other tests, which use the heap as well.
func TestKeptDocumentsFitTheirBytes(t *testing.T) { //nolint:paralleltest // see above
	schema := newSchema(t, zoo)
	const bound = 1 << 20
	comment := "#" + strings.Repeat("x", 256<<10)
	text := strings.Repeat("y", 20_000)
	tests := map[string]struct {
		documents int
		write     func(i int) string
		least     int // that are kept
	}{
		"comments":    {60, func(i int) string { return fmt.Sprintf("{a%d:__typename}%s", i, comment) }, 60},
		"long texts":  {100, func(i int) string { return fmt.Sprintf("{a%d:cat(tags:[%q]){id}}", i, text) }, 30},
		"many fields": {50, func(i int) string { return fmt.Sprintf("{a%d:cat{%s}}", i, strings.Repeat("id ", 400)) }, 4},
		"objects":     {50, func(i int) string { return fmt.Sprintf("{a%d:echo(j:[%s])}", i, strings.Repeat("{a:1.5} ", 150)) }, 4},
		"small":       {4000, func(i int) string { return fmt.Sprintf("{a%d:cat{id name}}", i) }, 300},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := heap()
			set := New(schema, Options{CacheBytes: bound})
			for i := range test.documents {
				if _, err := set.Operation(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: test.write(i)}); err != nil {
					t.Fatal(err)
				}
			}
			grown := heap() - before
			t.Logf("%d of %d documents kept: %d bytes by count, %d of heap", set.kept.lru.Len(), test.documents, set.kept.bytes, grown)
			if set.kept.bytes > bound || grown > bound*3/2 || set.kept.lru.Len() < test.least {
				t.Errorf("%d documents, %d bytes by count, %d of heap; the bound is %d", set.kept.lru.Len(), set.kept.bytes, grown, bound)
			}
			runtime.KeepAlive(set)
		})
	}
}

// One document does not push out the others.
func TestLargeDocumentsAreNotKept(t *testing.T) {
	t.Parallel()
	set := New(newSchema(t, zoo), Options{CacheBytes: 1 << 20})
	ask := func(query string) {
		if _, err := set.Operation(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: query}); err != nil {
			t.Fatal(err)
		}
	}
	ask("{cat{id}}")
	ask(fmt.Sprintf("{cat(tags:[%q]){id}}", strings.Repeat("x", 200_000)))
	if n := set.kept.lru.Len(); n != 1 {
		t.Errorf("%d documents are kept", n)
	}
	key := sha256.Sum256([]byte("{cat{id}}"))
	if set.kept.get(&key) == nil {
		t.Error("the small one is gone")
	}
}
