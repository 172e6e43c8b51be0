package web

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// What a TV shows and asks: the code it is let in with, then its picture, which its script fetches again and again. A
// TV is known by a cookie of its own that only these routes read, and reads as somebody who sees what it was given.

const (
	tvCodeFor   = 10 * time.Minute // how long a code lets a TV in
	tvAskAgain  = 4                // seconds between the questions of a TV that waits to be let in
	tvAskSlowly = 60               // and of one that asked for too many codes
	tvReloadAt  = 4                // o'clock, by the organisation's clock: the whole page anew
)

func (w *Web) tvRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /tv", May: flow.Anybody, Handler: w.tv},
		{Pattern: "GET /tv/picture", May: flow.Anybody, Handler: w.tvAgain},
		{Pattern: "GET /tv/live", May: flow.Anybody, Handler: w.tvLive},
		{Pattern: "GET /devices/tv", May: flow.MayDevices, Handler: w.newTV},
		{Pattern: "POST /devices/tv", May: flow.MayDevices, MaxBody: maxSetup, Handler: w.addTV},
		{Pattern: "GET /devices/tv/{tv}", May: flow.MayDevices, Handler: w.officeTV},
		{Pattern: "POST /devices/tv/{tv}", May: flow.MayDevices, MaxBody: maxSetup, Handler: w.changeTV},
	}
}

// tvPage is a TV's page, and its picture alone.
type tvPage struct {
	*view
	TV     postgres.TV
	Code   string // that lets it in, as it is read; empty: it is in
	Where  string // the address to type it at
	QR     *qrPicture
	Slow   bool // it asked for too many codes
	Off    bool
	Slides []tvSlide
	Feed   string // the address of its feed
}

// Poll is in how many seconds the TV is to ask again by itself; 0: its feed tells.
func (p tvPage) Poll() int {
	switch {
	case p.Slow:
		return tvAskSlowly
	case p.Code != "":
		return tvAskAgain
	}
	return 0
}

// Version changes with the files of the page: a TV that has another loads them.
func (p tvPage) Version() string { return p.Asset("tv.js") + p.Asset("tv.css") }

// Reload is in how many milliseconds the TV is to load all of its page again.
func (p tvPage) Reload() int64 {
	now := p.Now.In(p.Zone)
	at := time.Date(now.Year(), now.Month(), now.Day(), tvReloadAt, 0, 0, 0, p.Zone)
	if !at.After(now) {
		at = time.Date(now.Year(), now.Month(), now.Day()+1, tvReloadAt, 0, 0, 0, p.Zone)
	}
	return at.Sub(now).Milliseconds()
}

// AsOf is the time of the picture.
func (p tvPage) AsOf() string { return p.Clock(flow.At(p.Now)) }

func (w *Web) tv(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	err := w.showTV(rw, r, "whole/tv")
	if err != nil {
		rw.Header().Set("Refresh", "30") // nobody is there who would try again
	}
	return err
}

// tvAgain is the picture alone.
func (w *Web) tvAgain(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	return w.showTV(rw, r, "picture")
}

func (w *Web) showTV(rw http.ResponseWriter, r *http.Request, what string) error {
	p, err := w.tvPageOf(rw, r)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := w.pages.ExecuteTemplate(&buf, what, p); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = rw.Write(buf.Bytes())
	return err
}

// tvOf is the TV that a request comes from, and the reader that it is; ErrNotFound when it comes from none.
func (w *Web) tvOf(r *http.Request) (postgres.TV, flow.Person, error) {
	org, token, ok := httpd.TV(r, w.Secure)
	if !ok || org.IsZero() {
		return postgres.TV{}, flow.Person{}, postgres.ErrNotFound
	}
	return w.DB.TVBy(r.Context(), org, token, w.Now())
}

func (w *Web) tvPageOf(rw http.ResponseWriter, r *http.Request) (tvPage, error) {
	tv, who, err := w.tvOf(r)
	if errors.Is(err, postgres.ErrNotFound) {
		return w.tvWaits(rw, r)
	}
	if err != nil {
		return tvPage{}, err
	}
	httpd.KeepTV(rw, r, who.Org, w.Secure)
	return w.tvShows(r, tv, who)
}

// tvShows is the page of a TV that is in.
func (w *Web) tvShows(r *http.Request, tv postgres.TV, who flow.Person) (tvPage, error) {
	p := tvPage{view: w.view(r, who, ""), TV: tv, Off: !tv.Suspended.IsZero(), Feed: "/tv/live"}
	p.Title = tv.Name
	if p.Off {
		return p, nil
	}
	var err error
	p.Slides, err = w.tvSlides(r, &p)
	return p, err
}

// tvWaits is the page of a TV that is nobody's: the code it shows, or, when somebody has let it in, what it is from now on.
func (w *Web) tvWaits(rw http.ResponseWriter, r *http.Request) (tvPage, error) {
	p := tvPage{view: w.view(r, flow.Person{}, "tv_pair")}
	org, token, ok := httpd.TV(r, w.Secure)
	if ok && org.IsZero() {
		c, err := w.DB.TVCodeOf(r.Context(), token)
		switch {
		case err != nil && !errors.Is(err, postgres.ErrNotFound):
			return p, err
		case err == nil && !c.Org.IsZero():
			return w.tvIsIn(rw, r, c)
		case err == nil && c.Until.After(w.Now()):
			return w.withCode(p, w.tvCode(token, c.Until)), nil
		}
	}
	return w.tvAsks(rw, r, p, token, ok && org.IsZero())
}

// tvIsIn makes a TV that was let in what it is. One that was put out again meanwhile begins anew.
func (w *Web) tvIsIn(rw http.ResponseWriter, r *http.Request, c postgres.TVCode) (tvPage, error) {
	tv, who, err := w.DB.TVBy(r.Context(), c.Org, c.Token, w.Now())
	if errors.Is(err, postgres.ErrNotFound) {
		return w.tvAsks(rw, r, tvPage{view: w.view(r, flow.Person{}, "tv_pair")}, c.Token, false)
	}
	if err != nil {
		return tvPage{}, err
	}
	httpd.KeepTV(rw, r, c.Org, w.Secure)
	return w.tvShows(r, tv, who)
}

// tvAsks gives a TV a code to show, and a secret that it is known by when it has none.
func (w *Web) tvAsks(rw http.ResponseWriter, r *http.Request, p tvPage, token [32]byte, known bool) (tvPage, error) {
	if !w.tvCodes.Allow(httpd.Address(r), w.Now()) {
		p.Slow = true
		return p, nil
	}
	if !known {
		secret, err := httpd.NewDevice(postgres.Nobody, rand.Reader)
		if err != nil {
			return p, err
		}
		secret.SetTV(rw, w.Secure)
		token = secret.Hash
	}
	until := w.Now().Add(tvCodeFor).Truncate(time.Second)
	for {
		code := w.tvCode(token, until)
		c := postgres.TVCode{Token: token, Code: w.tvCodeHash(code), Until: until, On: device(r.UserAgent())}
		err := w.DB.ShowTVCode(r.Context(), postgres.Nobody, c, w.Now())
		if postgres.IsTaken(err) { // another TV shows it
			until = until.Add(time.Second)
			continue
		}
		return w.withCode(p, code), err
	}
}

func (w *Web) withCode(p tvPage, code string) tvPage {
	p.Code, p.Where = code[:tvDigits/2]+" "+code[tvDigits/2:], strings.TrimPrefix(w.URL, "https://")+"/devices/tv"
	p.QR = newQR(w.URL + "/devices/tv?code=" + code)
	return p
}
