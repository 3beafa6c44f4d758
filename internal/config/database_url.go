package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// hidden stands for a secret.
const hidden = "xxxxx"

// DatabaseURL is the address of a Postgres with its password. However it is printed,
// logged or encoded, the password and everything else that may hold one is left
// out; only the conversion string(u) gives the address itself.
type DatabaseURL string

// String names user, host, port and database. The password is replaced; an address
// that cannot be understood is hidden altogether, since nobody knows where in it
// the password is.
func (u DatabaseURL) String() string {
	if u == "" {
		return ""
	}
	c, err := u.parse()
	if err != nil {
		return hidden
	}
	shown := url.URL{Scheme: "postgres", User: url.User(c.User), Path: "/" + c.Database}
	if c.Password != "" {
		shown.User = url.UserPassword(c.User, hidden)
	}
	port := strconv.Itoa(int(c.Port))
	if strings.HasPrefix(c.Host, "/") { // a Unix socket
		shown.RawQuery = url.Values{"host": {c.Host}, "port": {port}}.Encode()
	} else {
		shown.Host = c.Host + ":" + port
		if strings.Contains(c.Host, ":") {
			shown.Host = "[" + c.Host + "]:" + port
		}
	}
	return shown.String()
}

// Format prints the address as String does, whatever the verb.
func (u DatabaseURL) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(u.String())) }

// MarshalText gives what String gives.
func (u DatabaseURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue gives what String gives.
func (u DatabaseURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

var errAddress = errors.New("it cannot be read")

// parse reads the address as pgx does. Its errors are fit to be shown.
//
// pgx's own error keeps the whole address and its text may quote a piece of the
// password, so it is never passed on.
func (u DatabaseURL) parse() (*pgconn.Config, error) {
	s := string(u)
	if strings.Contains(s, "://") {
		if err := checkURL(s); err != nil {
			return nil, err
		}
	}
	c, err := pgxpool.ParseConfig(s)
	if err != nil {
		return nil, publicCause(s, err)
	}
	return &c.ConnConfig.Config, nil
}

// checkURL refuses an address whose password has an "@", "/", "?" or "#" that is
// not percent-encoded. Such a password ends early and the rest of it would be taken
// for a host, a database name or an option, and shown.
func checkURL(s string) error {
	parsed, err := url.Parse(s)
	if err != nil {
		return errAddress
	}
	if parsed.Scheme != "postgres" && parsed.Scheme != "postgresql" {
		return errors.New("it must begin with postgres:// or postgresql://")
	}
	main, _, _ := strings.Cut(s, "?")
	split := parsed.Fragment != "" || strings.Contains(parsed.Path, "@") || strings.Count(main, "@") > 1
	for name := range parsed.Query() {
		split = split || strings.Contains(name, "@")
	}
	if split {
		return errors.New("@ / ? and # in the password must be written as %40, %2F, %3F and %23")
	}
	return nil
}

// publicCause gives the reason for which pgx refused an address, if it can be shown.
func publicCause(s string, err error) error {
	parsed, urlErr := url.Parse(s)
	cause := errors.Unwrap(err)
	if urlErr != nil || parsed.Scheme == "" || cause == nil {
		return errAddress
	}
	secrets := []string{parsed.Query().Get("password"), parsed.Query().Get("sslpassword")}
	if parsed.User != nil {
		password, _ := parsed.User.Password()
		secrets = append(secrets, password)
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(cause.Error(), secret) {
			return errAddress
		}
	}
	return errors.New(cause.Error())
}
