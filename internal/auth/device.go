package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/entgraph/entgraph/key"
)

// A device is a browser that somebody has signed in from. It keeps a cookie that says so,
// and what is tried from it counts apart: strangers who guess an account's password until
// they are stopped do not stop its owner. Who steals the cookie has a few guesses of their
// own, and nothing else. Source: OWASP, Slow Down Online Guessing Attacks with Device
// Cookies.

const (
	// deviceAge is how long a device stays known: nearly as long as browsers keep a cookie.
	deviceAge = 365 * 24 * time.Hour
	// maxDeviceTags is how many accounts one device is known for.
	maxDeviceTags = 4
)

// Parts of a device's tag, in bytes.
const deviceNonce, deviceMAC = 16, 16

// deviceTag tells that a device is known to an account. It is sealed by the hash of the
// account's password, which holds 128 random bits that leave no server: there is no key to
// keep, and a new password makes all tags worthless.
func (a *Auth) deviceTag(nonce []byte, user key.Key, hash string) string {
	mac := hmac.New(sha256.New, []byte(hash))
	mac.Write([]byte(a.o.Name + " device\x00"))
	mac.Write(sealed(user))
	mac.Write(nonce)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nonce)[:deviceNonce+deviceMAC])
}

// sealed are the bytes of a user's id that a tag is made of.
func sealed(user key.Key) []byte {
	if id, ok := user.UUID(); ok {
		return id[:]
	}
	return []byte(user.String() + "\x00")
}

// deviceTags are those that the request carries.
func (req *Request) deviceTags() []string {
	c, err := req.http.Cookie(req.auth.hostCookie("device"))
	if err != nil || c.Value == "" {
		return nil
	}
	tags := strings.Split(c.Value, ".")
	return tags[:min(len(tags), maxDeviceTags)]
}

// device is the tag of an account on the device that the request comes from, "" when the
// account is not known there.
func (req *Request) device(acc account) string {
	if acc.hash == nil {
		return ""
	}
	for _, tag := range req.deviceTags() {
		raw, err := base64.RawURLEncoding.DecodeString(tag)
		if err != nil || len(raw) != deviceNonce+deviceMAC {
			continue
		}
		want := req.auth.deviceTag(raw[:deviceNonce:deviceNonce], acc.viewer.UserID, *acc.hash)
		if hmac.Equal([]byte(tag), []byte(want)) {
			return tag
		}
	}
	return ""
}

// deviceCookie makes the device known to an account, the one used last in front.
func (req *Request) deviceCookie(acc account) *http.Cookie {
	if acc.hash == nil {
		return nil
	}
	tag, tags := req.device(acc), req.deviceTags()
	if tag == "" {
		nonce := make([]byte, deviceNonce)
		_, _ = rand.Read(nonce) // never fails
		tag = req.auth.deviceTag(nonce, acc.viewer.UserID, *acc.hash)
	}
	tags = append([]string{tag}, slices.DeleteFunc(tags, func(t string) bool { return t == tag || len(t) != len(tag) })...)
	return req.auth.newCookie("device", strings.Join(tags[:min(len(tags), maxDeviceTags)], "."), deviceAge)
}
