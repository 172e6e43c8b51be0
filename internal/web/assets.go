package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
)

// assets are the program's own files, served under an address that holds the digest of their content, so that a
// browser may keep them for good and never has an old one.
type assets map[string]asset

type asset struct {
	hash, kind string
	content    []byte
	packed     []byte // the same with gzip, for browsers that take it: all do
}

func hashAssets(files fs.FS) (assets, error) {
	names, err := fs.Glob(files, "static/*")
	if err != nil {
		return nil, err
	}
	all := assets{}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		packed, err := pack(content)
		if err != nil {
			return nil, err
		}
		all[path.Base(name)] = asset{hex.EncodeToString(sum[:8]), mime.TypeByExtension(path.Ext(name)), content, packed}
	}
	return all, nil
}

func pack(content []byte) ([]byte, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(content)
	err = errors.Join(err, z.Close()) // before the bytes are all there
	return buf.Bytes(), err
}

func (a assets) path(name string) string { return "/static/" + a[name].hash + "/" + name }

func (w *Web) static(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	a, ok := w.assets[r.PathValue("file")]
	if !ok || a.hash != r.PathValue("hash") {
		return httpd.Status(http.StatusNotFound)
	}
	rw.Header().Set("Content-Type", a.kind)
	rw.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	content := a.content
	rw.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		content = a.packed
		rw.Header().Set("Content-Encoding", "gzip")
	}
	rw.Header().Set("Content-Length", strconv.Itoa(len(content)))
	_, err := rw.Write(content)
	return err
}

type manifest struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Short   string `json:"short_name"`
	Start   string `json:"start_url"`
	Scope   string `json:"scope"`
	Display string `json:"display"`
	Theme   string `json:"theme_color"`
	Ground  string `json:"background_color"`
	Icons   []icon `json:"icons"`
}

type icon struct {
	Src   string `json:"src"`
	Sizes string `json:"sizes"`
	Type  string `json:"type"`
}

// manifest lets a phone keep Clicarity on its home screen.
func (w *Web) manifest(rw http.ResponseWriter, _ *http.Request, who flow.Person) error {
	m := manifest{ID: "/", Name: strings.TrimSpace("Clicarity " + who.OrgName), Short: "Clicarity", Start: "/", Scope: "/",
		Display: "standalone", Theme: "#1B1D22", Ground: "#F7F7F5",
		Icons: []icon{{w.assets.path("icon.svg"), "any", "image/svg+xml"}}}
	rw.Header().Set("Content-Type", "application/manifest+json")
	return json.NewEncoder(rw).Encode(m)
}
