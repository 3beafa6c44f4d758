package entity

import (
	"bytes"
	"encoding/base64"
	"net"
	"net/netip"
	"strings"
)

// Of an inet in binary: the family of IPv4, and that of IPv6. Source: inet.h of PostgreSQL.
const (
	familyIPv4 = 2
	familyIPv6 = 3
)

// parsePrefix accepts an address, which has all bits for its network, or an address with
// how many bits that has.
func parsePrefix(v any) (netip.Prefix, bool) {
	text, ok := v.(string)
	if !ok {
		return netip.Prefix{}, false
	}
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		return p, err == nil
	}
	a, err := netip.ParseAddr(text)
	return netip.PrefixFrom(a, a.BitLen()), err == nil && a.Zone() == ""
}

func parseInet(v any) (string, error) {
	p, ok := parsePrefix(v)
	if !ok {
		return "", badInput("must be an address such as 192.0.2.1 or 2001:db8::1/64")
	}
	return inetForm(p), nil
}

// inetForm leaves out a network that is the address alone, as Postgres does.
func inetForm(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

func parseCidr(v any) (string, error) {
	p, ok := parsePrefix(v)
	switch {
	case !ok:
		return "", badInput("must be a network such as 192.0.2.0/24")
	case p != p.Masked():
		return "", badInput("must have no bits set right of the network's")
	}
	return p.String(), nil
}

// wirePrefix reads family, bits, whether it is a cidr, and the address after its length.
func wirePrefix(b []byte) (netip.Prefix, bool) {
	if len(b) < 4 || len(b) != 4+int(b[3]) || b[0] != familyIPv4 && b[0] != familyIPv6 {
		return netip.Prefix{}, false
	}
	a, ok := netip.AddrFromSlice(b[4:])
	p := netip.PrefixFrom(a, int(b[1]))
	return p, ok && p.IsValid() && a.Is4() == (b[0] == familyIPv4)
}

func showInet(b []byte) (form, unfit string) {
	p, ok := wirePrefix(b)
	if !ok {
		return "", ""
	}
	return inetForm(p), ""
}

func showCidr(b []byte) (form, unfit string) {
	p, ok := wirePrefix(b)
	if !ok {
		return "", ""
	}
	return p.String(), ""
}

func parseMacAddr(v any) (string, error) {
	text, _ := v.(string)
	a, err := net.ParseMAC(text)
	if err != nil || len(a) != 6 {
		return "", badInput("must be a hardware address such as 08:00:2b:01:02:03")
	}
	return a.String(), nil
}

func showMacAddr(b []byte) (form, unfit string) {
	if len(b) != 6 {
		return "", ""
	}
	return net.HardwareAddr(b).String(), ""
}

func withoutPadding(b []byte) []byte { return bytes.TrimRight(b, " ") }

// parseBytes accepts one spelling of every value.
func parseBytes(v any) ([]byte, error) {
	text, ok := v.(string)
	if ok && !strings.ContainsAny(text, "\r\n") {
		if b, err := base64.StdEncoding.Strict().DecodeString(text); err == nil {
			return b, nil
		}
	}
	return nil, badInput("must be Base64 with padding")
}

func appendBytes(dst, b []byte) ([]byte, string) {
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"'), ""
}
