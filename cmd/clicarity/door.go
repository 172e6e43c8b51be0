package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"clicarity/internal/egress"
	"clicarity/internal/https"
)

// door is how people's connections are encrypted.
type door struct {
	cert, key string // files with a certificate and its key
	acme      bool   // an authority gives certificates
	email     string // whom it warns
	directory string // which authority; empty: the usual one
	plain     string // where people are sent to HTTPS, empty: nowhere
	proxy     bool   // a proxy in front does it
}

func (d door) tls() bool { return d.cert != "" || d.acme }

// readDoor reads how connections are encrypted, and refuses what could only be half of it.
func readDoor(getenv func(string) string, c config) (door, error) {
	d := door{email: getenv("CLICARITY_ACME_EMAIL"), directory: getenv("CLICARITY_ACME_DIRECTORY"), plain: getenv("CLICARITY_HTTP"), proxy: getenv("CLICARITY_PROXY") == "yes"}
	switch given := getenv("CLICARITY_TLS"); {
	case given == "":
		return d, nil
	case given == "acme":
		d.acme = true
	default:
		var ok bool
		if d.cert, d.key, ok = strings.Cut(given, ","); !ok || d.cert == "" || d.key == "" {
			return d, fmt.Errorf("CLICARITY_TLS is %q; write it like /etc/clicarity/cert.pem,/etc/clicarity/key.pem, or acme", given)
		}
	}
	if !c.secure() {
		return d, errors.New("CLICARITY_TLS needs CLICARITY_URL, such as https://jobs.example.in: the name that the certificate is for")
	}
	if _, port, _ := net.SplitHostPort(c.addr); d.plain == "" && (port == "443" || port == "https") {
		d.plain = ":80"
	}
	return d, nil
}

// mayServe refuses to serve where passwords would go over the network in the clear.
func (c config) mayServe() error {
	if c.door.tls() || c.door.proxy || https.Loopback(c.addr) {
		return nil
	}
	return fmt.Errorf("CLICARITY_ADDR is %s, which others reach, and nothing encrypts what they send: set CLICARITY_TLS, or CLICARITY_PROXY=yes when a proxy in front of it ends TLS", c.addr)
}

// names are those that people reach the service by.
func (c config) names() []string {
	var list []string
	for _, address := range []string{c.public, c.operator.Site} {
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			list = append(list, u.Hostname())
		}
	}
	return list
}

// open starts serving, encrypted where that is configured, with the plain door beside it. The plain server is there in any
// case, to be closed.
func (e env) open(ctx context.Context, server *http.Server, listener net.Listener, failed chan<- error) (plain *http.Server, err error) {
	plain = &http.Server{ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10, ErrorLog: server.ErrorLog}
	if e.secure() {
		server.Handler = https.Strict(server.Handler)
	}
	if !e.door.tls() {
		go func() { failed <- server.Serve(listener) }()
		return plain, nil
	}
	front, err := https.New(https.Config{Cert: e.door.cert, Key: e.door.key, Hosts: e.names(), Directory: e.door.directory, Email: e.door.email,
		Cache: filepath.Join(e.data, "acme"), Outside: egress.New(egress.CertificateAuthority, egress.Options{})})
	if err != nil {
		return nil, fmt.Errorf("CLICARITY_TLS: %w", err)
	}
	server.TLSConfig = front.TLS()
	if e.door.plain != "" {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", e.door.plain)
		if err != nil {
			return nil, fmt.Errorf("cannot send people on to HTTPS from %s: %w; set CLICARITY_HTTP to another address", e.door.plain, err)
		}
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		plain.Handler = front.Plain(port)
		go func() { failed <- plain.Serve(l) }()
	}
	go func() { failed <- server.ServeTLS(listener, "", "") }()
	return plain, nil
}
