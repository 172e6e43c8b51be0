package https

import (
	"crypto/tls"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"clicarity/internal/certtest"
)

// served opens a front with a certificate from files.
func served(t *testing.T, f *Front, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS, s.Config.ErrorLog = f.TLS(), log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func dial(s *httptest.Server, c *tls.Config) (*tls.Conn, error) {
	return tls.Dial("tcp", strings.TrimPrefix(s.URL, "https://"), c)
}

func TestOldProtocolsAreRefused(t *testing.T) {
	t.Parallel()
	made := certtest.New(t, "jobs.example")
	cert, key := made.Write(t, t.TempDir())
	roots := made.Roots
	f, err := New(Config{Cert: cert, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	s := served(t, f, Strict(http.NotFoundHandler()))
	for version, taken := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} { //nolint:gosec // asked for to be refused
		c, err := dial(s, &tls.Config{RootCAs: roots, ServerName: "jobs.example", MinVersion: version, MaxVersion: version})
		if (err == nil) != taken {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = c.Close()
		}
	}
	if _, err := dial(s, &tls.Config{RootCAs: roots, ServerName: "other.example"}); err == nil { //nolint:gosec // the newest there is
		t.Error("a certificate for another name was believed")
	}
	for _, suite := range tls.InsecureCipherSuites() {
		if c, err := dial(s, &tls.Config{RootCAs: roots, ServerName: "jobs.example", MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}}); err == nil { //nolint:gosec // asked for to be refused
			_ = c.Close()
			t.Errorf("%s was agreed on", suite.Name)
		}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "jobs.example", MinVersion: tls.VersionTLS12}}}
	resp, err := client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || !strings.Contains(resp.Header.Get("Strict-Transport-Security"), "max-age=31536000") {
		t.Errorf("browsers are told %q, %v", resp.Header.Get("Strict-Transport-Security"), err)
	}
}

func TestARenewedCertificateIsUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, renewed := certtest.New(t, "jobs.example"), certtest.New(t, "jobs.example")
	cert, key := first.Write(t, dir)
	f, err := New(Config{Cert: cert, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	s := served(t, f, http.NotFoundHandler())
	serial := func() *big.Int {
		c, err := dial(s, &tls.Config{InsecureSkipVerify: true, ServerName: "jobs.example"}) //nolint:gosec // looked at, not believed
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		return c.ConnectionState().PeerCertificates[0].SerialNumber
	}
	if serial().Cmp(first.Serial) != 0 {
		t.Error("another certificate")
	}
	if err := os.WriteFile(cert, []byte("half wri"), 0o600); err != nil {
		t.Fatal(err)
	}
	if serial().Cmp(first.Serial) != 0 {
		t.Error("the one before does not go on while the new one is written")
	}
	renewed.Write(t, dir)
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(cert, later, later); err != nil {
		t.Fatal(err)
	}
	if serial().Cmp(renewed.Serial) != 0 {
		t.Error("the renewed certificate is not used")
	}
}

func TestCertificatesThatCannotBeUsedAreToldAtOnce(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{Cert: "/nowhere/cert.pem", Key: "/nowhere/key.pem"}); err == nil {
		t.Error("certificates that are not there")
	}
	if _, err := New(Config{Cache: t.TempDir()}); err == nil {
		t.Error("an authority without a name")
	}
}

func TestThePlainDoorOnlySendsToTheEncryptedOne(t *testing.T) {
	t.Parallel()
	cert, key := certtest.New(t, "jobs.example").Write(t, t.TempDir())
	f, err := New(Config{Cert: cert, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, host, path, port string
		status                   int
		to                       string
	}{
		{"GET", "jobs.example", "/my?x=1", "443", 301, "https://jobs.example/my?x=1"},
		{"GET", "jobs.example:80", "/", "8443", 301, "https://jobs.example:8443/"},
		{"GET", "[::1]:80", "/", "443", 301, "https://[::1]/"},
		{"POST", "jobs.example", "/sign-in", "443", 403, ""},
		{"GET", "a@b.example", "/", "443", 403, ""},
	} {
		rec := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil)
		r.Host = c.host
		f.Plain(c.port).ServeHTTP(rec, r)
		resp := rec.Result()
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != c.status || resp.Header.Get("Location") != c.to {
			t.Errorf("%s http://%s%s: %d %q", c.method, c.host, c.path, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for addr, is := range map[string]bool{"127.0.0.1:8080": true, "localhost:80": true, "[::1]:80": true, ":8080": false, "0.0.0.0:80": false, "192.168.1.4:80": false, "10.0.0.1:80": false, "x": false} {
		if Loopback(addr) != is {
			t.Errorf("%s: %v", addr, !is)
		}
	}
}
