package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
)

// asset is a file of the site, served under an address that holds the digest of its content: browsers keep it for good.
type asset struct {
	hash, kind      string
	content, packed []byte
}

func readAssets() (map[string]asset, error) {
	names, err := fs.Glob(files, "static/*")
	if err != nil {
		return nil, err
	}
	all := map[string]asset{}
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		packed, err := pack(content, gzip.BestCompression)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		all[path.Base(name)] = asset{hex.EncodeToString(sum[:8]), mime.TypeByExtension(path.Ext(name)), content, packed}
	}
	return all, nil
}

func pack(content []byte, level int) ([]byte, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, level)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(content)
	err = errors.Join(err, z.Close()) // before the bytes are all there
	return buf.Bytes(), err
}

func (s *Site) static(w http.ResponseWriter, r *http.Request, _ flow.Person) error {
	a, ok := s.assets[r.PathValue("file")]
	if !ok || a.hash != r.PathValue("hash") {
		return httpd.Status(http.StatusNotFound)
	}
	h, content := w.Header(), a.content
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		content = a.packed
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	_, err := w.Write(content)
	return err
}

// robots tells search engines where the list of pages is. Of the platform there is nothing to find.
func (s *Site) robots(w http.ResponseWriter, _ *http.Request, _ flow.Person) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	allow := "Allow: /\n"
	if s.base != "" {
		allow = "Allow: " + s.base + "/\nDisallow: /\n"
	}
	_, err := fmt.Fprintf(w, "User-agent: *\n%sSitemap: %s/sitemap.xml\n", allow, s.origin)
	return err
}

// sitemap lists the pages with their languages.
func (s *Site) sitemap(w http.ResponseWriter, _ *http.Request, _ flow.Person) error {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">` + "\n")
	for _, path := range s.paths() {
		for _, lang := range pageLanguages {
			b.WriteString("<url><loc>" + s.origin + s.base + prefix(lang) + path + "</loc>")
			for _, other := range pageLanguages {
				b.WriteString(`<xhtml:link rel="alternate" hreflang="` + other + `" href="` + s.origin + s.base + prefix(other) + path + `"/>`)
			}
			b.WriteString("</url>\n")
		}
	}
	b.WriteString("</urlset>\n")
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, err := w.Write([]byte(b.String()))
	return err
}

// paths are all pages that may be found, without their languages.
func (s *Site) paths() (list []string) {
	for _, p := range pages {
		if !p.hidden {
			list = append(list, p.path)
		}
	}
	for _, t := range trades() {
		list = append(list, "/industries/"+t.Slug)
	}
	return list
}
