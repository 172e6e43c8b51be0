// Package passkeys registers and checks passkeys (WebAuthn) for one site.
package passkeys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ErrWrong says that an answer does not prove what it should: it was made for another site, another person or another
// question, or with another key.
var ErrWrong = errors.New("passkeys: not proven")

// ErrNoName says that a site has no name that passkeys could belong to, but a bare address.
var ErrNoName = errors.New("passkeys: the site has no host name")

// Site is where passkeys are used: they belong to its host, and answer questions on its pages only.
type Site struct{ rp *webauthn.WebAuthn }

// New is the site at an address, such as https://jobs.example.in.
func New(address string) (*Site, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return nil, ErrNoName
	}
	rp, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Clicarity", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation})
	return &Site{rp}, err
}

// Key is a registered passkey.
type Key struct {
	ID   []byte // that browsers name it by
	Body string // what is needed to check its answers; no secret
}

// Holder is somebody with passkeys.
type Holder struct {
	Handle []byte // names the holder to the browser; at most 64 bytes, no personal data
	Login  string // what the browser shows
	Name   string
	Keys   []Key
}

// Asked is a question put to a browser, with what is needed to check its answer. State goes through the browser, so
// the caller seals it.
type Asked struct {
	Options string // JSON for navigator.credentials
	State   []byte
}

// holder makes a Holder known to the library.
type holder struct {
	Holder
	credentials []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return h.Handle }
func (h holder) WebAuthnName() string                       { return h.Login }
func (h holder) WebAuthnDisplayName() string                { return h.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func known(h Holder) (holder, error) {
	all := holder{Holder: h}
	for _, k := range h.Keys {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(k.Body), &c); err != nil {
			return all, fmt.Errorf("a stored passkey cannot be read: %w", err)
		}
		all.credentials = append(all.credentials, c)
	}
	return all, nil
}

// Register asks a browser for a new passkey that also names its holder, so that it can stand for the password too.
func (s *Site) Register(h Holder) (Asked, error) {
	who, err := known(h)
	if err != nil {
		return Asked{}, err
	}
	options, session, err := s.rp.BeginRegistration(who,
		webauthn.WithExclusions(webauthn.Credentials(who.credentials).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired}))
	if err != nil {
		return Asked{}, err
	}
	return asked(options.Response, session)
}

// Registered is the new passkey in an answer to Register.
func (s *Site) Registered(h Holder, state []byte, answer string) (Key, error) {
	who, session, err := begun(h, state)
	if err != nil {
		return Key{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return Key{}, wrong(err)
	}
	c, err := s.rp.CreateCredential(who, session, parsed)
	if err != nil {
		return Key{}, wrong(err)
	}
	return key(c)
}

// Ask asks a browser for an answer with one of the holder's passkeys.
func (s *Site) Ask(h Holder) (Asked, error) {
	who, err := known(h)
	if err != nil {
		return Asked{}, err
	}
	options, session, err := s.rp.BeginLogin(who, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Asked{}, err
	}
	return asked(options.Response, session)
}

// AskAnybody asks a browser for an answer with any passkey of the site; the answer says whose it is.
func (s *Site) AskAnybody() (Asked, error) {
	options, session, err := s.rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Asked{}, err
	}
	return asked(options.Response, session)
}

// Handle is whose an answer says it is. Nothing is proven by it.
func Handle(answer string) ([]byte, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return nil, wrong(err)
	}
	return parsed.Response.UserHandle, nil
}

// Answered is the passkey that an answer to Ask or AskAnybody was made with, as it is to be kept from now on. A key
// that counts backwards was copied, and proves nothing.
func (s *Site) Answered(h Holder, state []byte, answer string) (Key, error) {
	who, session, err := begun(h, state)
	if err != nil {
		return Key{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Key{}, wrong(err)
	}
	var c *webauthn.Credential
	if len(session.UserID) > 0 {
		c, err = s.rp.ValidateLogin(who, session, parsed)
	} else {
		c, err = s.rp.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
			if !bytes.Equal(handle, h.Handle) {
				return nil, ErrWrong
			}
			return who, nil
		}, session, parsed)
	}
	switch {
	case err != nil:
		return Key{}, wrong(err)
	case c.Authenticator.CloneWarning:
		return Key{}, ErrWrong
	}
	return key(c)
}

func asked(options any, session *webauthn.SessionData) (Asked, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return Asked{}, err
	}
	state, err := json.Marshal(session)
	return Asked{string(text), state}, err
}

func begun(h Holder, state []byte) (holder, webauthn.SessionData, error) {
	var session webauthn.SessionData
	who, err := known(h)
	if err == nil {
		err = json.Unmarshal(state, &session)
	}
	return who, session, err
}

func key(c *webauthn.Credential) (Key, error) {
	body, err := json.Marshal(c)
	return Key{c.ID, string(body)}, err
}

func wrong(err error) error { return fmt.Errorf("%w: %w", ErrWrong, err) }
