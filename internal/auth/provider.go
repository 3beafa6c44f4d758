package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Provider is an external OpenID provider whose JSON Web Tokens are taken. Get one from
// [OpenProvider].
type Provider struct {
	issuer   string
	verifier *oidc.IDTokenVerifier
	client   *http.Client
}

const (
	// providerTimeout bounds one request to the provider.
	providerTimeout = 10 * time.Second
	// maxToken bounds the text of a provider's token, in bytes.
	maxToken = 16 << 10
	// maxSubject is the bound of OpenID Connect Core, section 2, in bytes.
	maxSubject = 255
)

// OpenProvider reads what the provider says of itself: where its keys are, which it
// fetches when they are first needed and again when they change, and how it signs.
// Tokens are taken that it signed with a public key for the audience, which is the id of
// the client that gets them. Source: OpenID Connect Discovery 1.0.
func OpenProvider(ctx context.Context, issuer, audience string) (*Provider, error) {
	client := &http.Client{Timeout: providerTimeout}
	// The keys are fetched with the context's values alone, whenever that is.
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, client), issuer)
	var network *url.Error
	switch {
	case errors.As(err, &network):
		return nil, fmt.Errorf("OpenID provider %s cannot be asked for %s: %w", issuer, network.URL, network.Err)
	case err != nil:
		return nil, fmt.Errorf("OpenID provider %s: %w", issuer, err)
	}
	return &Provider{issuer: issuer, verifier: p.VerifierContext(oidc.ClientContext(context.WithoutCancel(ctx), client), &oidc.Config{ClientID: audience}), client: client}, nil
}

// claims is what a token says of a user.
type claims struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"preferred_username"`
}

// verify reads a token. It fails with [ErrToken] and when the provider's keys cannot be
// had.
func (p *Provider) verify(ctx context.Context, text string) (claims, error) {
	var c claims
	if len(text) > maxToken {
		return c, ErrToken
	}
	token, err := p.verifier.Verify(ctx, text)
	var network *url.Error
	switch {
	case errors.As(err, &network), ctx.Err() != nil:
		return c, fmt.Errorf("fetch the keys of the OpenID provider: %w", err)
	case err != nil, token.Claims(&c) != nil, c.Subject == "", len(c.Subject) > maxSubject:
		return claims{}, ErrToken
	}
	return c, nil
}
