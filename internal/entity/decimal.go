package entity

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxDigits bounds the digits of a Decimal in inputs, and twice as many those that are shown,
// since sums have more. Postgres' own bound is 131,072 before the point. Source: PostgreSQL
// manual, section 8.1.2.
const maxDigits = 1000

var decimalForm = regexp.MustCompile(`^(-?)(\d+)(?:\.(\d+))?$`)

// parseDecimal accepts a text or a number and gives its digits without zeros in front; zeros at
// the end stay, as Postgres keeps them.
func parseDecimal(v any) (string, error) {
	const form = badInput(`must be a decimal number such as "12.50", without an exponent`)
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case int64:
		text = strconv.FormatInt(v, 10)
	case int:
		text = strconv.Itoa(v)
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return "", form
	}
	if len(text) > maxDigits+2 {
		return "", badInput(fmt.Sprintf("must have at most %d digits", maxDigits))
	}
	m := decimalForm.FindStringSubmatch(text)
	if m == nil {
		return "", form
	}
	sign, whole, decimals := m[1], strings.TrimLeft(m[2], "0"), m[3]
	if len(whole)+len(decimals) > maxDigits {
		return "", badInput(fmt.Sprintf("must have at most %d digits", maxDigits))
	}
	if strings.Trim(whole+decimals, "0") == "" {
		sign = ""
	}
	if whole == "" {
		whole = "0"
	}
	if decimals != "" {
		decimals = "." + decimals
	}
	return sign + whole + decimals, nil
}

// fitDecimal holds a number, as [parseDecimal] gives it, to the digits of a column, which would
// round it or fail. Zeros that the column has no place for are left out.
func fitDecimal(text string, precision, scale int) (string, error) {
	whole, decimals, _ := strings.Cut(text, ".")
	for len(decimals) > scale && decimals[len(decimals)-1] == '0' {
		decimals = decimals[:len(decimals)-1]
	}
	switch digits := strings.TrimLeft(strings.TrimPrefix(whole, "-"), "0"); {
	case len(decimals) > scale:
		return "", badInput(fmt.Sprintf("must have at most %d decimals", scale))
	case len(digits) > precision-scale:
		return "", badInput(fmt.Sprintf("must have at most %d digits before the point", precision-scale))
	}
	if decimals == "" {
		return whole, nil
	}
	return whole + "." + decimals, nil
}

// The signs of a numeric, of which the last three are no number. Source: NUMERIC_POS and its
// kin in PostgreSQL's numeric.c.
const (
	numericPositive = 0x0000
	numericNegative = 0x4000
	numericNaN      = 0xC000
	numericInf      = 0xD000
	numericNegInf   = 0xF000
)

// showDecimal reads a numeric: how many digits to the base 10,000 there are, the power of
// the first, the sign, how many decimals are shown, and the digits. Source: numeric_send.
func showDecimal(b []byte) (form, unfit string) {
	if len(b) < 8 {
		return "", ""
	}
	word := func(i int) int { return int(int16(binary.BigEndian.Uint16(b[2*i:]))) }
	n, weight, sign, scale := word(0), word(1), binary.BigEndian.Uint16(b[4:]), word(3)
	switch sign {
	case numericPositive, numericNegative:
	case numericNaN:
		return "NaN", unfitNaN
	case numericInf:
		return "Infinity", unfitInfinite
	case numericNegInf:
		return "-Infinity", unfitInfinite
	default:
		return "", ""
	}
	if n < 0 || scale < 0 || len(b) != 8+2*n {
		return "", ""
	}
	digit := func(i int) int { // of the power weight-i
		if i < 0 || i >= n {
			return 0
		}
		return word(4 + i)
	}
	out := make([]byte, 0, max(4*weight, 0)+scale+8)
	if sign == numericNegative {
		out = append(out, '-')
	}
	if weight < 0 {
		out = append(out, '0')
	}
	for i := 0; i <= weight; i++ {
		out = appendFour(out, digit(i), i == 0)
	}
	if scale > 0 {
		out = append(out, '.')
		end := len(out) + scale
		for i := weight + 1; len(out) < end; i++ {
			out = appendFour(out, digit(i), false)
		}
		out = out[:end]
	}
	if len(out) > 2*maxDigits {
		return string(out), fmt.Sprintf("has more than %d digits", 2*maxDigits)
	}
	return string(out), ""
}

// appendFour writes a digit to the base 10,000; the first one of a number without zeros in
// front.
func appendFour(dst []byte, digit int, first bool) []byte {
	if first {
		return strconv.AppendInt(dst, int64(digit), 10)
	}
	return append(dst, byte('0'+digit/1000), byte('0'+digit/100%10), byte('0'+digit/10%10), byte('0'+digit%10))
}
