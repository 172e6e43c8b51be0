package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// stationButton is one of a stage's stations on the card.
type stationButton struct {
	Name, Link string
	Chosen     bool
}

// stationCookie is where a phone remembers the station of a stage.
func stationCookie(process flow.ID, stage string) string {
	sum := sha256.Sum256(append(process[:], stage...))
	return "station-" + hex.EncodeToString(sum[:6])
}

// rememberFor is how long a phone remembers it, in seconds.
const rememberFor = 180 * 24 * 3600

// stations puts the stage's stations on the card: the one tapped now, else the one that the work runs at, else the one
// that this phone used last, else the only one.
func (w *Web) stations(rw http.ResponseWriter, r *http.Request, pg *cardPage, newest flow.Process) {
	at := pg.Place
	names := flow.StationsAt(at.Process, newest, at.Stage.Code)
	if len(names) == 0 || !at.State.Live() {
		return
	}
	cookie := stationCookie(newest.ID, at.Stage.Code)
	tapped, ok := r.Form["station"]
	if ok && r.Method == http.MethodGet {
		http.SetCookie(rw, &http.Cookie{Name: cookie, Value: url.QueryEscape(tapped[0]), Path: "/", MaxAge: rememberFor,
			HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode})
	}
	switch c, err := r.Cookie(cookie); {
	case ok:
		pg.Station = tapped[0]
	case at.State.Station != "":
		pg.Station = at.State.Station
	case err == nil:
		pg.Station, _ = url.QueryUnescape(c.Value) // what cannot be read is no station of the list
	case len(names) == 1:
		pg.Station = names[0]
	}
	if !slices.Contains(names, pg.Station) {
		pg.Station = ""
	}
	for _, name := range names {
		b := stationButton{Name: name, Chosen: name == pg.Station}
		pick := name
		if b.Chosen { // tapped again: none
			pick = ""
		}
		b.Link = "?" + url.Values{"from": {pg.From}, "station": {pick}}.Encode()
		pg.Stations = append(pg.Stations, b)
	}
}

// signal says to the stage before a limited one if it should go on: never more than a signal.
type signal struct {
	*view
	Stage       string
	Jobs, Limit int
}

// Full reports whether the stage has as many jobs as it may.
func (s signal) Full() bool { return s.Jobs >= s.Limit }

// Says is the signal in words.
func (s signal) Says() string {
	key := "wip_go"
	if s.Full() {
		key = "wip_pause"
	}
	return s.T(key, "stage", s.Stage, "n", s.Int(s.Jobs), "limit", s.Int(s.Limit))
}

// limited finds a stage with a limit on the route of a process.
func limited(p flow.Process, code string) (flow.Stage, bool) {
	i := slices.IndexFunc(p.Stages, func(s flow.Stage) bool { return s.Code == code && s.Limit > 0 })
	if i < 0 {
		return flow.Stage{}, false
	}
	s := p.Stages[i]
	s.Name = p.Called(s)
	return s, true
}

// signals are the signals of the stages that have a limit, of those named, counted in one question.
func (w *Web) signals(r *http.Request, v *view, p flow.Process, codes ...string) (map[string]signal, error) {
	codes = slices.DeleteFunc(codes, func(code string) bool { _, ok := limited(p, code); return !ok })
	if len(codes) == 0 {
		return nil, nil
	}
	counts, err := w.DB.CountsAt(r.Context(), v.Who.Org, p.ID, codes)
	if err != nil {
		return nil, err
	}
	list := map[string]signal{}
	for _, code := range codes {
		s, _ := limited(p, code)
		list[code] = signal{v, s.Name, counts[code], s.Limit}
	}
	return list, nil
}

// maxOffered is how many people a hold offers as who must act.
const maxOffered = 300

// around adds to a card what is not of the job itself: the stage's stations, whether the next stage has room, and who can
// be waited for.
func (w *Web) around(rw http.ResponseWriter, r *http.Request, pg *cardPage) error {
	at := pg.Place
	newest, err := w.DB.Newest(r.Context(), pg.Who.Org, at.Job.Process)
	if err != nil {
		return err
	}
	w.stations(rw, r, pg, newest)
	next := at.Job.Next(at.Stage.Code)
	for s, ok := at.Job.Stage(next); ok && s.Need == flow.NotRequired; s, ok = at.Job.Stage(next) {
		next = at.Job.Next(next)
	}
	signals, err := w.signals(r, pg.view, newest, next)
	if err != nil {
		return err
	}
	if s, ok := signals[next]; ok && at.State.Live() {
		pg.Signal = &s
	}
	if at.State.OnHand == 0 || at.State.Held != 0 {
		return nil
	}
	pg.People, err = w.DB.MemberNames(r.Context(), pg.Who.Org, maxOffered)
	return err
}

// cardAround is what a card shows beside the job.
type cardAround struct {
	Station  string // that is chosen
	Stations []stationButton
	Signal   *signal // of the next stage
	Busy     bool    // another job runs at the station: both may
	People   []postgres.Name
	Workers  []worker // who can be given the job here, for those who may say
}
