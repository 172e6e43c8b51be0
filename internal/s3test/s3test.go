// Package s3test runs a real S3 server for tests: versitygw over a directory, with versions. Before it stands a small proxy
// that does the one thing of Amazon's that the server does not: it answers what is written encrypted that it is. It can
// also leave that out, and it remembers what was asked.
package s3test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// The one who may do everything.
const (
	AccessKey = "clicarity"
	SecretKey = "made-up-for-tests"
	Bucket    = "files"
)

// Server is a running store with one empty bucket.
type Server struct {
	URL      string // for the product: s3://...
	Dir      string // where the bytes are, of older versions too
	Versions bool

	plain atomic.Bool
	mu    sync.Mutex
	asked []*http.Request
}

// Start runs a server until the test ends, with versions of objects or without.
func Start(t testing.TB, versions bool) *Server {
	t.Helper()
	s := &Server{Dir: t.TempDir(), Versions: versions}
	socket := s.gateway(t)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { // the host stays as it is: it is signed
			r.SetURL(&url.URL{Scheme: "http", Host: "gateway"})
			r.Out.Host = r.In.Host
			s.note(r.In)
		},
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}, DisableCompression: true},
		ModifyResponse: s.answer,
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	host := strings.TrimPrefix(front.URL, "http://")
	s.URL = "s3://" + AccessKey + ":" + SecretKey + "@" + host + "/" + Bucket + "?tls=off"
	s.makeBucket(t, host)
	return s
}

// note remembers a request, without its body.
func (s *Server) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, &http.Request{Method: r.Method, URL: r.URL, Header: r.Header.Clone()})
}

// Asked are the requests so far.
func (s *Server) Asked() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request{}, s.asked...)
}

// Plain has the server no longer say that it encrypts.
func (s *Server) Plain(plain bool) { s.plain.Store(plain) }

const sse = "X-Amz-Server-Side-Encryption"

func (s *Server) answer(r *http.Response) error {
	if r.StatusCode < http.StatusMultipleChoices && !s.plain.Load() {
		r.Header.Set(sse, "AES256")
	}
	return nil
}

// gateway starts versitygw on a socket.
func (s *Server) gateway(t testing.TB) (socket string) {
	t.Helper()
	run, err := os.MkdirTemp("", "s3-") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(run, "socket")
	folder := func(name string) string {
		name = filepath.Join(s.Dir, name)
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
		return name
	}
	args := []string{"--port", socket, "--quiet", "posix", "--sidecar", folder("meta")}
	if s.Versions {
		args = append(args, "--versioning-dir", folder("versions"))
	}
	cmd := exec.Command(program(t), append(args, folder("data"))...) //nolint:gosec,noctx // ends with the test
	cmd.Env = []string{"ROOT_ACCESS_KEY=" + AccessKey, "ROOT_SECRET_KEY=" + SecretKey, "HOME=" + run}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() //nolint:errcheck // it is stopped
	t.Cleanup(func() {
		_ = cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-ended
		if err := os.RemoveAll(run); err != nil {
			t.Error(err)
		}
	})
	await(t, socket, ended, &out)
	return socket
}

// await waits until the server answers.
func await(t testing.TB, socket string, ended chan struct{}, out *strings.Builder) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "unix", socket)
		if err == nil {
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			return
		}
		select {
		case <-ended:
			t.Fatalf("versitygw ended: %s", out.String())
		case <-look.C:
		}
	}
}

// program is versitygw, as make servers builds it.
func program(t testing.TB) string {
	t.Helper()
	built, err := filepath.Abs("../../bin/versitygw")
	if err == nil {
		_, err = os.Stat(built)
	}
	if err == nil {
		return built
	}
	found, err := exec.LookPath("versitygw")
	if err != nil {
		t.Fatal("there is no versitygw, the S3 server of the tests: make servers builds it")
	}
	return found
}

// Client is a client past the product: to look, and to leave things lying about.
func (s *Server) Client(t testing.TB) *minio.Client {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(AccessKey, SecretKey, ""), Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *Server) makeBucket(t testing.TB, host string) {
	t.Helper()
	c, err := minio.New(host, &minio.Options{Creds: credentials.NewStaticV4(AccessKey, SecretKey, ""), Region: "us-east-1"})
	if err == nil {
		err = c.MakeBucket(t.Context(), Bucket, minio.MakeBucketOptions{})
	}
	if err == nil && s.Versions {
		err = c.EnableVersioning(t.Context(), Bucket)
	}
	if err != nil {
		t.Fatal(errors.Join(errors.New("the bucket cannot be made"), err))
	}
}
