package document

import (
	"crypto/sha256"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cache keeps the checked documents that were asked for last, by the hash of their text,
// as many as fit a number of bytes. A document that takes more than an eighth of that is
// not kept: it would push out many that are used.
type cache struct {
	max int64

	mu    sync.Mutex
	bytes int64
	lru   *simplelru.LRU[[sha256.Size]byte, *document]
}

func newCache(maxBytes int64) *cache {
	c := &cache{max: maxBytes}
	lru, err := simplelru.NewLRU(int(max(maxBytes, 1)), func(_ [sha256.Size]byte, d *document) { c.bytes -= d.bytes })
	if err != nil {
		panic(err) // the size is positive
	}
	c.lru = lru
	return c
}

func (c *cache) get(key *[sha256.Size]byte) *document {
	if key == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	doc, _ := c.lru.Get(*key)
	return doc
}

func (c *cache) add(key [sha256.Size]byte, doc *document) {
	if doc.bytes > c.max/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lru.Contains(key) {
		return // two requests brought it at once
	}
	c.lru.Add(key, doc)
	for c.bytes += doc.bytes; c.bytes > c.max; {
		c.lru.RemoveOldest()
	}
}
