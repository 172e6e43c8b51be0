// Package idptest is a company's identity provider for tests: OpenID Connect over HTTP on this machine, with keys of its
// own, codes that are good once, PKCE and client authentication checked as a strict provider does. It can also lie.
package idptest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Person is who the provider's page says is there.
type Person struct {
	Email    string
	Verified any // true; others lie
}

// Provider is a running identity provider with one client.
type Provider struct {
	URL      string
	ClientID string
	Secret   string

	mu     sync.Mutex
	key    *rsa.PrivateKey
	person Person
	twist  func(claims map[string]any) // changes what the next tokens claim
	sign   func(head, body string) string
	codes  map[string]request
}

// request is what a code was given for.
type request struct{ nonce, challenge, redirect string }

// Start runs a provider until the test ends.
func Start(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{ClientID: "clicarity", Secret: "s3cret & more", key: key, codes: map[string]request{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /keys", p.keys)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// SignedIn says who is at the provider's page.
func (p *Provider) SignedIn(who Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = who
}

// Twist lets the provider claim something else in its tokens; nil ends it.
func (p *Provider) Twist(f func(claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.twist = f
}

// SignWith lets the provider put another head and signature on its tokens, of the body they have; nil ends it.
func (p *Provider) SignWith(f func(head, body string) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sign = f
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		panic(err)
	}
}

func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic"}, "code_challenge_methods_supported": []string{"S256"},
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"keys": []map[string]string{{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
		"n": b64(p.key.N.Bytes()), "e": b64(big.NewInt(int64(p.key.E)).Bytes())}}})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// authorize is the provider's page: whoever is signed in there is sent back at once.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != p.ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" {
		http.Error(w, "this is no request for a sign-in", http.StatusBadRequest)
		return
	}
	values := url.Values{"state": {q.Get("state")}, "iss": {p.URL}}
	p.mu.Lock()
	if p.person.Email == "" {
		values.Set("error", "access_denied")
	} else {
		code := rand.Text()
		p.codes[code] = request{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
		values.Set("code", code)
	}
	p.mu.Unlock()
	back.RawQuery = values.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case id != p.ClientID || secret != p.Secret:
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
	case !known || b64(proof[:]) != asked.challenge || r.PostFormValue("redirect_uri") != asked.redirect || r.PostFormValue("grant_type") != "authorization_code":
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
	default:
		answer(w, http.StatusOK, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "id_token": p.identity(asked.nonce)})
	}
}

// identity is the signed token that says who is there.
func (p *Provider) identity(nonce string) string {
	claims := map[string]any{"iss": p.URL, "aud": p.ClientID, "sub": "7", "nonce": nonce, "email": p.person.Email, "email_verified": p.person.Verified,
		"iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix()}
	if p.twist != nil {
		p.twist(claims)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	head := b64([]byte(`{"alg":"RS256","kid":"1","typ":"JWT"}`))
	if p.sign != nil {
		return p.sign(head, b64(body))
	}
	return p.Sign(head, b64(body), p.key)
}

// Sign is a token with a signature by a key.
func (p *Provider) Sign(head, body string, key *rsa.PrivateKey) string {
	digest := sha256.Sum256([]byte(head + "." + body))
	mac, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return head + "." + body + "." + b64(mac)
}

// Key is the provider's own key.
func (p *Provider) Key() *rsa.PrivateKey { return p.key }
