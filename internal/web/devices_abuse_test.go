package web_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres/pgtest"
)

// cookie is what the tablet carries as the device.
func (d *shared) cookie() *http.Cookie {
	d.t.Helper()
	at, err := url.Parse(d.url)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, c := range d.tablet.client.Jar.Cookies(at) {
		if c.Name == "clicarity-device" {
			return c
		}
	}
	d.t.Fatal("the tablet has no cookie")
	return nil
}

// try sends a PIN from an address, past the network, and reports whether it let somebody in.
func (h *house) try(address string, device *http.Cookie, member flow.ID, pin string) (status int, in bool) {
	form := url.Values{"member": {member.String()}, "pin": {pin}}
	r := httptest.NewRequest(http.MethodPost, "/device/in", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = address + ":40000"
	if device != nil {
		r.AddCookie(device)
	}
	rec := httptest.NewRecorder()
	h.handler.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		in = in || c.Name == "clicarity" && c.Value != ""
	}
	return rec.Code, in
}

// floorSessions counts who came in at a device.
func (f *firm) floorSessions(device flow.ID) (n int) {
	f.t.Helper()
	if err := pgtest.Owner(f.t, f.database).QueryRow(f.t.Context(), "select count(*) from sessions where org_id = $1 and device_id = $2 and via = 'floor'", f.org, device).Scan(&n); err != nil {
		f.t.Fatal(err)
	}
	return n
}

// siege is an attack with the cookie of one device: every PIN there is, for each member in turn, from many addresses.
type siege struct {
	f                *firm
	clock            *clock
	stolen           *http.Cookie
	forged           *http.Cookie
	members          []flow.ID
	pins             map[flow.ID]string
	next, right, in  atomic.Int64
	limited, refused atomic.Int64
	honest           func(n int64)
}

const (
	wrongTries = 100_000
	addresses  = 200
)

func (s *siege) run(workers int) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for n := s.next.Add(1) - 1; n < wrongTries; n = s.next.Add(1) - 1 {
				s.once(n)
			}
		})
	}
	all.Wait()
}

func (s *siege) once(n int64) {
	s.clock.turn(2 * time.Millisecond)
	member, pin := s.members[n%8], fmt.Sprintf("%04d", n/8%10_000)
	cookie := s.stolen
	switch n % 10 {
	case 3:
		cookie = nil
	case 7:
		cookie = s.forged
	}
	if cookie == s.stolen && s.pins[member] == pin {
		s.right.Add(1)
	}
	status, in := s.f.try(fmt.Sprintf("198.51.100.%d", n%addresses), cookie, member, pin)
	if in {
		s.in.Add(1)
	}
	switch status {
	case http.StatusTooManyRequests:
		s.limited.Add(1)
	case http.StatusSeeOther:
		s.refused.Add(1)
	}
	s.honest(n)
}

// A lakh of PINs from two hundred addresses, with the cookie of a device, without one and with one that was made up, never
// let anybody in; meanwhile the same members come in at their own devices, from the attackers' addresses too.
func TestAbuseALakhOfWrongPINsFrom200Addresses(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := openHouseAt(t, clock.now).firm("sahyadri")
	owner := f.ownerBrowser()
	s := &siege{f: f, clock: clock, members: []flow.ID{f.operator, f.owner, f.floorMember("Kiran Rao", flow.Manager)}, pins: map[flow.ID]string{}}
	for _, name := range []string{"Sunita Shinde", "Imran Shaikh", "Lata More", "Vinod Jain", "Deepa Nair"} {
		s.members = append(s.members, f.floorMember(name, flow.Operator, "lamination"))
	}
	for i, m := range s.members {
		s.pins[m] = fmt.Sprintf("9%03d", 107*(i+1)) // among the last that are tried
		owner.pin(m, s.pins[m])
	}
	stolen, honest := f.device(owner, "Stolen tablet", "lamination"), f.device(owner, "Honest tablet", "lamination")
	s.stolen = stolen.cookie()
	s.forged = &http.Cookie{Name: s.stolen.Name, Value: base64.RawURLEncoding.EncodeToString(append(f.org[:], make([]byte, 32)...))}
	home, came := honest.cookie(), atomic.Int64{}
	s.honest = func(n int64) {
		if n%500 == 0 {
			if _, in := f.try(fmt.Sprintf("198.51.100.%d", n/500), home, s.members[n/500%8], s.pins[s.members[n/500%8]]); !in {
				t.Errorf("an honest member did not come in at another device after %d tries", n)
			}
			came.Add(1)
		}
		if n > 0 && n%10_000 == 0 { // somebody thinks it is over
			if err := f.db.LetIn(t.Context(), f.org, stolen.id); err != nil {
				t.Error(err)
			}
		}
	}
	s.run(8)
	compared := f.compared.Load() - came.Load()
	t.Logf("%d tries, of them %d with the right PIN: %d let in; %d too often or while waiting, %d at a closed device, %d compared; %d times an honest member came in",
		wrongTries, s.right.Load(), s.in.Load(), s.limited.Load(), s.refused.Load(), compared, came.Load())
	if s.in.Load() != 0 || f.floorSessions(stolen.id) != 0 {
		t.Errorf("%d tries let somebody in, there are %d sessions", s.in.Load(), f.floorSessions(stolen.id))
	}
	if s.right.Load() < 4 {
		t.Errorf("the right PINs were tried %d times only", s.right.Load())
	}
	if most := int64(30*10 + 8*9); compared > most { // those under way while the device is let in are forgotten with the rest
		t.Errorf("%d PINs were compared, more than %d", compared, most)
	}
	d, err := f.db.Device(t.Context(), f.org, stolen.id)
	if err != nil || d.Suspended.IsZero() {
		t.Errorf("the device is not closed: %+v %v", d, err)
	}
	stolen.tablet.get("/device").says(200, "Closed: too many wrong PINs", "Ask a manager").hides("Ravi Kadam")
	owner.signIn("owner@sahyadri.example", "owner pass").post("/devices/"+stolen.id.String(), url.Values{"do": {"let_in"}}).says(200, "In use")
	stolen.in(f.operator, s.pins[f.operator]).says(200, "Ravi Kadam", "Next person")
}

// Whoever has the cookies of many devices and much patience tries few PINs of a member, and takes no other device away
// from them.
func TestAbusePINBruteForceOverManyDevices(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := openHouseAt(t, clock.now).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.pin(f.operator, "9731")
	var stolen []*http.Cookie
	for i := range 12 {
		stolen = append(stolen, f.device(owner, fmt.Sprintf("Tablet %d", i), "lamination").cookie())
		clock.turn(10 * time.Second)
	}
	honest := f.device(owner, "Honest tablet", "lamination")
	began, tried := clock.now(), 0
	for clock.now().Sub(began) < 7*24*time.Hour { // every hour at every device
		for i, c := range stolen {
			if _, in := f.try(fmt.Sprintf("198.51.100.%d", tried%addresses), c, f.operator, fmt.Sprintf("%04d", tried)); in {
				t.Fatalf("try %d at device %d let somebody in", tried, i)
			}
			tried++
		}
		clock.turn(time.Hour)
	}
	compared := f.compared.Load()
	t.Logf("%d tries at %d devices in a week, %d compared", tried, len(stolen), compared)
	if most := int64(len(stolen) * 24); tried < 2000 || compared > most {
		t.Errorf("of %d tries %d were compared, more than %d", tried, compared, most)
	}
	honest.in(f.operator, "9731").says(200, "Next person") // at once
}

// However many tries come at one moment, no more are compared than may be.
func TestAbuseManyPINsAtOneMoment(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.pin(f.operator, "9731")
	cookie := f.device(owner, "Tablet", "lamination").cookie()
	var all sync.WaitGroup
	for n := range 60 {
		all.Go(func() { f.try(fmt.Sprintf("203.0.113.%d", n), cookie, f.operator, fmt.Sprintf("1%03d", n)) })
	}
	all.Wait()
	if n := f.compared.Load(); n > flow.FreeTries+1 {
		t.Errorf("%d were compared", n)
	}
	if _, in := f.try("203.0.113.99", cookie, f.operator, "9731"); in {
		t.Error("the right PIN needs no wait after them")
	}
}

// A wrong PIN costs its member a wait at this device only, which grows, and which the office can end.
func TestWrongPINsWaitAtThatDeviceOnly(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := openHouseAt(t, clock.now).firm("sahyadri")
	owner := f.ownerBrowser()
	sunita := f.floorMember("Sunita Shinde", flow.Operator, "lamination")
	owner.pin(f.operator, "9731").pin(sunita, "8052")
	d, other := f.device(owner, "Tablet", "lamination"), f.device(owner, "Other tablet", "lamination")
	for range flow.FreeTries + 1 {
		d.in(f.operator, "1357").says(422, "The PIN is not right")
	}
	before := f.compared.Load()
	d.in(f.operator, "9731").says(429, "Too many wrong PINs for you at this device")
	if f.compared.Load() != before {
		t.Error("a PIN was compared while its member waits")
	}
	d.in(sunita, "8052").says(200, "Next person")
	other.in(f.operator, "9731").says(200, "Next person")
	clock.turn(time.Minute)
	d.in(f.operator, "1357").says(422)
	clock.turn(time.Minute)
	d.in(f.operator, "9731").says(429) // twice as long now
	owner.get("/devices/"+d.id.String()).says(200, "Waiting after wrong PINs", "Ravi Kadam")
	owner.post("/devices/"+d.id.String(), url.Values{"do": {"end_wait"}, "member": {f.operator.String()}}).says(200).hides("Waiting after")
	d.in(f.operator, "9731").says(200, "Next person")
	for range flow.FreeTries { // and a right one forgets those before it
		d.in(f.operator, "1357").says(422)
	}
	d.in(f.operator, "9731").says(200, "Next person")
}
