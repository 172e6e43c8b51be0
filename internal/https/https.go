// Package https is the encrypted door: certificates from files or from an ACME authority, TLS 1.2 and newer, browsers told to
// come no other way, and a plain door that only sends people to the encrypted one.
package https

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// Config says where certificates come from: two files, or an authority.
type Config struct {
	Cert, Key string // PEM files; read again when they change

	Hosts     []string     // the names to ask the authority for; others get no certificate
	Directory string       // of the authority; empty: Let's Encrypt
	Email     string       // whom the authority warns
	Cache     string       // directory for the account and the certificates
	Outside   *http.Client // the way to the authority
}

// Front is the encrypted door.
type Front struct {
	config *tls.Config
	plain  func(fallback http.Handler) http.Handler
}

// New opens the certificates. One that cannot be read is an error now, not at the first request.
func New(c Config) (*Front, error) {
	if c.Cert != "" {
		p := &pair{cert: c.Cert, key: c.Key}
		if _, err := p.get(nil); err != nil {
			return nil, fmt.Errorf("the certificate cannot be used: %w", err)
		}
		return &Front{config: &tls.Config{GetCertificate: p.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}},
			plain: func(h http.Handler) http.Handler { return h }}, nil
	}
	if len(c.Hosts) == 0 {
		return nil, errors.New("an authority gives certificates to names only: say by which people reach the service")
	}
	m := &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(c.Cache), HostPolicy: autocert.HostWhitelist(c.Hosts...), Email: c.Email,
		Client: &acme.Client{DirectoryURL: c.Directory, HTTPClient: c.Outside, UserAgent: "clicarity"}}
	if c.Directory == "" {
		m.Client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	config := m.TLSConfig()
	config.MinVersion = tls.VersionTLS12
	return &Front{config: config, plain: m.HTTPHandler}, nil
}

// TLS is how the door is opened.
func (f *Front) TLS() *tls.Config { return f.config.Clone() }

// Plain is the plain door: it answers the authority, and sends everybody else to the same address by HTTPS. A form that
// was sent there is refused: it was read by whoever is on the way already, and must not seem to work.
func (f *Front) Plain(port string) http.Handler {
	return f.plain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.Trim(host, "[]")
		if r.Method != http.MethodGet && r.Method != http.MethodHead || host == "" || strings.ContainsAny(host, "/\\@") {
			w.Header().Set("Connection", "close")
			http.Error(w, "Use https://", http.StatusForbidden)
			return
		}
		switch {
		case port != "443":
			host = net.JoinHostPort(host, port)
		case strings.Contains(host, ":"):
			host = "[" + host + "]"
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusMovedPermanently) //nolint:gosec // the same host
	}))
}

// forAYear is what browsers are told: for a year this name is reached by HTTPS only.
const forAYear = "max-age=31536000"

// Strict tells browsers to come by HTTPS only.
func Strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", forAYear)
		next.ServeHTTP(w, r)
	})
}

// pair is a certificate and its key in files, which whoever renews them writes anew.
type pair struct {
	cert, key string

	mu     sync.Mutex
	loaded *tls.Certificate
	of     [2]time.Time // when the files were changed
}

// get is the certificate as the files have it. While they are half written the one before goes on.
func (p *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, err := changed(p.cert, p.key)
	if err == nil && p.loaded != nil && now == p.of {
		return p.loaded, nil
	}
	if err == nil {
		var c tls.Certificate
		if c, err = tls.LoadX509KeyPair(p.cert, p.key); err == nil {
			p.loaded, p.of = &c, now
		}
	}
	if p.loaded != nil {
		return p.loaded, nil
	}
	return nil, err
}

func changed(files ...string) (times [2]time.Time, err error) {
	for i, name := range files {
		info, err := os.Stat(filepath.Clean(name))
		if err != nil {
			return times, err
		}
		times[i] = info.ModTime()
	}
	return times, nil
}

// Loopback reports whether an address to serve on is reached from this machine only.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
