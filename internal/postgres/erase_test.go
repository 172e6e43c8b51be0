package postgres_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/privacy"
)

// planted is somebody who left their name wherever it can be.
type planted struct {
	id     flow.ID
	name   string
	mail   string
	phone  string
	device flow.ID
	job    flow.ID
	number string
}

// marks are what finds the person.
func (p planted) marks() []string {
	return []string{p.name, strings.ToUpper(p.name), p.mail, p.phone, strings.TrimPrefix(p.phone, "+91")}
}

func (f *firm) as(p planted, a flow.Action) flow.Receipt {
	f.t.Helper()
	m := f.mark()
	m.Member, m.Role = p.id, flow.Manager
	r, err := f.db.Do(f.t.Context(), m, flow.Command{ID: newID(f.t), Action: a})
	if err != nil {
		f.t.Fatalf("%s: %v", a.Name(), err)
	}
	return r
}

// signed gives the process a form that people sign.
func (f *firm) signed() {
	f.t.Helper()
	f.process.Version = 2
	f.process.Stages[0].Fields = []flow.Field{{Code: "sign", Label: "Sign", Type: flow.SignatureField}, {Code: "who", Label: "Checked by", Type: flow.TextField}, {Code: "photo", Label: "Photo", Type: flow.PhotoField}}
	if err := f.db.AddProcess(f.t.Context(), f.org, f.process); err != nil {
		f.t.Fatal(err)
	}
}

// plant makes somebody who works, signs, writes and is written about.
func (f *firm) plant(name, mail, phone, number string) planted {
	f.t.Helper()
	ctx, now := f.t.Context(), time.Now()
	p := planted{id: newID(f.t), name: name, mail: mail, phone: phone, number: number, device: newID(f.t), job: newID(f.t)}
	hash := func(s string) [32]byte { return sha256.Sum256([]byte(s + name)) }
	owner := flow.Given{All: true}
	err := errors.Join(
		f.db.AddMember(ctx, f.org, postgres.Member{ID: p.id, Name: name, Role: flow.Manager, Given: owner, PasswordHash: "hash of " + name, Created: now, Logins: []string{mail, phone}}),
		f.db.SetAuthenticator(ctx, f.org, p.id, postgres.Authenticator{Seed: []byte("seed of " + name), Codes: [][32]byte{hash("code")}, At: now}),
		f.db.AddPasskey(ctx, f.org, p.id, flow.ID{}, postgres.Passkey{ID: newID(f.t), Credential: []byte("key of " + name), Name: "Phone of " + name, Body: `{"user":"` + name + `"}`, Created: now}, nil),
		f.db.AddSession(ctx, f.org, postgres.Session{Token: hash("session"), Member: p.id, On: "phone of " + name, Began: now, Until: now.Add(time.Hour), Idle: time.Hour}),
		f.db.AddReset(ctx, f.org, postgres.Reset{Token: hash("reset"), Member: p.id, Until: now.Add(time.Hour)}),
		f.db.AddDevice(ctx, f.org, postgres.Device{ID: p.device, Name: "Tablet " + number, Given: owner, Created: now}), f.db.SetPIN(ctx, f.org, p.id, "pin of "+name, now), f.db.SetBadge(ctx, f.org, p.id, hash("badge"), now),
		f.db.AddInvitation(ctx, f.org, postgres.Invitation{ID: newID(f.t), Token: hash("invitation"), Login: mail, Name: name, Role: flow.Viewer, By: f.owner, Made: now, Until: now.Add(time.Hour)}, nil),
		f.db.QueueMail(ctx, f.org, postgres.Mail{To: mail, Subject: name, Text: name, Kind: "test", At: now}),
		f.db.SaveView(ctx, f.org, postgres.BoardView{ID: newID(f.t), Member: p.id, Name: "Jobs of " + name, Query: "q=" + name}),
		f.db.AddUpload(ctx, f.org, postgres.Upload{ID: newID(f.t), Member: p.id, FileName: name + ".csv", Content: `["` + name + `"]`, Mapping: "{}", Created: now}),
		f.db.SaveWizard(ctx, f.org, postgres.Wizard{ID: newID(f.t), Body: `{"people":"` + name + ", " + mail + `"}`, By: f.owner, Changed: now}),
		f.db.AddVendor(ctx, f.org, postgres.Vendor{ID: newID(f.t), Name: name + " Works"}),
		f.db.AddGrant(ctx, f.org, postgres.Grant{ID: newID(f.t), Reason: name + " cannot log in", Given: owner, By: p.id, At: now, Until: now.Add(time.Hour)}, hash("grant")),
		f.db.SendHeads(ctx, f.org, p.id, "2026-11-25"),
		f.db.SetNominee(ctx, f.org, p.id, postgres.Nominee{Name: "Kin of " + name, Contact: "kin-" + mail, At: now}),
		f.db.AskLogin(ctx, f.org, postgres.LoginProof{Token: hash("proof"), Member: p.id, Login: "new-" + mail, Replaces: mail, Until: now.Add(time.Hour)}, postgres.Mail{To: mail, Kind: "proof", At: now}),
		f.db.OpenRequest(ctx, f.org, postgres.RightsRequest{ID: newID(f.t), Kind: postgres.AskCorrection, Member: p.id, Body: name + " is spelled wrongly", Opened: now}),
		f.db.AddCheck(ctx, f.org, postgres.RightsCheck{Token: hash("check"), Kind: postgres.AskAccess, Name: name, Email: mail, Body: name, Until: now.Add(time.Hour)}, postgres.Mail{To: mail, Kind: "check", At: now}),
	)
	_, try := f.db.TryPIN(ctx, f.org, p.device, p.id, now)
	if err := errors.Join(err, try); err != nil {
		f.t.Fatal(err)
	}
	f.plantWork(p)
	return p
}

// plantWork leaves the name in the history: as who wrote it, and as somebody of whom others wrote.
func (f *firm) plantWork(p planted) {
	f.t.Helper()
	for i, do := range []func(flow.Action) flow.Receipt{func(a flow.Action) flow.Receipt { return f.as(p, a) }, f.must} {
		id, by, drawn := p.job, p.id, "drawn by "+p.name
		if i > 0 {
			id, by, drawn = newID(f.t), f.owner, "drawn by the owner for "+p.number
		}
		do(flow.Create{Process: f.process.ID, Version: 2, Jobs: []flow.NewJob{{ID: id, Number: fmt.Sprint(p.number, "-", i), Customer: p.name + " Traders", Item: "Box for " + p.name, Quantity: flow.Units(500), Due: "2026-12-01"}}})
		work := at(id, "printing")
		do(flow.Start{Work: work})
		sign := f.newPicture(id, "printing", drawn)
		sign.Member = by
		digest, err := f.db.AddPicture(f.t.Context(), f.org, sign)
		if err != nil {
			f.t.Fatal(err)
		}
		do(flow.Report{Work: work, Good: flow.Units(10), Note: "seen by " + p.name, Release: flow.Release{Approver: p.name, Values: map[string]string{"sign": flow.WritePictures([]flow.Picture{{ID: sign.ID, Digest: digest}}), "who": p.mail}}})
		for n := range 5 {
			do(flow.Report{Work: work, Good: flow.Units(2), Note: fmt.Sprintf("%d: %s says so", n, strings.ToUpper(p.name)), Release: flow.Release{Values: map[string]string{"sign": flow.TypedSignature(p.name), "who": "call " + p.phone}}})
		}
		do(flow.Hold{Work: work, Reason: "no_power", Note: p.name + " rang " + strings.TrimPrefix(p.phone, "+91")})
		do(flow.Resume{Work: work})
		do(flow.RaiseNC{Work: at(id, "lamination"), NC: newID(f.t), What: "smudged, says " + p.name})
		do(flow.Change{Job: id, Set: map[string]string{flow.SetItem: "Lid for " + p.name}, Reason: p.name + " asked"})
		do(flow.Count{Work: work, There: flow.Units(400), Reason: "with " + p.name})
		do(flow.Report{Work: at(id, "lamination"), Wasted: []flow.Waste{{Quantity: flow.Units(2), Reason: "torn"}}, Note: p.name})
		vendors, err := f.db.Vendors(f.t.Context(), f.org)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, v := range vendors {
			do(flow.Send{Vendor: v.ID, Note: "driver " + p.name, Lines: []flow.SendLine{{Work: work, Quantity: flow.Units(3)}}})
			break
		}
	}
}

func TestAnErasedPersonIsNowhere(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	f.signed()
	gone, stays := f.plant("Prabhakar Ghatge", "prabhakar@sahyadri.example", "+919812345678", "JC-7"), f.plant("Meenal Ranade", "meenal@sahyadri.example", "+919800011122", "JC-8")
	f.rolledUp()
	conn := pgtest.Owner(t, url)
	before, other := pgtest.Places(t, conn, gone.marks()...), pgtest.Places(t, conn, stays.marks()...)
	if places := slices.Compact(slices.Sorted(slices.Values(before))); len(before) < 100 || len(places) < 25 {
		t.Fatalf("the person is in %d rows only: %v", len(before), places)
	}
	sums, now := f.sums(gone.job, stays.job), time.Now()
	request := newID(t)
	mentions, err := f.db.Mentions(t.Context(), f.org, gone.id)
	if err != nil || len(mentions) < 10 {
		t.Fatal(len(mentions), err)
	}
	var chosen []postgres.Mention
	for _, m := range mentions {
		if m.Fixed {
			t.Errorf("%s.%s of %q cannot be erased", m.Place, m.Column, m.Text)
		}
		chosen = append(chosen, m.Mention)
	}
	err = errors.Join(f.db.OpenRequest(t.Context(), f.org, postgres.RightsRequest{ID: request, Kind: postgres.AskErasure, Member: gone.id, Body: "I, " + gone.name, Opened: now}),
		f.db.PlanErasure(t.Context(), f.org, postgres.ErasurePlan{Request: request, Chosen: chosen, By: f.owner, At: now}))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.db.EraseDue(t.Context(), f.organisation(), now.Add(postgres.ErasureNotice-time.Second)); n != 0 || err != nil {
		t.Fatal("before the time", n, err)
	}
	for range 2 { // the second does nothing more
		if _, err := f.db.EraseDue(t.Context(), f.organisation(), now.Add(postgres.ErasureNotice)); err != nil {
			t.Fatal(err)
		}
	}
	if left := pgtest.Places(t, conn, gone.marks()...); len(left) > 0 {
		t.Errorf("still there: %v", left)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(pgtest.BinDir(t), "pg_dump"), url).Output() //nolint:gosec // the test's own
	if err != nil || len(out) < 10_000 {
		t.Fatal(len(out), err)
	}
	for _, m := range gone.marks() {
		if bytes.Contains(out, []byte(m)) {
			t.Errorf("a dump has %q", m)
		}
	}
	if now := pgtest.Places(t, conn, stays.marks()...); !slices.Equal(now, other) {
		t.Errorf("somebody else's were %v\nand are %v", other, now)
	}
	f.erasedSoundly(gone, sums, stays)
	if r, steps, _, err := f.db.Request(t.Context(), f.org, request); err != nil || r.State != postgres.RightsAnswered || len(steps) != 4 || steps[3].What != "erased" {
		t.Errorf("%+v %+v %v", r, steps, err)
	}
}

// erasedSoundly checks what stays: the pseudonym as the author, and every sum.
func (f *firm) erasedSoundly(gone planted, sums []string, stays planted) {
	f.t.Helper()
	if after := f.sums(gone.job, stays.job); !slices.Equal(sums, after) {
		f.t.Errorf("the sums were %v\nand are %v", sums, after)
	}
	v, err := f.db.Verify(f.t.Context(), f.org)
	if err != nil || v.Redacted < 20 || v.Erased != 1 {
		f.t.Errorf("%+v %v", v, err)
	}
	f.rollUpsEqual()
	m, err := f.db.Member(f.t.Context(), f.org, gone.id)
	if err != nil || !strings.HasPrefix(m.Name, "Person ") || len(m.Logins) != 0 || m.Left.IsZero() {
		f.t.Errorf("%+v %v", m, err)
	}
	moves, _, err := f.db.Timeline(f.t.Context(), f.org, gone.job, 0, 100)
	if err != nil || !slices.ContainsFunc(moves, func(m postgres.Record) bool { return m.Member == gone.id && m.Facts.Approver == f.nameOf(gone.id) }) {
		f.t.Errorf("nothing is the pseudonym's: %v", err)
	}
	if accounts, err := f.db.Accounts(f.t.Context(), gone.mail); err != nil || len(accounts) != 0 {
		f.t.Errorf("%v %v", accounts, err)
	}
	f.as(stays, flow.Report{Work: at(gone.job, "printing"), Good: flow.Units(1)})
	f.sound()
}

func (f *firm) nameOf(id flow.ID) string {
	names, err := f.db.Names(f.t.Context(), f.org, []flow.ID{id})
	if err != nil {
		f.t.Fatal(err)
	}
	return names[id]
}

func TestTheOnlyOwnerIsNotErased(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	now := time.Now()
	ask := postgres.RightsRequest{ID: newID(t), Kind: postgres.AskErasure, Member: f.owner, Opened: now}
	refused(t, f.db.OpenRequest(t.Context(), f.org, ask), flow.LastOwner)
	second := postgres.Member{ID: newID(t), Name: "Second", Role: flow.Owner, PasswordHash: "x", Created: now}
	if err := errors.Join(f.db.AddMember(t.Context(), f.org, second), f.db.OpenRequest(t.Context(), f.org, ask)); err != nil {
		t.Fatal(err)
	}
	if err := f.db.ChangeMember(t.Context(), f.org, f.owner, second.ID, now, flow.Remove); err != nil {
		t.Fatal(err)
	}
	if n, err := f.db.EraseDue(t.Context(), f.organisation(), now.Add(postgres.ErasureNotice)); n != 0 || err != nil {
		t.Error(n, err)
	}
	r, _, _, err := f.db.Request(t.Context(), f.org, ask.ID)
	if m, err2 := f.db.Member(t.Context(), f.org, f.owner); errors.Join(err, err2) != nil || !m.Left.IsZero() || r.State != postgres.RightsOpen {
		t.Errorf("%+v %+v %v", m, r, err)
	}
}

func TestAnErasureIsCalledOff(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	f.signed()
	p, now := f.plant("Prabhakar Ghatge", "p@sahyadri.example", "+919812345678", "JC-1"), time.Now()
	ask := postgres.RightsRequest{ID: newID(t), Kind: postgres.AskErasure, Member: p.id, Opened: now}
	for range 2 { // a form that is sent twice
		if err := f.db.OpenRequest(t.Context(), f.org, ask); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.db.CancelErasure(t.Context(), f.org, ask.ID, f.owner, f.owner, now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	if err := f.db.CancelErasure(t.Context(), f.org, ask.ID, p.id, p.id, now.Add(postgres.ErasureNotice)); !errors.Is(err, postgres.ErrOver) {
		t.Errorf("too late: %v", err)
	}
	if err := f.db.CancelErasure(t.Context(), f.org, ask.ID, p.id, p.id, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n, err := f.db.EraseDue(t.Context(), f.organisation(), now.Add(postgres.ErasureNotice)); n != 0 || err != nil || f.nameOf(p.id) != p.name {
		t.Error(n, err)
	}
}

// An erasure that is broken off anywhere is finished by the next try, and leaves nothing half done.
func TestAnErasureBrokenOffIsFinished(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	f.signed()
	p := f.plant("Prabhakar Ghatge", "p.ghatge@sahyadri.example", "+919812345678", "JC-1")
	f.rolledUp()
	sums, broken := f.sums(p.job), 0
	mentions, err := f.db.Mentions(t.Context(), f.org, p.id)
	if err != nil {
		t.Fatal(err)
	}
	var chosen []postgres.Mention
	for _, m := range mentions {
		chosen = append(chosen, m.Mention)
	}
	for patience := 5 * time.Millisecond; ; patience += patience / 3 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := f.db.Erase(ctx, f.organisation(), p.id, chosen, time.Now())
		cancel()
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		if _, failed := f.db.Verify(t.Context(), f.org); failed != nil {
			t.Fatal(failed)
		}
		if err == nil {
			break
		}
		broken++
	}
	if left := pgtest.Places(t, pgtest.Owner(t, url), p.marks()...); len(left) > 0 || broken == 0 {
		t.Errorf("broken off %d times; left: %v", broken, left)
	}
	if after := f.sums(p.job); !slices.Equal(sums, after) {
		t.Errorf("the sums were %v\nand are %v", sums, after)
	}
	f.rollUpsEqual()
}

// What the register says is erased, the program may erase: a table whose rows go without the right to delete them would stop
// every erasure.
func TestWhatIsErasedMayBeErased(t *testing.T) {
	t.Parallel()
	conn := pgtest.Owner(t, pgtest.URL(t))
	for _, table := range privacy.Register {
		for _, f := range table.Fields {
			var may bool
			sql := "select true"
			switch {
			case f.Erase == privacy.Row:
				sql = "select has_table_privilege('clicarity_app', $1, 'delete') and $2::text is not null"
			case f.Erase == privacy.Clear, f.Erase == privacy.Pseudonym:
				sql = "select has_column_privilege('clicarity_app', $1, $2, 'update')"
			case f.Erase == privacy.Redact && !slices.Contains([]string{"movements", "pictures", "job_words", "word_parts", "job_terms", "facts"}, table.Name):
				sql = "select has_column_privilege('clicarity_app', $1, $2, 'update')"
			default:
				continue
			}
			if err := conn.QueryRow(t.Context(), sql, table.Name, f.Column).Scan(&may); err != nil || !may {
				t.Errorf("%s.%s: the register says %q, and the program may not (%v)", table.Name, f.Column, f.Erase, err)
			}
		}
	}
}
