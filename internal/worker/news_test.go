package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/smtp"
)

// reader is somebody in the tests who agreed to news.
type reader struct{ org, id flow.ID }

// newsHouse is an installation with news to send, and who is to get them, by address.
type newsHouse struct {
	t        *testing.T
	db       *postgres.DB
	now      time.Time
	operator flow.ID
	owner    flow.ID
	readers  map[string]reader
}

func openNews(t *testing.T, db *postgres.DB, now time.Time) *newsHouse {
	t.Helper()
	h := &newsHouse{t: t, db: db, now: now, readers: map[string]reader{}}
	h.operator, h.owner = h.organisation("clicarity")
	return h
}

func (h *newsHouse) organisation(slug string) (org, owner flow.ID) {
	h.t.Helper()
	org, owner = newID(h.t), newID(h.t)
	err := h.db.AddOrganisation(h.t.Context(), postgres.Organisation{ID: org, Slug: slug, Name: "Firm " + slug, Created: h.now},
		postgres.Member{ID: owner, Name: "Asha Patil", Role: flow.Owner, PasswordHash: "x", Created: h.now, Logins: []string{"owner@" + slug + ".example"}})
	if err != nil {
		h.t.Fatal(err)
	}
	return org, owner
}

// member adds somebody who is not asked yet.
func (h *newsHouse) member(org flow.ID, language string, logins ...string) flow.ID {
	h.t.Helper()
	m := postgres.Member{ID: newID(h.t), Name: "Ravi Kadam", Role: flow.Operator, Language: language, PasswordHash: "x", Created: h.now, Logins: logins}
	if err := h.db.AddMember(h.t.Context(), org, m); err != nil {
		h.t.Fatal(err)
	}
	return m.ID
}

// act records that somebody gave or took back their consent.
func (h *newsHouse) act(org, subject flow.ID, act string) {
	h.t.Helper()
	c := postgres.Consent{Subject: subject, Purpose: postgres.News, Act: act, Version: 2, Language: "en", At: h.now, How: postgres.ByPage}
	if err := h.db.RecordConsent(h.t.Context(), org, c); err != nil {
		h.t.Fatal(err)
	}
}

// parts suspends somebody, or lets them leave.
func (h *newsHouse) parts(org, owner, member flow.ID, leaves bool) error {
	return h.db.ChangeMember(h.t.Context(), org, owner, member, h.now, func(_, s flow.Standing) (flow.Standing, error) {
		s.Suspended, s.Left = !leaves, leaves
		return s, nil
	})
}

// enquiry is what somebody wrote by the public site.
func (h *newsHouse) enquiry(email, mark string, tick bool) flow.ID {
	h.t.Helper()
	h.now = h.now.Add(time.Second) // the next one is newer
	e := postgres.Enquiry{ID: newID(h.t), Asker: postgres.Asker{Name: "Asha Kulkarni", Email: email}, Source: "form", Purpose: "question", Mark: fmt.Appendf(nil, "%32s", mark)[:32],
		Language: "hi", Page: "/contact", Notice: 1, News: tick, At: h.now, ReplyBy: h.now, EraseAfter: h.now.AddDate(1, 0, 0)}
	if _, err := h.db.AddEnquiry(h.t.Context(), h.operator, e); err != nil {
		h.t.Fatal(err)
	}
	if tick {
		h.act(h.operator, e.ID, postgres.Given)
	}
	return e.ID
}

// readersOf adds members who agreed.
func (h *newsHouse) readersOf(org flow.ID, slug string, n int) {
	h.t.Helper()
	for i := range n {
		address := fmt.Sprintf("worker%d@%s.example", i, slug)
		id := h.member(org, []string{"en", "hi", "ta"}[i%3], address)
		h.act(org, id, postgres.Given)
		h.readers[address] = reader{org, id}
	}
}

// send begins to send a piece in English and Hindi.
func (h *newsHouse) send() postgres.NewsPiece {
	h.t.Helper()
	n := postgres.NewsPiece{ID: newID(h.t), First: "en", By: h.owner, Texts: map[string]postgres.NewsText{
		"en": {Subject: "Lots by QR code", Text: "Scan a lot where it stands."}, "hi": {Subject: "QR कोड से लॉट", Text: "लॉट जहाँ रखा है, वहीं स्कैन करें।"}}}
	if err := errors.Join(h.db.SaveNews(h.t.Context(), h.operator, n, h.now), h.db.SendNews(h.t.Context(), h.operator, n.ID, 1, h.owner, h.now)); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// end takes a consent back as the link in a mail does.
func (h *newsHouse) end(r reader) {
	h.t.Helper()
	if err := h.db.EndNews(h.t.Context(), r.org, postgres.Consent{Subject: r.id, Version: 2, Language: "en", At: h.now, How: postgres.ByOneClick}); err != nil {
		h.t.Fatal(err)
	}
}

// tally is how far a piece has come, counted anew.
func (h *newsHouse) tally(w *Worker, n postgres.NewsPiece) postgres.Walk {
	h.t.Helper()
	h.now = h.now.Add(10 * time.Minute)
	w.Now = func() time.Time { return h.now }
	w.Once(h.t.Context())
	got, err := h.db.NewsPiece(h.t.Context(), h.operator, n.ID)
	if err != nil || got.Walk.Done.IsZero() {
		h.t.Fatalf("%+v %v", got, err)
	}
	return got.Walk
}

// deliver hands over what all organisations have waiting.
func (h *newsHouse) deliver(w *Worker) {
	h.t.Helper()
	orgs, err := h.db.Organisations(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, o := range orgs {
		if err := w.mail(h.t.Context(), o.ID); err != nil {
			h.t.Fatal(err)
		}
	}
}

// letterbox is a mailer that keeps what it was handed.
type letterbox struct {
	mu    sync.Mutex
	mails map[string][]smtp.Message
	each  func(smtp.Message) // while a mail is handed over
}

func (l *letterbox) Send(_ context.Context, m smtp.Message) error {
	l.mu.Lock()
	l.mails[m.To] = append(l.mails[m.To], m)
	l.mu.Unlock()
	if l.each != nil {
		l.each(m)
	}
	return nil
}

// News go to those who agreed and still do, once, in their language, and to nobody else, wherever the walk is stopped.
func TestNewsGoesToThoseWhoAgreed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	h := openNews(t, db, time.Now())
	konkan, boss := h.organisation("konkan")
	closed, closer := h.organisation("closed")
	h.readersOf(h.operator, "clicarity", 3)
	h.readersOf(konkan, "konkan", 3)
	agrees := func(org, id flow.ID) { h.act(org, id, postgres.Given) }
	h.member(konkan, "en", "asked-nobody@konkan.example")
	h.act(konkan, h.member(konkan, "en", "never@konkan.example"), postgres.Withdrawn)
	back := h.member(konkan, "en", "back@konkan.example")
	agrees(konkan, back)
	h.act(konkan, back, postgres.Withdrawn)
	agrees(konkan, h.member(konkan, "en", "+919820010001")) // no address
	suspended, left := h.member(konkan, "en", "suspended@konkan.example"), h.member(konkan, "en", "left@konkan.example")
	agrees(konkan, suspended)
	agrees(konkan, left)
	agrees(closed, h.member(closed, "en", "worker@closed.example"))
	h.enquiry("quiet@mill.example", "quiet", false)
	h.act(h.operator, h.enquiry("noted@mill.example", "noted", false), postgres.Given) // there was no tick
	h.enquiry("Twice@mill.example", "twice", true)
	h.readers["twice@mill.example"] = reader{h.operator, h.enquiry("twice@mill.example", "twice", true)}
	erased := h.enquiry("erased@mill.example", "erased", true)
	same := h.enquiry("worker0@clicarity.example", "same", true) // a member of the operator's has asked by the site too
	err := errors.Join(h.parts(konkan, boss, suspended, false), h.parts(konkan, boss, left, true), db.EraseEnquiry(t.Context(), h.operator, erased, h.now),
		db.CloseOrganisation(t.Context(), closed, postgres.Closure{Closing: flow.ClosingAt(flow.At(h.now)), By: closer}))
	if err != nil {
		t.Fatal(err)
	}
	if to, without, err := db.CountNewsReaders(t.Context()); to != len(h.readers) || without != 1 || err != nil {
		t.Errorf("it would go to %d addresses, %d have none (%v)", to, without, err)
	}
	n := h.send()
	box := &letterbox{mails: map[string][]smtp.Message{}}
	w := policyWorker(db, box, h.now)
	for stop := range 30 { // the context ends after so many looks at the clock, wherever that is
		ctx, cancel := context.WithCancel(t.Context())
		looks := 0
		w.Now = func() time.Time {
			if looks++; looks > stop {
				cancel()
			}
			return h.now
		}
		w.Once(ctx)
		cancel()
	}
	h.tally(w, n)
	for range 2 {
		h.deliver(w)
	}
	if got, want := slices.Sorted(maps.Keys(box.mails)), slices.Sorted(maps.Keys(h.readers)); !slices.Equal(got, want) {
		t.Errorf("letters went to %v\nnot to %v", got, want)
	}
	for to, mails := range box.mails {
		who := h.readers[to]
		if len(mails) != 1 || to != "worker0@clicarity.example" && !strings.HasSuffix(mails[0].Unsubscribe, who.org.String()+who.id.String()) {
			t.Errorf("%s: %+v", to, mails)
		}
	}
	for to, want := range map[string]string{"worker0@konkan.example": "Lots by QR code", "worker1@konkan.example": "QR कोड से लॉट", "worker2@konkan.example": "Lots by QR code", "twice@mill.example": "QR कोड से लॉट"} {
		if m := box.mails[to]; len(m) != 1 || m[0].Subject != want || !strings.Contains(m[0].Text, m[0].Unsubscribe) {
			t.Errorf("%s: %+v", to, m)
		}
	}
	if walk := h.tally(w, n); walk.Written != len(h.readers) || walk.Sent != len(h.readers) || walk.Unreachable != 1 || walk.Waiting() != 0 {
		t.Errorf("%+v", walk)
	}
	if yes, err := db.Consented(t.Context(), h.operator, same, postgres.News); !yes || err != nil {
		t.Errorf("writing to somebody changed their consent (%v)", err)
	}
}

// Consent is looked at again when a letter is handed over, also of letters that the worker has taken to send: who takes it back, is
// erased, leaves, or whose organisation is closed before that gets none.
func TestNewsIsDroppedWhenConsentIsTakenBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	h := openNews(t, db, time.Now())
	konkan, owner := h.organisation("konkan")
	h.readersOf(konkan, "konkan", 12) // more than are taken at once
	old := h.enquiry("asha@mill.example", "asha", true)
	h.readers["asha@mill.example"] = reader{h.operator, h.enquiry("asha@mill.example", "asha", true)}
	gone := h.enquiry("gone@mill.example", "gone", true)
	h.readers["gone@mill.example"] = reader{h.operator, gone}
	n := h.send()
	box := &letterbox{mails: map[string][]smtp.Message{}}
	w := policyWorker(db, box, h.now)
	w.Once(t.Context())
	h.end(reader{h.operator, old}) // the older one's link: it is the same person
	if err := db.EraseEnquiry(t.Context(), h.operator, gone, h.now); err != nil {
		t.Fatal(err)
	}
	handed := 0
	box.each = func(smtp.Message) { // others have been taken to be sent: four more of five
		switch handed++; handed {
		case 1:
			h.end(h.readers["worker1@konkan.example"])
			h.end(h.readers["worker3@konkan.example"])
		case 2:
			if err := h.parts(konkan, owner, h.readers["worker4@konkan.example"].id, true); err != nil {
				t.Error(err)
			}
		case 5:
			if err := db.CloseOrganisation(t.Context(), konkan, postgres.Closure{Closing: flow.ClosingAt(flow.At(h.now)), By: owner}); err != nil {
				t.Error(err)
			}
		}
	}
	h.deliver(w)
	if got, want := slices.Sorted(maps.Keys(box.mails)), []string{"worker0@konkan.example", "worker2@konkan.example", "worker5@konkan.example", "worker6@konkan.example", "worker7@konkan.example"}; !slices.Equal(got, want) {
		t.Errorf("letters went to %v, not to %v", got, want)
	}
	if walk := h.tally(w, n); walk.Written != 14 || walk.Sent != 5 || walk.Dropped != 9 || walk.Failed != 0 || walk.Waiting() != 0 {
		t.Errorf("%+v", walk)
	}
	list, err := db.Sendings(t.Context(), konkan, 0)
	if err != nil || len(list) != 12 || list[0].State != "dropped" {
		t.Errorf("%+v %v", list, err)
	}
	if mails, err := db.TakeMails(t.Context(), konkan, h.now.Add(time.Hour)); len(mails) != 0 || err != nil {
		t.Errorf("what was dropped is tried again: %+v %v", mails, err)
	}
	next := h.send()
	if walk := h.tally(w, next); walk.Written != 0 {
		t.Errorf("who took it back is written to once more: %+v", walk)
	}
}

// News go to 300 people of three organisations through a real mail server, while the process that writes and sends is killed 20
// times at random moments and people take their consent back in between. Each gets exactly one letter, and none who took it back
// before theirs.
func TestNewsIsKilledAndEachGetsOne(t *testing.T) {
	t.Parallel()
	server := openMailpit(t)
	base := pgtest.URL(t)
	h := openNews(t, pgtest.Open(t, base), time.Now())
	for i := range 2 {
		org, _ := h.organisation(fmt.Sprintf("firm-%d", i))
		h.readersOf(org, fmt.Sprintf("firm%d", i), 100)
	}
	h.readersOf(h.operator, "clicarity", 60)
	for i := range 40 {
		address := fmt.Sprintf("visitor%d@mill.example", i)
		h.readers[address] = reader{h.operator, h.enquiry(address, address, true)}
	}
	n := h.send()
	addresses, ended := slices.Sorted(maps.Keys(h.readers)), map[string]bool{}
	sender := func() func(kill bool) error {
		h.now = h.now.Add(6 * time.Minute) // what the one before had taken is free again
		cmd := startSender(t, base, server, h.now)
		return func(kill bool) error {
			if kill {
				_ = cmd.Process.Kill() //nolint:errcheck // SIGKILL: nothing is finished
			}
			return cmd.Wait()
		}
	}
	for kill := range 20 {
		stop := sender()
		if kill < 6 { // while it starts and writes
			time.Sleep(time.Duration(rand.IntN(700)) * time.Millisecond)
		} else {
			enough := min(len(addresses)-len(ended)-10, (kill-5)*len(addresses)/16)
			for server.count("") < enough {
				time.Sleep(3 * time.Millisecond) // others need the machine too
			}
			time.Sleep(time.Duration(rand.IntN(15)) * time.Millisecond)
		}
		_ = stop(true) //nolint:errcheck // it was killed
		if to := addresses[rand.IntN(len(addresses))]; server.count("to:"+to) == 0 {
			h.end(h.readers[to])
			ended[to] = true
		}
	}
	if err := sender()(false); err != nil {
		t.Fatal(err)
	}
	for _, to := range addresses {
		want := 1
		if ended[to] {
			want = 0
		}
		if got := server.count("to:" + to); got != want {
			t.Errorf("%s got %d letters, not %d", to, got, want)
		}
	}
	if got := server.count(""); got != len(addresses)-len(ended) {
		t.Errorf("%d letters for %d people, of whom %d took it back", got, len(addresses), len(ended))
	}
	walk := h.tally(policyWorker(h.db, nil, h.now), n)
	if walk.Sent != len(addresses)-len(ended) || walk.Dropped != walk.Written-walk.Sent || walk.Written > len(addresses) {
		t.Errorf("%+v", walk)
	}
	t.Logf("%d took it back, %d of them when their letter was written", len(ended), walk.Dropped)
	h.saysHowToEnd(server)
}

// saysHowToEnd looks at a letter as the mail server has it: it says how one request ends the news.
func (h *newsHouse) saysHowToEnd(server mailpit) {
	h.t.Helper()
	resp, err := http.Get("http://" + server.api + "/api/v1/message/latest/raw") //nolint:noctx // the test's own server
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	m, err := mail.ReadMessage(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		h.t.Fatal(to, err)
	}
	body, err := io.ReadAll(m.Body)
	who := h.readers[to[0].Address]
	want := "<https://clicarity.example/unsubscribe/" + who.org.String() + who.id.String() + ">"
	if got := m.Header.Get("List-Unsubscribe"); got != want || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || err != nil || !strings.Contains(string(body), "multipart") && len(body) == 0 {
		h.t.Errorf("%s: %q %v, not %s", to[0].Address, got, err, want)
	}
}

// News are begun as they are sent, not with the next round: the database says so.
func TestNewsBeginAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	h := openNews(t, db, time.Now())
	h.readersOf(h.operator, "clicarity", 1)
	s := &slot{answer: func(smtp.Message) error { return nil }, told: make(chan struct{}, 1)}
	rounded, heard := make(chan struct{}, 100), make(chan struct{}, 100)
	w := &Worker{DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now, Mail: s, Operator: operator.Operator{Organisation: "clicarity"},
		Unsubscribe: func(flow.ID, flow.ID) string { return "https://clicarity.example/unsubscribe/x" },
		Also:        []func(context.Context) error{func(context.Context) error { rounded <- struct{}{}; return nil }}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	none := func(flow.ID) {}
	ears := postgres.Ears{Woke: none, Look: none, Post: w.Post, Tell: func() { heard <- struct{}{}; w.Tell() }}
	go func() { _ = db.Listen(ctx, ears); done <- struct{}{} }() //nolint:errcheck // ends with the context
	go func() { w.Run(ctx); done <- struct{}{} }()
	<-heard
	<-rounded // the next round is a minute away
	h.send()
	<-s.told
	cancel()
	<-done
	<-done
}
