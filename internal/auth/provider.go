package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Provider is an external OpenID provider whose JSON Web Tokens are taken. Get one from
// [OpenProvider].
type Provider struct {
	issuer   string
	verifier *oidc.IDTokenVerifier
}

const (
	// providerTimeout bounds one request to the provider.
	providerTimeout = 10 * time.Second
	// maxAnswer bounds its answers, in bytes.
	maxAnswer = 1 << 20
	// keysAge is how long keys are not fetched again, whatever key a token names: forged
	// ones do not make the provider refuse us.
	keysAge = time.Second
	// maxToken bounds the text of a provider's token, in bytes.
	maxToken = 16 << 10
	// maxSubject is the bound of OpenID Connect Core, section 2, in bytes.
	maxSubject = 255
)

// OpenProvider reads what the provider says about itself: where its keys are, which are
// fetched when they are first needed and when a token names another one, and how it
// signs. Tokens are taken that it signed with a public key for the audience, which is
// the id of the client that gets them. Source: OpenID Connect Discovery 1.0.
func OpenProvider(ctx context.Context, issuer, audience string) (*Provider, error) {
	client := &http.Client{Timeout: providerTimeout, Transport: &transport{answers: map[string]*answer{}}}
	ctx = oidc.ClientContext(ctx, client)
	p, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("OpenID provider %s: %w", issuer, err)
	}
	var about struct {
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := p.Claims(&about); err != nil || about.Keys == "" {
		return nil, errors.Join(fmt.Errorf("OpenID provider %s does not say where its keys are", issuer), err)
	}
	config := &oidc.Config{ClientID: audience}
	for _, name := range about.Algorithms {
		// With HS256 the public key would be the secret.
		if name != "none" && !strings.HasPrefix(name, "HS") {
			config.SupportedSigningAlgs = append(config.SupportedSigningAlgs, name)
		}
	}
	keys := keySet{oidc.NewRemoteKeySet(context.WithoutCancel(ctx), about.Keys)}
	return &Provider{issuer: issuer, verifier: oidc.NewVerifier(issuer, keys, config)}, nil
}

// Claims is what a provider's token says about a user. All but Subject may be empty.
type Claims struct {
	// Subject is the user's name at the provider, which is never given to another.
	Subject string `json:"sub"`
	// Email is the e-mail address, and Verified whether the provider has proven it.
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	// Name is what the provider calls the user: any text.
	Name string `json:"preferred_username"`
}

// verify reads a token. It fails with [ErrToken] and when the provider's keys cannot be
// had.
func (p *Provider) verify(ctx context.Context, text string) (Claims, error) {
	var c Claims
	if len(text) > maxToken {
		return c, ErrToken
	}
	var trouble error
	token, err := p.verifier.Verify(context.WithValue(ctx, troubleKey{}, &trouble), text)
	switch {
	case trouble != nil:
		return c, fmt.Errorf("fetch the keys of the OpenID provider: %w", trouble)
	case err != nil, token.Claims(&c) != nil, c.Subject == "", len(c.Subject) > maxSubject,
		strings.ContainsRune(c.Subject+c.Email+c.Name, 0): // Postgres has no such text
		return Claims{}, ErrToken
	}
	return c, nil
}

type troubleKey struct{}

// keySet tells trouble with the provider from bad tokens, which the verifier does not.
type keySet struct{ remote oidc.KeySet }

// VerifySignature implements oidc.KeySet.
func (k keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, token)
	var network *url.Error
	if trouble, ok := ctx.Value(troubleKey{}).(*error); ok && err != nil {
		if errors.As(err, &network) {
			*trouble = network
		} else {
			*trouble = ctx.Err()
		}
	}
	return payload, err
}

// transport asks the provider for the same thing once in [keysAge], and makes an error
// of an answer that is none.
type transport struct {
	mu      sync.Mutex
	answers map[string]*answer // by address: that of the keys and that of the description
}

type answer struct {
	at     time.Time
	header http.Header
	body   []byte
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	address := r.URL.String()
	a := t.answers[address]
	if a == nil || time.Since(a.at) > keysAge {
		var err error
		if a, err = fetch(r); err != nil {
			return nil, err
		}
		t.answers[address] = a
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

func fetch(r *http.Request) (*answer, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errors.New("its answer is too large")
	}
	return &answer{at: time.Now(), header: resp.Header, body: body}, err
}
