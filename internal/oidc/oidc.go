// Package oidc signs people in with their company's identity provider: OpenID Connect, an authorization code with PKCE, and
// an identity token whose signature, issuer, audience, time and nonce are checked.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Provider is a company's identity provider as it was set up.
type Provider struct {
	Issuer   string
	ClientID string
	Secret   string
	Redirect string // where it sends people back to
}

// Client talks to identity providers.
type Client struct {
	HTTP *http.Client
	Now  func() time.Time
}

// Attempt is one sign-in under way: what only the browser that began it knows.
type Attempt struct {
	State    string
	Nonce    string
	Verifier string // of PKCE
}

// What can go wrong, for a sentence to the person.
var (
	ErrUnreachable = errors.New("oidc: the identity provider does not answer as one")
	ErrRefused     = errors.New("oidc: the identity provider did not let them in")
	ErrWrong       = errors.New("oidc: the answer is not for this sign-in")
	ErrUnverified  = errors.New("oidc: the e-mail address is not verified")
)

// algorithms are the signatures that are believed: none that a shared secret could make.
var algorithms = []string{gooidc.RS256, gooidc.RS384, gooidc.RS512, gooidc.ES256, gooidc.ES384, gooidc.ES512, gooidc.PS256, gooidc.PS384, gooidc.PS512, gooidc.EdDSA}

// Check asks an issuer for its description.
func (c Client) Check(ctx context.Context, issuer string) error {
	_, _, err := c.discover(ctx, Provider{Issuer: issuer})
	return err
}

// discover reads the provider's description, which names the same issuer.
func (c Client) discover(ctx context.Context, p Provider) (*gooidc.Provider, oauth2.Config, error) {
	found, err := gooidc.NewProvider(gooidc.ClientContext(ctx, c.HTTP), p.Issuer)
	if err != nil {
		return nil, oauth2.Config{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	var more struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, oauth2.Config{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	at := found.Endpoint()
	if !sameKind(p.Issuer, at.AuthURL) || !sameKind(p.Issuer, at.TokenURL) {
		return nil, oauth2.Config{}, fmt.Errorf("%w: it sends people to %q", ErrUnreachable, at.AuthURL)
	}
	at.AuthStyle = oauth2.AuthStyleInHeader // without trying both: a code is good once
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		at.AuthStyle = oauth2.AuthStyleInParams
	}
	return found, oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: at, RedirectURL: p.Redirect, Scopes: []string{gooidc.ScopeOpenID, "email"}}, nil
}

// sameKind reports whether an address is a web address that is as safe on its way as the issuer's.
func sameKind(issuer, address string) bool {
	i, err := url.Parse(issuer)
	a, err2 := url.Parse(address)
	return err == nil && err2 == nil && a.Host != "" && a.Scheme == i.Scheme && (a.Scheme == "https" || a.Scheme == "http")
}

// Begin is where to send a person, and what their browser keeps until they are back.
func (c Client) Begin(ctx context.Context, p Provider) (to string, a Attempt, err error) {
	_, cfg, err := c.discover(ctx, p)
	if err != nil {
		return "", a, err
	}
	a = Attempt{State: unguessable(), Nonce: unguessable(), Verifier: oauth2.GenerateVerifier()}
	return cfg.AuthCodeURL(a.State, gooidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), a, nil
}

func unguessable() string {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil { // the operating system's randomness does not fail
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Finish takes what a person came back with for the verified e-mail address that the provider vouches for.
func (c Client) Finish(ctx context.Context, p Provider, a Attempt, back url.Values) (email string, err error) {
	if a.State == "" || subtle.ConstantTimeCompare([]byte(back.Get("state")), []byte(a.State)) != 1 {
		return "", ErrWrong
	}
	if iss := back.Get("iss"); iss != "" && iss != p.Issuer { // RFC 9207
		return "", ErrWrong
	}
	if back.Get("error") != "" || back.Get("code") == "" {
		return "", ErrRefused
	}
	found, cfg, err := c.discover(ctx, p)
	if err != nil {
		return "", err
	}
	ctx = gooidc.ClientContext(ctx, c.HTTP)
	token, err := cfg.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(a.Verifier))
	var answer *oauth2.RetrieveError
	switch {
	case errors.As(err, &answer):
		return "", fmt.Errorf("%w: %s", ErrRefused, answer.ErrorCode)
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.VerifierContext(ctx, &gooidc.Config{ClientID: p.ClientID, Now: c.Now, SupportedSigningAlgs: algorithms}).Verify(ctx, raw)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrWrong, err)
	}
	return verified(id, p, a)
}

// verified is the e-mail address of an identity token that is for us, and for this attempt.
func verified(id *gooidc.IDToken, p Provider, a Attempt) (string, error) {
	var claims struct {
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // some send it as text
		For      string `json:"azp"`
	}
	if err := id.Claims(&claims); err != nil {
		return "", fmt.Errorf("%w: %w", ErrWrong, err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1,
		len(id.Audience) > 1 && claims.For != p.ClientID, claims.For != "" && claims.For != p.ClientID:
		return "", ErrWrong
	case claims.Verified != true && claims.Verified != "true", strings.Count(claims.Email, "@") != 1:
		return "", ErrUnverified
	}
	return claims.Email, nil
}
