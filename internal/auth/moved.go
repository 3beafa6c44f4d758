package auth

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Users who come from another program bring the hashes of their passwords. These are verified
// as they are, and at the first sign-in a hash of ours takes their place. The forms:
//
//	argon2id  $argon2id$v=19$m=…,t=…,p=…$salt$key, and Django's argon2$argon2id$…
//	bcrypt    $2a$, $2b$, $2y$; Django's bcrypt$$2b$… and bcrypt_sha256$$2b$…
//	scrypt    passlib's $scrypt$ln=…,r=…,p=…$salt$key, Django's scrypt$N$salt$r$p$key,
//	          Werkzeug's scrypt:N:r:p$salt$key
//	pbkdf2    passlib's $pbkdf2-sha256$rounds$salt$key, Django's pbkdf2_sha256$rounds$salt$key,
//	          Werkzeug's pbkdf2:sha256:rounds$salt$key; with sha1 and sha512 as well
//
// Sources: documentation of passlib 1.7, source of Django 5.2 and Werkzeug 3.1.

// What a hash may cost, so that one that somebody has put into the table keeps no processor
// for long: about a second each, and 256 MiB. The programs above stay far below by default.
const (
	maxBcryptCost   = 14
	maxPBKDF2Rounds = 4_000_000
	maxScryptMemory = 1 << 20 // N·r, in 128 bytes
	maxScryptWork   = 1 << 21 // N·r·p
	maxArgonMemory  = 256 << 10
	maxArgonWork    = 1 << 20 // memory times passes, in KiB
	// minArgonMemory is the least memory of each lane, in KiB. argon2.IDKey takes less, but works
	// with as much, so that a count of passes times less memory would say nothing. Source: RFC
	// 9106, section 3.1.
	minArgonMemory = 8
	maxHash        = 1024 // bytes
	// minKey keeps out an empty or cut key, which other passwords would fit too.
	minKey, maxKey = 16, 64
)

var (
	errForm = errors.New("its form is not known")
	errCost = errors.New("verifying it would cost too much")
)

// verify reports whether a password fits a hash, and whether the hash is to be replaced: it
// is not one of ours, or cheaper than ours are today. It fails for a hash that is of no
// known form or costs too much.
func (h hasher) verify(password, hash string) (right, old bool, err error) {
	if len(hash) > maxHash {
		return false, false, errForm
	}
	if ours, ok := strings.CutPrefix(hash, "argon2$argon2id$"); ok {
		hash = "$argon2id$" + ours
	}
	if strings.HasPrefix(hash, "$argon2id$") {
		return h.verifyArgon(password, hash)
	}
	right, err = verifyMoved(password, hash)
	return right, true, err
}

func (h hasher) verifyArgon(password, hash string) (right, old bool, err error) {
	p, _, key, err := argon2id.DecodeHash(hash)
	switch {
	case err != nil, p.Iterations == 0, p.Parallelism == 0, p.Memory < minArgonMemory*uint32(p.Parallelism), len(key) < minKey, len(key) > maxKey:
		return false, false, errForm
	case p.Memory > maxArgonMemory, uint64(p.Memory)*uint64(p.Iterations) > maxArgonWork:
		return false, false, errCost
	}
	right, err = argon2id.ComparePasswordAndHash(password, hash)
	old = uint64(p.Memory)*uint64(p.Iterations) < uint64(h.cost.Memory)*uint64(h.cost.Iterations)
	return right, old, err
}

func verifyMoved(password, hash string) (bool, error) {
	switch name, rest, _ := strings.Cut(hash, "$"); name {
	case "bcrypt":
		return verifyBcrypt(password, rest)
	case "bcrypt_sha256":
		sum := sha256.Sum256([]byte(password))
		return verifyBcrypt(hex.EncodeToString(sum[:]), rest)
	case "":
		if strings.HasPrefix(hash, "$2") {
			return verifyBcrypt(password, hash)
		}
	}
	d, err := parseDerived(hash)
	if err != nil {
		return false, err
	}
	got, err := d.derive(password, d.salt, len(d.key))
	return err == nil && subtle.ConstantTimeCompare(got, d.key) == 1, err
}

func verifyBcrypt(password, hash string) (bool, error) {
	switch cost, err := bcrypt.Cost([]byte(hash)); {
	case err != nil:
		return false, errForm
	case cost > maxBcryptCost:
		return false, errCost
	}
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return err == nil, err
}

// kdf derives a key of a length from a password.
type kdf func(password string, salt []byte, length int) ([]byte, error)

// derived is a key that was derived from a password.
type derived struct {
	salt, key []byte
	derive    kdf
}

// parseDerived reads the forms of scrypt and pbkdf2.
func parseDerived(hash string) (derived, error) {
	parts := strings.Split(hash, "$")
	method, n := parts[0], len(parts)
	switch {
	case method == "" && n == 5 && parts[1] == "scrypt": // passlib
		f, err := scryptSettings(parts[2])
		return newDerived(f, err, parts[3], parts[4], passlib64, passlib64)
	case method == "" && n == 5: // passlib
		f, err := pbkdf2Of(strings.TrimPrefix(parts[1], "pbkdf2"), parts[2])
		return newDerived(f, err, parts[3], parts[4], passlib64, passlib64)
	case method == "scrypt" && n == 6: // Django
		f, err := scryptOf(parts[1], parts[3], parts[4])
		return newDerived(f, err, parts[2], parts[5], plain, base64.StdEncoding.DecodeString)
	case strings.HasPrefix(method, "pbkdf2_") && n == 4: // Django
		f, err := pbkdf2Of(strings.TrimPrefix(method, "pbkdf2"), parts[1])
		return newDerived(f, err, parts[2], parts[3], plain, base64.StdEncoding.DecodeString)
	case n == 3: // Werkzeug
		f, err := werkzeug(strings.Split(method, ":"))
		return newDerived(f, err, parts[1], parts[2], plain, hex.DecodeString)
	}
	return derived{}, errForm
}

func newDerived(f kdf, err error, salt, key string, decodeSalt, decodeKey func(string) ([]byte, error)) (derived, error) {
	if err != nil {
		return derived{}, err
	}
	d := derived{derive: f}
	var badSalt, badKey error
	d.salt, badSalt = decodeSalt(salt)
	d.key, badKey = decodeKey(key)
	if badSalt != nil || badKey != nil || len(d.key) < minKey || len(d.key) > maxKey {
		return derived{}, errForm
	}
	return d, nil
}

func plain(s string) ([]byte, error) { return []byte(s), nil }

// passlib64 reads base64 without padding, in which passlib writes "." for "+".
func passlib64(s string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.ReplaceAll(s, ".", "+"))
}

// werkzeug reads a method such as scrypt:32768:8:1 or pbkdf2:sha256:600000.
func werkzeug(method []string) (kdf, error) {
	switch {
	case len(method) == 4 && method[0] == "scrypt":
		return scryptOf(method[1], method[2], method[3])
	case len(method) == 3 && method[0] == "pbkdf2":
		return pbkdf2Of("-"+method[1], method[2])
	}
	return nil, errForm
}

// scryptSettings reads those of passlib: ln=16,r=8,p=1.
func scryptSettings(text string) (kdf, error) {
	var ln, r, p int
	if _, err := fmt.Sscanf(text, "ln=%d,r=%d,p=%d", &ln, &r, &p); err != nil || ln < 1 || ln > 62 {
		return nil, errForm
	}
	return scryptOf(strconv.Itoa(1<<ln), strconv.Itoa(r), strconv.Itoa(p))
}

func scryptOf(cost, blocks, lanes string) (kdf, error) {
	n, errN := strconv.ParseUint(cost, 10, 63)
	r, errR := strconv.ParseUint(blocks, 10, 31)
	p, errP := strconv.ParseUint(lanes, 10, 31)
	switch {
	case errors.Join(errN, errR, errP) != nil, n < 2, n&(n-1) != 0, r == 0, p == 0:
		return nil, errForm
	case n > maxScryptMemory || r > maxScryptMemory || p > maxScryptWork, n*r > maxScryptMemory, n*r*p > maxScryptWork:
		return nil, errCost
	}
	return func(password string, salt []byte, length int) ([]byte, error) {
		return scrypt.Key([]byte(password), salt, int(n), int(r), int(p), length)
	}, nil
}

// pbkdf2Of reads a digest as "-sha256" or "_sha256", and rounds; without a digest it is sha1.
func pbkdf2Of(digest, rounds string) (kdf, error) {
	digests := map[string]func() hash.Hash{"": sha1.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}
	h := digests[strings.TrimLeft(digest, "-_")]
	n, err := strconv.Atoi(rounds)
	if h == nil || err != nil || n < 1 {
		return nil, errForm
	}
	return func(password string, salt []byte, length int) ([]byte, error) {
		size := h().Size()
		if times := (length + size - 1) / size; n > maxPBKDF2Rounds/times { // each part of the key takes all rounds
			return nil, errCost
		}
		return pbkdf2.Key(h, password, salt, n, length)
	}, nil
}
