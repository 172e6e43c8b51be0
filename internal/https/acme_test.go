package https

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clicarity/internal/certtest"
)

// authority starts Pebble, an ACME authority for tests, and returns its directory and a client that believes it.
func authority(t *testing.T) (directory string, client *http.Client) {
	t.Helper()
	program, err := filepath.Abs("../../bin/pebble")
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		t.Skip("Pebble is not there: make servers builds it")
	}
	dir := t.TempDir()
	made := certtest.New(t, "jobs.example")
	cert, key := made.Write(t, dir)
	roots := made.Roots
	addr, management := free(t), free(t)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{"listenAddress": addr, "managementListenAddress": management, "certificate": cert, "privateKey": key, "httpPort": 5002, "tlsPort": 5001,
		"profiles": map[string]any{"default": map[string]any{"description": "as usual", "validityPeriod": 7776000}}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	pebble := exec.CommandContext(ctx, program, "-config", file)
	pebble.Env = append(os.Environ(), "PEBBLE_VA_ALWAYS_VALID=1", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	if err := pebble.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = pebble.Wait() })
	client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "jobs.example", MinVersion: tls.VersionTLS12}}}
	directory = "https://" + addr + "/dir"
	for {
		if resp, err := client.Get(directory); err == nil {
			_ = resp.Body.Close()
			return directory, client
		}
		select {
		case <-t.Context().Done():
			t.Fatal("Pebble does not answer")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestAnAuthorityGivesCertificates(t *testing.T) {
	t.Parallel()
	directory, client := authority(t)
	cache := t.TempDir()
	front := func(directory string) *Front {
		f, err := New(Config{Hosts: []string{"jobs.sahyadri.example"}, Directory: directory, Email: "ops@sahyadri.example", Cache: cache, Outside: client})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	s := served(t, front(directory), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "open") }))
	got, err := issued(s.Listener.Addr().String(), "jobs.sahyadri.example")
	if err != nil || len(got.DNSNames) != 1 || got.DNSNames[0] != "jobs.sahyadri.example" || !strings.Contains(got.Issuer.CommonName, "Pebble") {
		t.Fatalf("%v, %v", got, err)
	}
	if other, err := issued(s.Listener.Addr().String(), "other.example"); err == nil {
		t.Errorf("a certificate for a name that nobody configured: %v", other.DNSNames)
	}
	// Started again, with the authority gone, it still has it.
	again := served(t, front("https://127.0.0.1:1/dir"), http.NotFoundHandler())
	kept, err := issued(again.Listener.Addr().String(), "jobs.sahyadri.example")
	if err != nil || kept.SerialNumber.Cmp(got.SerialNumber) != 0 {
		t.Errorf("after a restart: %v, %v", kept, err)
	}
}

// issued is the certificate that a server shows for a name. It is looked at, not believed: nobody knows this authority.
func issued(addr, name string) (*x509.Certificate, error) {
	c, err := tls.Dial("tcp", addr, &tls.Config{ServerName: name, InsecureSkipVerify: true}) //nolint:gosec // see above
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	list := c.ConnectionState().PeerCertificates
	if len(list) == 0 || list[0].VerifyHostname(name) != nil {
		return nil, fmt.Errorf("no certificate for %s", name)
	}
	return list[0], nil
}
