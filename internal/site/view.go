package site

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/operator"
)

// page is one of the site's pages.
type page struct {
	path, name string // name: of the template, and of its title and description among the words
	hidden     bool   // search engines need not find it
}

var pages = []page{
	{path: "/", name: "home"}, {path: "/how-it-works", name: "how"}, {path: "/industries", name: "industries"}, {path: "/security", name: "security"},
	{path: "/privacy", name: "privacy"}, {path: "/terms", name: "terms"}, {path: "/contact", name: "contact"}, {path: "/demo", name: "demo"},
	{path: "/cookies", name: "cookies", hidden: true}, {path: "/thanks", name: "thanks", hidden: true},
}

// view is what a page shows, and the words for it. Templates call its methods.
type view struct {
	s           *Site
	Lang        string
	Path        string // below the base and the language
	Title       string
	Description string
	Hidden      bool
	Nonce       string
	Cookies     cookies
	Understood  string // the language of the question about cookies and of the notice
	Framed      bool   // another site's calendar is in the page
	Form        *form
	Trade       *trade
	Policy      *policy // nil: the program's own, in the page's words
	Status      int
}

func (s *Site) view(r *http.Request, p page) *view {
	lang, path := split(strings.TrimPrefix(r.URL.Path, s.base))
	v := &view{s: s, Lang: lang, Path: path, Hidden: p.hidden, Cookies: s.cookies(r), Understood: understood(r, lang), Nonce: nonce(), Status: http.StatusOK}
	v.Cookies.Ask = v.Cookies.Ask && path != "/cookies" // that page asks by itself
	v.Title, v.Description = v.T("title_"+p.name), v.T("about_"+p.name)
	return v
}

func (s *Site) show(p page) httpd.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ flow.Person) error {
		v := s.view(r, p)
		var err error
		switch p.name {
		case "contact", "demo":
			v.Form, err = s.newForm(r, p.name)
		case "privacy", "terms":
			err = v.policy(r, p.name)
		}
		if err != nil {
			return err
		}
		return s.render(w, r, p.name, v)
	}
}

// render shows a page: written to memory first, so that it is whole or not there.
func (s *Site) render(w http.ResponseWriter, r *http.Request, name string, v *view) error {
	var buf bytes.Buffer
	for _, part := range []string{"top", "page/" + name, "bottom"} {
		if err := s.pages.ExecuteTemplate(&buf, part, v); err != nil {
			return err
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", v.guard())
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Accept-Encoding, Accept-Language, Cookie, Sec-GPC, DNT")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	content := buf.Bytes()
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		packed, err := pack(content, gzip.DefaultCompression)
		if err != nil {
			return err
		}
		content = packed
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(v.Status)
	_, err := w.Write(content)
	return err
}

// guard is the page's content security policy. Other hosts are in it only where the page asks them: Google's when the
// visitor agreed to statistics, Calendly's on the page that shows its calendar.
func (v *view) guard() string {
	script, image, connect, frame := "", "", "", ""
	if v.Cookies.Script {
		script = "script-src 'nonce-" + v.Nonce + "'; "
	}
	if v.Cookies.Agreed() {
		script = "script-src 'nonce-" + v.Nonce + "' 'strict-dynamic' https://www.googletagmanager.com; "
		image = " https://www.googletagmanager.com https://*.google-analytics.com"
		connect = "connect-src 'self' https://www.googletagmanager.com https://*.google-analytics.com https://*.analytics.google.com; "
	}
	if v.Framed {
		frame = "frame-src https://calendly.com; "
	}
	return "default-src 'none'; " + script + "style-src 'self'; img-src 'self' data:" + image + "; " + connect + frame +
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
}

// fail shows an error page in the visitor's language.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, _ flow.Person, status int, err error) {
	v := s.view(r, page{name: "fail", hidden: true})
	v.Status = status
	switch {
	case status == http.StatusNotFound:
		v.Title, v.Description = v.T("fail_none"), v.T("fail_none_says")
	case status >= 500:
		v.Title, v.Description = v.T("fail_ours"), v.T("fail_ours_says")
	default:
		v.Title, v.Description = v.T("fail_refused"), v.T("fail_refused_says")
	}
	if status == http.StatusUnauthorized || !strings.HasPrefix(r.URL.Path, s.base) || strings.HasPrefix(r.URL.Path, "/hooks/") {
		http.Error(w, http.StatusText(status), status) // for programs
		return
	}
	if err := errors.Join(s.render(w, r, "fail", v)); err != nil {
		http.Error(w, http.StatusText(status), status)
	}
}

// T is a phrase in the page's language. {name} in it is who runs the service.
func (v *view) T(key string, pairs ...any) string {
	return v.s.words.say(v.Lang, key, append(pairs, "name", v.s.Operator.Called())...)
}

// U is a phrase in the language that the visitor understands best.
func (v *view) U(key string, pairs ...any) string {
	return v.s.words.say(v.Understood, key, append(pairs, "name", v.s.Operator.Called())...)
}

// List are the phrases key_1, key_2 and so on, as many as there are.
func (v *view) List(key string) (list []string) {
	for i := 1; ; i++ {
		if _, ok := v.s.words["en"][key+"_"+strconv.Itoa(i)]; !ok {
			return list
		}
		list = append(list, v.T(key+"_"+strconv.Itoa(i)))
	}
}

// Lines are the lines of a text.
func (v *view) Lines(text string) []string { return strings.Split(text, "\n") }

// point is a heading with a sentence.
type point struct{ Key, Title, Says string }

// Points are the phrases key_1, key_2 and so on, each with its sentence key_1_says.
func (v *view) Points(key string) (list []point) {
	for i, title := range v.List(key) {
		k := key + "_" + strconv.Itoa(i+1)
		list = append(list, point{k, title, v.T(k + "_says")})
	}
	return list
}

// To is the address of a page in the page's language.
func (v *view) To(path string) string { return v.s.base + prefix(v.Lang) + path }

// In is the address of the same page in another language.
func (v *view) In(lang string) string { return v.s.base + prefix(lang) + v.Path }

// Here is the page's own address, for forms that come back to it.
func (v *view) Here() string { return v.In(v.Lang) }

// Canonical is the one full address of the page, of a language.
func (v *view) Canonical(lang string) string { return v.s.origin + v.In(lang) }

// At reports whether the page is within a part of the site.
func (v *view) At(path string) bool { return within(v.Path, path) }

// Asset is the address of a file of the site, with the digest of its content in it.
func (v *view) Asset(name string) string {
	return v.s.base + "/static/" + v.s.assets[name].hash + "/" + name
}

// Op is who runs the service.
func (v *view) Op() operator.Operator { return v.s.Operator }

// Name is what they are called.
func (v *view) Name() string { return v.s.Operator.Called() }

// App is the address of a page of the platform.
func (v *view) App(path string) string { return strings.TrimRight(v.s.Config.App, "/") + path }

// Trying reports whether visitors may try a factory.
func (v *view) Trying() bool { return v.s.Config.Trying }

// Languages are those of whole pages.
func (v *view) Languages() []string { return pageLanguages }

// AllLanguages are those of the notice.
func (v *view) AllLanguages() []string { return allLanguages }

// LanguageName is what a language calls itself.
func (v *view) LanguageName(lang string) string { return languageNames[lang] }

// Chat is the address at which WhatsApp opens a message to the operator, empty without a number.
func (v *view) Chat() template.URL {
	if v.s.Operator.WhatsApp == "" {
		return ""
	}
	//nolint:gosec // a number that was checked, and a text that is escaped
	return template.URL("https://wa.me/" + strings.TrimPrefix(v.s.Operator.WhatsApp, "+") + "?text=" + url.QueryEscape(v.T("chat_text")))
}

// Command is a fresh id for a form.
func (v *view) Command() string { return v.s.newID().String() }

// Year is this year.
func (v *view) Year() int { return v.s.Now().In(ist).Year() }

// Date writes a day.
func (v *view) Date(t time.Time) string { return t.In(ist).Format("02-01-2006") }

// Count writes how many there are.
func (v *view) Count(n int) string { return fmt.Sprint(n) }

var ist = time.FixedZone("IST", 5*3600+1800)
