package egress_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"clicarity/internal/egress"
)

// names is a resolver whose answers the test gives: for each question the next of the list, the last for ever.
func names(t *testing.T, answers ...string) *net.Resolver {
	t.Helper()
	socket, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go serveNames(socket, answers)
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func serveNames(socket net.PacketConn, answers []string) {
	asked := map[dnsmessage.Type]int{}
	buf := make([]byte, 1500)
	for {
		n, from, err := socket.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		ip := net.ParseIP(answers[min(asked[q.Type], len(answers)-1)])
		asked[q.Type]++
		head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
		if four := ip.To4(); four != nil && q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: [4]byte(four)}}}
		} else if four == nil && q.Type == dnsmessage.TypeAAAA {
			m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{AAAA: [16]byte(ip.To16())}}}
		}
		if out, err := m.Pack(); err == nil {
			_, _ = socket.WriteTo(out, from)
		}
	}
}

func get(t *testing.T, c *http.Client, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := c.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// private are addresses that lead into the program's own network, or to nobody.
var private = []string{"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200",
	"192.0.0.192", "198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
	"::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378::", "2001:db8::1", "fc00::1", "fd00:ec2::254",
	"fe80::1", "fec0::1", "ff02::1", "100::1", "5f00::1"}

// No address that somebody types reaches the program's own network, however it is written.
func TestAbuseSSRFByAddress(t *testing.T) {
	t.Parallel()
	c := egress.New(egress.CertificateAuthority, egress.Options{})
	urls := []string{"http://login.example/", "ftp://login.example/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "//login.example", "login.example", "https://", "https:///x", "https:login.example",
		"https://user:pass@login.example/", "https://login.example@127.0.0.1/", "https://[fe80::1%25eth0]/", "https://127.0.0.1:5432/", "", "javascript:alert(1)", "unix:///var/run/docker.sock",
		"https://[::ffff:7f00:1]/", "https://[0:0:0:0:0:ffff:127.0.0.1]/", "HTTP://127.0.0.1/"}
	for _, ip := range private {
		urls = append(urls, (&url.URL{Scheme: "https", Host: net.JoinHostPort(ip, "443"), Path: "/latest/meta-data/"}).String())
	}
	for _, u := range urls {
		if err := egress.Check(u); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s passes: %v", u, err)
		}
		if _, err := get(t, c, u); err == nil {
			t.Errorf("%s was reached", u)
		}
	}
	for _, u := range []string{"https://login.example", "https://accounts.google.com", "https://login.example:8443/realms/x", "https://93.184.216.34/", "https://[2606:2800:220:1::1]/"} {
		if err := egress.Check(u); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
}

// A name that stands for an address of the own network is not reached, whatever the name looks like: also those that only
// look like names, decimal, octal, hexadecimal and short forms.
func TestAbuseSSRFByName(t *testing.T) {
	t.Parallel()
	for _, ip := range private {
		c := egress.New(egress.CertificateAuthority, egress.Options{Resolver: names(t, ip)})
		if _, err := get(t, c, "https://login.example/"); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("a name for %s: %v", ip, err)
		}
	}
	c := egress.New(egress.CertificateAuthority, egress.Options{Resolver: names(t, "127.0.0.1")})
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.nip.example", "localhost", "metadata.google.internal", "xn--nxasmq6b"} {
		if _, err := get(t, c, "https://"+host+"/"); err == nil {
			t.Errorf("%s was reached", host)
		}
	}
}

// A name that is public when it is looked at and private when it is used is not reached either.
func TestAbuseSSRFByRebinding(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(inside.Close)
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resolver := names(t, "192.0.2.1", "127.0.0.1") // first one that leads nowhere, then home
	trusting := inside.Client().Transport.(*http.Transport).TLSClientConfig
	c := egress.New(egress.CertificateAuthority, egress.Options{Resolver: resolver, TLS: trusting})
	if err := egress.Check("https://login.example:" + port); err != nil {
		t.Errorf("the address itself: %v", err)
	}
	for range 3 {
		if _, err := get(t, c, "https://login.example:"+port+"/"); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("rebound: %v", err)
		}
	}
	if hits.Load() != 0 {
		t.Error("the own network was reached")
	}
}

// An answer does not send on to another host, and not down from TLS.
func TestAbuseSSRFByRedirect(t *testing.T) {
	t.Parallel()
	var inside atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	t.Cleanup(other.Close)
	mux := http.NewServeMux()
	mux.Handle("/out", http.RedirectHandler(other.URL, http.StatusFound))
	mux.Handle("/down", http.RedirectHandler("http://127.0.0.1:1/", http.StatusTemporaryRedirect))
	mux.Handle("/meta", http.RedirectHandler("https://169.254.169.254/latest/", http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.Handle("/once", http.RedirectHandler("/here", http.StatusFound))
	mux.HandleFunc("/here", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c := egress.New(egress.CertificateAuthority, egress.Options{Loopback: true})
	for _, path := range []string{"/out", "/down", "/meta", "/round"} {
		if _, err := get(t, c, server.URL+path); err == nil {
			t.Errorf("%s was followed", path)
		}
	}
	if text, err := get(t, c, server.URL+"/once"); err != nil || text != "here" {
		t.Errorf("within the host: %q %v", text, err)
	}
	if inside.Load() != 0 {
		t.Error("another host was asked")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", egress.MaxBody))
		if r.URL.Path == "/long" {
			_, _ = io.WriteString(w, "x")
		}
	}))
	t.Cleanup(server.Close)
	c := egress.New(egress.CertificateAuthority, egress.Options{Loopback: true, TLS: server.Client().Transport.(*http.Transport).TLSClientConfig})
	if text, err := get(t, c, server.URL+"/"); err != nil || len(text) != egress.MaxBody {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if text, err := get(t, c, server.URL+"/long"); !errors.Is(err, egress.ErrTooLong) {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if _, err := get(t, egress.New(egress.CertificateAuthority, egress.Options{Loopback: true}), server.URL); err == nil {
		t.Error("a certificate of nobody was believed")
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} //nolint:gosec // what is to be refused
	old.StartTLS()
	t.Cleanup(old.Close)
	if _, err := get(t, egress.New(egress.CertificateAuthority, egress.Options{Loopback: true, TLS: old.Client().Transport.(*http.Transport).TLSClientConfig}), old.URL); err == nil {
		t.Error("an old TLS was spoken")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("https://login.example")
	f.Add("https://[::ffff:127.0.0.1]/")
	f.Fuzz(func(t *testing.T, text string) {
		if egress.Check(text) != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			t.Errorf("%q passes", text)
		}
		if ip := net.ParseIP(u.Hostname()); ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()) {
			t.Errorf("%q passes", text)
		}
	})
}
