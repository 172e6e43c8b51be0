package objects

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"
)

const (
	s3Scheme  = "s3://"
	sseHeader = "X-Amz-Server-Side-Encryption"
	partSize  = 8 << 20 // of an upload, which is in memory a part at a time
)

// s3 keeps objects in a bucket. Every write asks the store to encrypt, and every answer about an object must say that it
// does: what does not is no store for us.
type s3 struct {
	client *minio.Client
	host   string
	bucket string
}

// s3Place is where a bucket is, as its address says it.
type s3Place struct {
	host, bucket, region, key, secret string
	plain                             bool // without TLS, which goes to this machine only
}

func parseS3(address, secret string) (p s3Place, err error) {
	wrong := errors.New("the store of files is written s3://KEY:SECRET@host/bucket?region=ap-south-1; the secret may be in CLICARITY_S3_SECRET instead")
	u, err := url.Parse(address)
	if err != nil || u.Scheme+"://" != s3Scheme || u.User == nil || u.Host == "" {
		return p, wrong
	}
	given, _ := u.User.Password()
	p = s3Place{host: u.Host, bucket: strings.Trim(u.Path, "/"), region: u.Query().Get("region"), key: u.User.Username(), secret: given, plain: u.Query().Get("tls") == "off"}
	if secret != "" {
		p.secret = secret
	}
	if p.key == "" || p.secret == "" || p.bucket == "" || strings.Contains(p.bucket, "/") {
		return p, wrong
	}
	if ip := net.ParseIP(u.Hostname()); p.plain && (ip == nil || !ip.IsLoopback()) {
		return p, errors.New("the store of files is reached without TLS on this machine only, as s3://...@127.0.0.1:9000/bucket?tls=off")
	}
	if p.region == "" {
		p.region = "us-east-1" // what stores that have no regions call theirs
	}
	return p, nil
}

func openS3(address, secret string, trust *tls.Config) (*s3, error) {
	p, err := parseS3(address, secret)
	if err != nil {
		return nil, err
	}
	way, err := minio.DefaultTransport(!p.plain)
	if err != nil {
		return nil, err
	}
	if trust != nil {
		way.TLSClientConfig = trust.Clone()
	}
	if way.TLSClientConfig != nil {
		way.TLSClientConfig.MinVersion = tls.VersionTLS12
	}
	client, err := minio.New(p.host, &minio.Options{
		Creds: credentials.NewStaticV4(p.key, p.secret, ""), Secure: !p.plain, Region: p.region, Transport: encrypted{way}, MaxRetries: 3,
	})
	if err != nil {
		return nil, err
	}
	return &s3{client, p.host, p.bucket}, nil
}

// ErrNotEncrypted says that the store does not say that it encrypts what it keeps.
var ErrNotEncrypted = errors.New("the store of files does not say that it keeps them encrypted (x-amz-server-side-encryption): switch default encryption on for the bucket")

// encrypted looks at what goes to the store and what it answers.
type encrypted struct{ http.RoundTripper }

// RoundTrip makes one exchange.
func (e encrypted) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode >= http.StatusMultipleChoices || !aboutObject(r) {
		return resp, err
	}
	if got := resp.Header.Get(sseHeader); got != "AES256" && got != "aws:kms" {
		return nil, errors.Join(ErrNotEncrypted, resp.Body.Close())
	}
	return resp, nil
}

// aboutObject reports whether the answer to a request says how an object is encrypted: what writes one, and what reads it.
func aboutObject(r *http.Request) bool {
	q := r.URL.Query()
	switch r.Method {
	case http.MethodPut, http.MethodPost:
		return r.Header.Get(sseHeader) != ""
	case http.MethodGet, http.MethodHead:
		return q.Get("uploadId") == "" && (strings.Contains(r.URL.Path, "/t/") || strings.Contains(r.URL.Path, "/b/"))
	}
	return false
}

func (s *s3) String() string { return s3Scheme + s.host + "/" + s.bucket }

// Ping asks for the bucket, and writes an object to see that it is encrypted.
func (s *s3) Ping(ctx context.Context) error {
	ok, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("there is no bucket %s at %s", s.bucket, s.host)
	}
	const key = "t/ping"
	return errors.Join(s.Put(ctx, key, strings.NewReader("ping")), s.Delete(ctx, key))
}

// Put uploads, in parts when it is long.
func (s *s3) Put(ctx context.Context, key string, r io.Reader) error {
	if err := checkKey(key); err != nil {
		return err
	}
	_, err := s.client.PutObject(ctx, s.bucket, key, r, -1, minio.PutObjectOptions{
		ServerSideEncryption: encrypt.NewSSE(), ContentType: "application/octet-stream", PartSize: partSize, NumThreads: 1,
	})
	if errors.Is(err, ErrNotEncrypted) { // it may be there all the same
		return errors.Join(err, s.Delete(context.WithoutCancel(ctx), key))
	}
	return err
}

// Open reads a part of an object.
func (s *s3) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if checkKey(key) != nil {
		return nil, ErrNotFound
	}
	if length <= 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	var o minio.GetObjectOptions
	if err := o.SetRange(offset, offset+length-1); err != nil {
		return nil, err
	}
	body, _, _, err := minio.Core{Client: s.client}.GetObject(ctx, s.bucket, key, o)
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchKey:
		return nil, ErrNotFound
	case "InvalidRange": // it ends before
		return io.NopCloser(strings.NewReader("")), nil
	}
	return body, err
}

// Delete forgets every version of an object.
func (s *s3) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := s.abort(ctx, key, true); err != nil {
		return err
	}
	return s.forget(ctx, key, func(found string) bool { return found == key })
}

// List asks for the objects.
func (s *s3) List(ctx context.Context, prefix, after string, limit int) ([]Object, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the listing
	defer cancel()
	var all []Object
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, StartAfter: after, MaxKeys: min(limit, 1000)}) {
		if o.Err != nil {
			return nil, o.Err
		}
		if len(all) == limit {
			break
		}
		all = append(all, Object{o.Key, o.Size, o.LastModified})
	}
	return all, nil
}

// Purge forgets all under a prefix, and looks again.
func (s *s3) Purge(ctx context.Context, prefix string) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	if err := s.abort(ctx, prefix, false); err != nil {
		return err
	}
	return s.forget(ctx, prefix, func(string) bool { return true })
}

// EndUnfinished ends uploads.
func (s *s3) EndUnfinished(ctx context.Context, prefix string) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	return s.abort(ctx, prefix, false)
}

// forget removes versions and marks of deletions until none is listed.
func (s *s3) forget(ctx context.Context, prefix string, which func(key string) bool) error {
	const tries = 5
	for range tries {
		n, err := s.forgetOnce(ctx, prefix, which)
		if err != nil || n == 0 {
			return err
		}
	}
	return fmt.Errorf("objects: something is still there under %s", prefix)
}

func (s *s3) forgetOnce(ctx context.Context, prefix string, which func(key string) bool) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, WithVersions: true}) {
		if o.Err != nil {
			return n, o.Err
		}
		if !which(o.Key) {
			continue
		}
		n++
		if err := s.client.RemoveObject(ctx, s.bucket, o.Key, minio.RemoveObjectOptions{VersionID: o.VersionID}); err != nil {
			return n, err
		}
	}
	return n, ctx.Err()
}

// abort ends the uploads that were not finished, of one key or of all under a prefix.
func (s *s3) abort(ctx context.Context, prefix string, exact bool) error {
	core := minio.Core{Client: s.client}
	for {
		found, err := core.ListMultipartUploads(ctx, s.bucket, prefix, "", "", "", 1000)
		if err != nil {
			return err
		}
		ended := 0
		for _, u := range found.Uploads {
			if exact && u.Key != prefix {
				continue
			}
			if err := core.AbortMultipartUpload(ctx, s.bucket, u.Key, u.UploadID); err != nil && minio.ToErrorResponse(err).Code != "NoSuchUpload" {
				return err
			}
			ended++
		}
		if ended == 0 {
			return nil
		}
	}
}
