package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
		all[path.Base(name)] = asset{hex.EncodeToString(sum[:8]), mime.TypeByExtension(path.Ext(name)), content}
	}
	return all, nil
}

func (a assets) path(name string) string { return "/static/" + a[name].hash + "/" + name }

func (w *Web) static(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	a, ok := w.assets[r.PathValue("file")]
	if !ok || a.hash != r.PathValue("hash") {
		return httpd.Status(http.StatusNotFound)
	}
	rw.Header().Set("Content-Type", a.kind)
	rw.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	rw.Header().Set("Content-Length", strconv.Itoa(len(a.content)))
	_, err := rw.Write(a.content)
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
