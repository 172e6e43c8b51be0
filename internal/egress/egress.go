// Package egress is the one way out: every request that leaves the program for an address that somebody typed goes through
// it. It reaches public hosts by HTTPS and nothing else, so that no address can make the program ask its own network.
package egress

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Options are for tests; the product uses none.
type Options struct {
	Loopback bool          // reach 127.0.0.0/8 and ::1 too, there without TLS
	Resolver *net.Resolver // instead of the system's
	Timeout  time.Duration // of a whole exchange; 0: ten seconds
	TLS      *tls.Config   // whose certificates are believed
}

// ErrForbidden is why a request was not made: its address is not one that may be reached.
var ErrForbidden = errors.New("egress: this address may not be reached")

// MaxBody is the most that is read of an answer.
const MaxBody = 1 << 20

const maxRedirects = 3

// New makes a client to a party of the register. It keeps no connections: each is looked at when it is made, and serves one
// exchange.
func New(p Party, o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	dialer := &net.Dialer{Timeout: o.Timeout / 2, Resolver: o.Resolver, Control: o.control}
	transport := &http.Transport{
		Proxy:       nil, // a proxy would resolve the name itself, where nobody looks
		DialContext: dialer.DialContext, TLSClientConfig: tlsConfig(o.TLS), TLSHandshakeTimeout: o.Timeout / 2, ResponseHeaderTimeout: o.Timeout,
		MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true, ForceAttemptHTTP2: true,
	}
	return &http.Client{Transport: guard{transport, o, p}, Timeout: o.Timeout, CheckRedirect: sameHost}
}

func tlsConfig(given *tls.Config) *tls.Config {
	if given == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	c := given.Clone()
	c.MinVersion = tls.VersionTLS12
	return c
}

// sameHost lets an answer send on within its own host only.
func sameHost(r *http.Request, via []*http.Request) error {
	switch first := via[0].URL; {
	case len(via) > maxRedirects:
		return errors.New("egress: sent on too often")
	case r.URL.Host != first.Host || r.URL.Scheme != first.Scheme:
		return fmt.Errorf("%w: sent on to another host", ErrForbidden)
	}
	return nil
}

// guard looks at the address of every request, and bounds its answer.
type guard struct {
	http.RoundTripper
	Options
	party Party
}

// RoundTrip makes one exchange.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.Options.check(r.URL); err != nil {
		return nil, err
	}
	if err := g.party.at(r.URL); err != nil && !g.Options.home(r.URL) {
		return nil, err
	}
	if err := g.party.admit(r); err != nil {
		return nil, err
	}
	resp, err := g.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &bounded{ReadCloser: resp.Body, left: MaxBody}
	return resp, nil
}

// bounded fails when an answer is longer than it may be, instead of taking part of it for the whole.
type bounded struct {
	io.ReadCloser
	left int
}

// ErrTooLong says that an answer was longer than MaxBody.
var ErrTooLong = errors.New("egress: the answer is too long")

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	if n > b.left {
		return b.left, ErrTooLong
	}
	b.left -= n
	return n, err
}

// Check reports whether an address that somebody typed can be one to reach, before anything is asked of it: https, a
// host, and neither a password nor an address of the own network in it. What its name stands for is looked at when the
// connection is made.
func Check(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return fmt.Errorf("%w: it cannot be read", ErrForbidden)
	}
	return Options{}.check(u)
}

func (o Options) check(u *url.URL) error {
	host := u.Hostname()
	ip, notIP := netip.ParseAddr(host)
	switch {
	case u.Opaque != "" || host == "" || u.User != nil || strings.ContainsAny(host, " \t\r\n\x00%"):
		return fmt.Errorf("%w: it is no plain address", ErrForbidden)
	case u.Scheme == "http" && o.home(u):
		return nil
	case u.Scheme != "https":
		return fmt.Errorf("%w: only https", ErrForbidden)
	case notIP == nil && !o.reachable(ip):
		return fmt.Errorf("%w: it is not public", ErrForbidden)
	}
	return nil
}

// home reports whether an address is one of this machine, where that may be reached.
func (o Options) home(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return o.Loopback && err == nil && ip.Unmap().IsLoopback()
}

// control looks at what a name turned out to stand for, when the connection is about to be made: whatever the name said
// before, and whatever it will say the next time.
func (o Options) control(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" || !o.reachable(at.Addr()) {
		return fmt.Errorf("%w: it is not public", ErrForbidden)
	}
	return nil
}

// special are ranges inside the public ones that lead elsewhere: private, shared, for documentation and measuring, and
// those that stand for another address inside.
var special = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")

// global is the space of public unicast addresses of IPv6.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		list[i] = netip.MustParsePrefix(t)
	}
	return list
}

// reachable reports whether an address is a public one.
func (o Options) reachable(ip netip.Addr) bool {
	if ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	if o.Loopback && ip.IsLoopback() {
		return true
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !global.Contains(ip) {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
