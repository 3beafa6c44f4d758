package oracle

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// Every expression that is drawn is one.
func TestRegexOperands(t *testing.T) {
	t.Parallel()
	w := &writer{Generator: &Generator{Rand: rand.New(rand.NewPCG(1, 1))}}
	for _, text := range []string{"", "^", "]", `\`, "-", "a", "日本", "a]b^c", "[(*"} {
		for range 100 {
			if _, err := regexp.Compile(w.regexOperand(text)); err != nil {
				t.Errorf("of %q: %v", text, err)
			}
		}
	}
}
