package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
)

// compare reads back what a creation or change stored. A text may have been trimmed and
// put into lower case, as schemas can say.
func (r *runner) compare(q *request, data []byte) string {
	name := q.field.root.Name
	if q.field.kind != ast.Mutation || !strings.HasPrefix(name, "create") && !strings.HasPrefix(name, "update") {
		return ""
	}
	in, ok := q.args["input"].(object)
	if !ok {
		return ""
	}
	var payload map[string]json.RawMessage
	if json.Unmarshal(data, &payload) != nil {
		return ""
	}
	for _, f := range r.Schema.Types[named(q.field.root.Type)].Fields {
		var stored map[string]json.RawMessage
		if r.ids[named(f.Type)] == nil || json.Unmarshal(payload[f.Name], &stored) != nil || stored == nil {
			continue
		}
		def := r.Schema.Types[named(q.field.root.Arguments.ForName("input").Type)]
		for _, key := range slices.Sorted(maps.Keys(in)) {
			sent := in[key]
			got, shown := stored[key]
			arg := def.Fields.ForName(key)
			if !shown || arg == nil {
				continue
			}
			if want := appendJSON(nil, sent); !equalLists(arg.Type, want, got) {
				return fmt.Sprintf("value: %s: stored %s", key, cut(string(got)))
			}
		}
	}
	return ""
}

var (
	surrogatePair = regexp.MustCompile(`(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}`)
	loneSurrogate = regexp.MustCompile(`(?i)\\ud[89a-f][0-9a-f]{2}`)
)

// equalLists compares two JSON values, lists element by element. A single value stands for a list
// of it.
func equalLists(typ *ast.Type, sent, stored []byte) bool {
	if typ.Elem == nil {
		return equal(named(typ), sent, stored)
	}
	a, b := []json.RawMessage{sent}, []json.RawMessage(nil)
	if list := bytes.TrimSpace(sent); len(list) > 0 && list[0] == '[' {
		a = nil
		if json.Unmarshal(sent, &a) != nil {
			return false
		}
	}
	if string(sent) == "null" {
		return string(stored) == "null"
	}
	return json.Unmarshal(stored, &b) == nil && slices.EqualFunc(a, b, func(x, y json.RawMessage) bool { return equalLists(typ.Elem, x, y) })
}

// equal compares two JSON values of a scalar.
func equal(scalar string, sent, stored []byte) bool {
	if loneSurrogate.Match(surrogatePair.ReplaceAll(sent, nil)) {
		return false // Go's decoder makes U+FFFD of it in silence
	}
	a, b := decode(sent), decode(stored)
	switch scalar {
	case "String":
		x, ok := a.(string)
		y, alsoOK := b.(string)
		if ok && alsoOK {
			return x == y || strings.TrimSpace(x) == y || strings.ToLower(strings.TrimSpace(x)) == y
		}
	case "Time":
		x, err := time.Parse(time.RFC3339Nano, strings.ToUpper(fmt.Sprint(a))) // t and z are allowed
		y, alsoErr := time.Parse(time.RFC3339Nano, fmt.Sprint(b))
		if err == nil && alsoErr == nil {
			return x.Equal(y)
		}
	case "UUID":
		return strings.EqualFold(fmt.Sprint(a), fmt.Sprint(b))
	case "Duration":
		form, err := entity.Duration.Kind().Operand(a)
		return err == nil && form == b
	case "DateRange":
		x, err := entity.DateRange.Kind().Operand(a)
		y, alsoErr := entity.DateRange.Kind().Operand(b)
		return err == nil && alsoErr == nil && x == y
	case "LocalDateTime", "TimeOfDay":
		x, y := fmt.Sprint(a), fmt.Sprint(b)
		if strings.Contains(x, ".") {
			x = strings.TrimRight(strings.TrimRight(x, "0"), ".")
		}
		return x == y
	case "Inet", "Cidr":
		return prefix(a) == prefix(b)
	case "MacAddr":
		x, err := net.ParseMAC(fmt.Sprint(a))
		return err == nil && x.String() == b
	case "Decimal":
		x, ok := new(big.Rat).SetString(fmt.Sprint(a))
		y, alsoOK := new(big.Rat).SetString(fmt.Sprint(b))
		if ok && alsoOK {
			return x.Cmp(y) == 0
		}
	case "BigInt":
		x, ok := new(big.Int).SetString(strings.TrimPrefix(fmt.Sprint(a), "+"), 10)
		y, alsoOK := new(big.Int).SetString(fmt.Sprint(b), 10)
		if ok && alsoOK {
			return x.Cmp(y) == 0
		}
	case "Float":
		x, ok := a.(json.Number)
		y, alsoOK := b.(json.Number)
		if ok && alsoOK {
			f, _ := x.Float64()
			g, _ := y.Float64()
			brief, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 32), 64) // of a real
			return f == g || brief == g
		}
	}
	return reflect.DeepEqual(plain(a), plain(b))
}

// prefix is an address with its network, that of the address alone where it has none.
func prefix(v any) netip.Prefix {
	text := fmt.Sprint(v)
	if p, err := netip.ParsePrefix(text); err == nil {
		return p
	}
	a, _ := netip.ParseAddr(text)
	return netip.PrefixFrom(a, a.BitLen())
}

func decode(text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// plain makes numbers that are equal equal.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if exponent := strings.ToLower(v.String()); strings.Contains(exponent, "e") && len(exponent) > 8 {
			return exponent
		}
		if n, ok := new(big.Rat).SetString(v.String()); ok {
			return n.RatString()
		}
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = plain(out[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, item := range v {
			out[key] = plain(item)
		}
		return out
	}
	return v
}
