package web

import (
	"context"
	"crypto/rand"
	"errors"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// What a shared device shows: the code it is let in with, the people who work at it, their PIN pad. No PIN is compared
// for a browser that is not a device.

const (
	tilesOnPage = 60               // people to choose from without looking for them
	backAfter   = 60 * time.Second // without a touch the device goes back to the tiles
	warnBefore  = 10 * time.Second // and says so for so long before
)

// IdleSeconds and WarnSeconds are what the page's own clock goes by.
func (*view) IdleSeconds() int { return int(backAfter.Seconds()) }

// WarnSeconds is how long before that it warns.
func (*view) WarnSeconds() int { return int(warnBefore.Seconds()) }

// OnFloor reports whether the reader came in at a shared device.
func (v *view) OnFloor() bool { return v.Who.Via == flow.ViaFloor }

// onWhat is what somebody does something on, for the record: the device's name, else the kind of their own.
func onWhat(r *http.Request, who flow.Person) string {
	if who.Via == flow.ViaFloor {
		return who.AtDevice
	}
	return device(r.UserAgent())
}

type tabletPage struct {
	*view
	Floor  postgres.Floor
	Tiles  []tile
	More   string // the next page of people
	Back   string // the one before
	Error  string
	Short  string // the organisation's short name, as it was typed
	Code   string
	Paired bool // this browser is a device
	Closed bool // and nobody comes in
	Ended  bool // somebody was in there for too long
}

// tile is somebody to tap.
type tile struct {
	ID       flow.ID
	Name     string
	Initials string
	Look     int  // colour and shape
	PIN      bool // they have one
}

const looks = 24 // six colours of four shapes

// Colour and Shape are how a tile is told from others.
func (t tile) Colour() int { return t.Look % 6 }

// Shape is one of four.
func (t tile) Shape() int { return t.Look / 6 }

func tileOf(m postgres.FloorMember) tile {
	h := fnv.New32a()
	_, _ = h.Write(m.ID[:]) // never fails
	return tile{ID: m.ID, Name: m.Name, Initials: initials(m.Name), Look: int(h.Sum32() % looks), PIN: !m.PIN.IsZero()}
}

// initials are the first letters of the first two words, each with the signs that belong to it.
func initials(name string) string {
	var out strings.Builder
	for i, word := range strings.Fields(name) {
		if i == 2 {
			break
		}
		for j, r := range word {
			if j > 0 && !unicode.Is(unicode.M, r) {
				break
			}
			out.WriteRune(unicode.ToUpper(r))
		}
	}
	return out.String()
}

// floorOf is the device that a request comes from; ErrNotFound when it comes from none.
func (w *Web) floorOf(r *http.Request) (postgres.Floor, error) {
	org, token, ok := httpd.Device(r, w.Secure)
	if !ok {
		return postgres.Floor{}, postgres.ErrNotFound
	}
	return w.DB.DeviceBy(r.Context(), org, token, w.Now())
}

// atDevice reports whether a member works at a device: they can say who they are, and something that is worked at there
// is theirs.
func atDevice(f postgres.Floor, m postgres.FloorMember) bool {
	known := !m.PIN.IsZero() || !m.Badge.IsZero()
	return known && m.Role.OnFloor() && !m.Given.Scope(m.Role, m.ID).Only(f.Given).Empty()
}

// floorView is the view of a device's pages, where nobody is signed in.
func (w *Web) floorView(r *http.Request, f postgres.Floor, title string) *view {
	return w.view(r, flow.Person{Org: f.Org, OrgName: f.OrgName, Timezone: f.Timezone}, title)
}

// tablet is the page that a shared device shows when nobody is at it.
func (w *Web) tablet(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	f, err := w.floorOf(r)
	if errors.Is(err, postgres.ErrNotFound) {
		p := tabletPage{view: w.view(r, who, "device_pair"), Short: clean(r.FormValue("at")), Code: clean(r.FormValue("code"))}
		return w.render(rw, http.StatusOK, "tablet", p)
	}
	if err != nil {
		return err
	}
	if who.Via == flow.ViaFloor {
		http.Redirect(rw, r, "/my", http.StatusSeeOther)
		return nil
	}
	httpd.KeepDevice(rw, r, w.Secure)
	p := tabletPage{view: w.floorView(r, f, ""), Ended: r.FormValue("said") == "ended"}
	if who.Via == flow.ViaOwn && !who.Member.IsZero() {
		p.view = w.view(r, who, "")
	}
	return w.showTiles(rw, r, p, f, http.StatusOK)
}

// showTiles shows who works at a device, or that it is closed.
func (w *Web) showTiles(rw http.ResponseWriter, r *http.Request, p tabletPage, f postgres.Floor, status int) error {
	p.Floor, p.Paired, p.Closed, p.Title = f, true, !f.Suspended.IsZero(), f.Device.Name
	if p.Closed {
		return w.render(rw, status, "tablet", p)
	}
	members, err := w.DB.FloorMembersKnown(r.Context(), f.Org, maxPeople)
	if err != nil {
		return err
	}
	for _, m := range members {
		if atDevice(f, m) {
			p.Tiles = append(p.Tiles, tileOf(m))
		}
	}
	page, _ := strconv.Atoi(r.FormValue("page")) // unreadable: the first
	page = max(min(page, (len(p.Tiles)-1)/tilesOnPage), 0)
	if len(p.Tiles) > (page+1)*tilesOnPage {
		p.More = "/device?page=" + strconv.Itoa(page+1)
	}
	if page > 0 {
		p.Back = "/device?page=" + strconv.Itoa(page-1)
	}
	p.Tiles = p.Tiles[page*tilesOnPage : min((page+1)*tilesOnPage, len(p.Tiles))]
	return w.render(rw, status, "tablet", p)
}

// pair makes a browser the device whose code it shows. A wrong code, one whose time is over and an unknown organisation
// get the same answer.
func (w *Web) pair(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := tabletPage{view: w.view(r, who, "device_pair"), Short: clean(r.PostFormValue("at")), Code: clean(r.PostFormValue("code"))}
	code, fits := readPairCode(p.Code)
	switch {
	case !w.pairings.Allow(httpd.Address(r), w.Now()):
		p.Error = p.T("fail_too_often")
		return w.render(rw, http.StatusTooManyRequests, "tablet", p)
	case !fits:
		p.Error = p.T("device_code_mistyped")
		return w.render(rw, http.StatusUnprocessableEntity, "tablet", p)
	}
	org, err := w.DB.OrganisationBySlug(r.Context(), strings.ToLower(p.Short))
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	token, err := httpd.NewDevice(org.ID, rand.Reader)
	if err != nil {
		return err
	}
	err = w.DB.Pair(r.Context(), org.ID, postgres.Pairing{Code: w.pairHash(org.ID, code), Token: token.Hash, On: device(r.UserAgent()), At: w.Now()})
	if errors.Is(err, postgres.ErrNotFound) {
		p.Error = p.T("device_code_wrong")
		return w.render(rw, http.StatusUnprocessableEntity, "tablet", p)
	}
	if err != nil {
		return err
	}
	token.Set(rw, w.Secure)
	if err := w.endOwn(rw, r); err != nil {
		return err
	}
	http.Redirect(rw, r, "/device", http.StatusSeeOther)
	return nil
}

// endOwn ends the session that the browser carries, if any.
func (w *Web) endOwn(rw http.ResponseWriter, r *http.Request) error {
	org, hash, ok := httpd.DropSession(rw, r, w.Secure)
	if !ok {
		return nil
	}
	return w.DB.EndSession(r.Context(), org, hash)
}

type pinPage struct {
	*view
	Floor postgres.Floor
	Tile  tile
	Error string
}

// Keys are those of the pad, in rows of three.
func (pinPage) Keys() []string { return strings.Split("123456789", "") }

// memberAt is the member of an id, if they work at the device.
func (w *Web) memberAt(r *http.Request, f postgres.Floor, id string) (postgres.FloorMember, error) {
	member, err := flow.ParseID(id)
	if err != nil {
		return postgres.FloorMember{}, postgres.ErrNotFound
	}
	m, err := w.DB.FloorMember(r.Context(), f.Org, member)
	if err == nil && !atDevice(f, m) {
		err = postgres.ErrNotFound
	}
	return m, err
}

// pinPage asks somebody for their PIN.
func (w *Web) pinPage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	f, err := w.floorOf(r)
	if err != nil {
		return err
	}
	m, err := w.memberAt(r, f, r.PathValue("member"))
	if err != nil {
		return err
	}
	if !f.Suspended.IsZero() || m.PIN.IsZero() {
		http.Redirect(rw, r, "/device", http.StatusSeeOther)
		return nil
	}
	p := pinPage{view: w.floorView(r, f, ""), Floor: f, Tile: tileOf(m)}
	p.Title = m.Name
	return w.render(rw, http.StatusOK, "pin", p)
}

// comeIn lets somebody in at a device by their badge or their PIN.
func (w *Web) comeIn(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	_, token, _ := httpd.Device(r, w.Secure)
	if !w.comings.Allow(httpd.Address(r)+string(token[:]), w.Now()) {
		return httpd.Status(http.StatusTooManyRequests)
	}
	f, err := w.floorOf(r)
	switch {
	case err != nil:
		return err
	case !f.Suspended.IsZero():
		http.Redirect(rw, r, "/device", http.StatusSeeOther)
		return nil
	case r.PostFormValue("badge") != "":
		return w.byBadge(rw, r, f)
	}
	return w.byPIN(rw, r, f)
}

func (w *Web) byBadge(rw http.ResponseWriter, r *http.Request, f postgres.Floor) error {
	p := tabletPage{view: w.floorView(r, f, "")}
	b, ok := readBadge(r.PostFormValue("badge"))
	if !ok {
		p.Error = p.T("badge_not_one")
		return w.showTiles(rw, r, p, f, http.StatusUnprocessableEntity)
	}
	m, err := w.DB.FloorMemberBy(r.Context(), f.Org, b.hash())
	if err == nil && !atDevice(f, m) {
		err = postgres.ErrNotFound
	}
	if errors.Is(err, postgres.ErrNotFound) {
		p.Error = p.T("badge_unknown")
		return w.showTiles(rw, r, p, f, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return w.openFloor(rw, r, f, m, false)
}

// byPIN compares a PIN, if the member may try one here now. The try is counted before it is compared.
func (w *Web) byPIN(rw http.ResponseWriter, r *http.Request, f postgres.Floor) error {
	m, err := w.memberAt(r, f, r.PostFormValue("member"))
	if err != nil {
		return err
	}
	p := pinPage{view: w.floorView(r, f, ""), Floor: f, Tile: tileOf(m)}
	p.Title = m.Name
	t, err := w.DB.TryPIN(r.Context(), f.Org, f.ID, m.ID, w.Now())
	switch {
	case err != nil:
		return err
	case t.Closed:
		http.Redirect(rw, r, "/device", http.StatusSeeOther)
		return nil
	case !t.Wait.IsZero():
		p.Error = p.T("pin_wait", "at", p.When(flow.At(t.Wait.Add(time.Minute-1))))
		return w.render(rw, http.StatusTooManyRequests, "pin", p)
	}
	if w.CheckPIN(w.peppered(f.Org, m.ID, digits(r.PostFormValue("pin"))), t.Hash) {
		return w.openFloor(rw, r, f, m, true)
	}
	if err := w.DB.WrongPIN(w.asAtDevice(r, f, flow.ID{}), f.Org, f.ID, m.ID, t.Close, w.Now()); err != nil {
		return err
	}
	if t.Close {
		http.Redirect(rw, r, "/device", http.StatusSeeOther)
		return nil
	}
	p.Error = p.T("pin_wrong")
	return w.render(rw, http.StatusUnprocessableEntity, "pin", p)
}

// openFloor opens a session of a member at a device.
func (w *Web) openFloor(rw http.ResponseWriter, r *http.Request, f postgres.Floor, m postgres.FloorMember, byPIN bool) error {
	if err := w.endOwn(rw, r); err != nil {
		return err
	}
	hash, err := httpd.NewSession(rw, f.Org, rand.Reader, w.Secure)
	if err != nil {
		return err
	}
	now := w.Now()
	most, idle := httpd.Lifetime(m.Role, flow.ViaFloor)
	s := postgres.Session{Token: hash, Member: m.ID, On: f.Device.Name, Via: flow.ViaFloor, Device: f.ID, Began: now, Until: now.Add(most), Idle: idle}
	err = w.DB.OpenFloor(w.asAtDevice(r, f, m.ID), f.Org, s, byPIN)
	if errors.Is(err, postgres.ErrClosed) || errors.Is(err, postgres.ErrNotFound) { // while the PIN was compared
		http.Redirect(rw, r, "/device", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/my", http.StatusSeeOther)
	return nil
}

// asAtDevice is the context of what a member does at a device before there is a session; the zero member is nobody yet.
func (w *Web) asAtDevice(r *http.Request, f postgres.Floor, member flow.ID) context.Context {
	return postgres.As(r.Context(), postgres.Actor{Member: member, Device: f.ID.String(), Via: flow.ViaFloor, At: w.Now()})
}

// nextPerson leaves the device to whoever comes next.
func (w *Web) nextPerson(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if who.Via == flow.ViaFloor {
		if err := w.endOwn(rw, r); err != nil {
			return err
		}
	}
	http.Redirect(rw, r, "/device", http.StatusSeeOther)
	return nil
}

// awake says that somebody is still at the device: asking keeps the session.
func (w *Web) awake(rw http.ResponseWriter, _ *http.Request, _ flow.Person) error {
	rw.WriteHeader(http.StatusNoContent)
	return nil
}
