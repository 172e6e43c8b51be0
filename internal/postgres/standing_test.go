package postgres_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// hire adds somebody and returns their id.
func (f *firm) hire(name string, role flow.Role, g flow.Given) flow.ID {
	f.t.Helper()
	m := postgres.Member{ID: newID(f.t), Name: name, Role: role, Given: g, PasswordHash: "x", Logins: []string{name + "@company.example"}, Created: time.Now()}
	if err := f.db.AddMember(f.t.Context(), f.org, m); err != nil {
		f.t.Fatal(err)
	}
	return m.ID
}

func (f *firm) owners() (n int) {
	f.t.Helper()
	all, err := f.db.Members(f.t.Context(), f.org, 100)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, m := range all {
		if m.Role == flow.Owner && m.Left.IsZero() && m.Suspended.IsZero() {
			n++
		}
	}
	return n
}

// Two owners who demote each other, suspend each other, or both step down at one moment leave one owner.
func TestThereIsAlwaysAnOwner(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, do := range map[string]flow.PeopleAction{"demote": flow.Give(flow.Manager, flow.Given{All: true}), "suspend": flow.Suspend, "remove": flow.Remove, "step-down": flow.StepDown, "leave": flow.Leave} {
		f := openFirm(t, db, name)
		other := f.hire("Harish", flow.Owner, flow.Given{})
		pairs := [][2]flow.ID{{f.owner, other}, {other, f.owner}}
		if name == "step-down" || name == "leave" {
			pairs = [][2]flow.ID{{f.owner, f.owner}, {other, other}}
		}
		errs := make([]error, 2)
		var all sync.WaitGroup
		for i, p := range pairs {
			all.Go(func() { errs[i] = db.ChangeMember(t.Context(), f.org, p[0], p[1], time.Now(), do) })
		}
		all.Wait()
		if f.owners() != 1 || (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%s: %d owners, %v", name, f.owners(), errs)
		}
		for _, err := range errs {
			var r *flow.Refusal
			if err != nil && (!errors.As(err, &r) || r.Code != flow.NotFound && r.Code != flow.LastOwner) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	f := openFirm(t, db, "alone")
	refused(t, db.ChangeMember(t.Context(), f.org, f.owner, f.owner, time.Now(), flow.Leave), flow.LastOwner)
	refused(t, db.SetRole(t.Context(), f.org, f.owner, flow.Viewer, flow.Given{}), flow.LastOwner)
}

// Who is suspended is signed out and can come back; who leaves is gone for good, and the sign-in is free.
func TestSuspendedAndLeft(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ravi, now := f.hire("ravi", flow.Operator, flow.Given{All: true}), time.Now()
	in := func() error {
		t.Helper()
		_, err := f.db.Session(t.Context(), f.org, [32]byte{7}, now)
		return err
	}
	open := func() {
		t.Helper()
		if err := f.db.AddSession(t.Context(), f.org, postgres.Session{Token: [32]byte{7}, Member: ravi, Began: now, Until: now.Add(time.Hour), Idle: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	do := func(a flow.PeopleAction) {
		t.Helper()
		if err := f.db.ChangeMember(t.Context(), f.org, f.owner, ravi, now, a); err != nil {
			t.Fatal(err)
		}
	}
	open()
	do(flow.Suspend)
	if accounts, err := f.db.Accounts(t.Context(), "ravi@company.example"); in() == nil || len(accounts) != 0 || err != nil {
		t.Errorf("somebody suspended is in: %v %v", accounts, err)
	}
	do(flow.LetIn)
	if in() == nil {
		t.Error("the old session lives again")
	}
	open()
	if err := in(); err != nil {
		t.Error(err)
	}
	do(flow.Remove)
	m, err := f.db.Member(t.Context(), f.org, ravi)
	if in() == nil || err != nil || m.Left.IsZero() || m.Name != "ravi" || len(m.Logins) != 0 {
		t.Errorf("%+v %v", m, err)
	}
	f.hire("ravi", flow.Operator, flow.Given{All: true}) // the sign-in is free
	refused(t, f.db.ChangeMember(t.Context(), f.org, f.owner, ravi, now, flow.LetIn), flow.NotFound)
}

// An invitation lets one person in, with what it names, and is worth nothing when the one who gave it could not give it.
func TestAbuseInvitationHijackInTheDatabase(t *testing.T) {
	t.Parallel()
	db, now := pgtest.New(t), time.Now()
	f, other := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	manager := f.hire("manager", flow.Manager, flow.Given{All: true})
	invite := func(n byte, by flow.ID, role flow.Role, login string) postgres.Invitation {
		t.Helper()
		i := postgres.Invitation{ID: newID(t), Token: [32]byte{n}, Login: login, Role: role, Given: flow.Given{All: true}, By: by, Made: now, Until: now.Add(7 * 24 * time.Hour)}
		if err := db.AddInvitation(t.Context(), f.org, i, nil); err != nil {
			t.Fatal(err)
		}
		return i
	}
	person := func(login string) postgres.Member {
		return postgres.Member{ID: newID(t), Name: "Somebody", Role: flow.Owner, Given: flow.Given{All: true}, Logins: []string{login}, PasswordHash: "x", Created: now}
	}
	i := invite(1, manager, flow.Viewer, "ravi@company.example")
	if _, err := db.Join(t.Context(), other.org, i.Token, person("a@b.example"), hasRead); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("in another organisation: %v", err)
	}
	results := make([]error, 8)
	var all sync.WaitGroup
	for n := range results {
		all.Go(func() { _, results[n] = db.Join(t.Context(), f.org, i.Token, person("evil@b.example"), hasRead) })
	}
	all.Wait()
	ok := 0
	for _, err := range results {
		if err == nil {
			ok++
		} else if !errors.Is(err, postgres.ErrNotFound) {
			t.Error(err)
		}
	}
	accounts, err := db.Accounts(t.Context(), "ravi@company.example")
	evil, err2 := db.Accounts(t.Context(), "evil@b.example")
	if ok != 1 || err != nil || err2 != nil || len(accounts) != 1 || accounts[0].Role != flow.Viewer || len(evil) != 0 {
		t.Fatalf("%d joined, %+v %+v %v %v", ok, accounts, evil, err, err2)
	}
	taken := invite(2, f.owner, flow.Manager, "")
	if _, err := db.Join(t.Context(), f.org, taken.Token, person("ravi@company.example"), hasRead); !postgres.IsTaken(err) {
		t.Errorf("another's sign-in: %v", err)
	}
	late := person("late@b.example")
	late.Created = now.Add(7*24*time.Hour + time.Second)
	if _, err := db.Join(t.Context(), f.org, taken.Token, late, hasRead); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("after its end: %v", err)
	}
	if err := errors.Join(db.Revoke(t.Context(), f.org, taken.ID, now)); err != nil {
		t.Fatal(err)
	}
	if err := db.Revoke(t.Context(), other.org, i.ID, now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("revoked from another organisation: %v", err)
	}
	orphan := invite(3, manager, flow.Viewer, "")
	if err := db.ChangeMember(t.Context(), f.org, f.owner, manager, now, flow.Give(flow.Viewer, flow.Given{All: true})); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string][32]byte{"revoked": taken.Token, "of one who lost the right": orphan.Token, "never made": {99}} {
		if _, err := db.Join(t.Context(), f.org, token, person("x@b.example"), hasRead); !errors.Is(err, postgres.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hasRead is what somebody read who joins.
var hasRead = postgres.Consent{Purpose: postgres.Notice, Act: postgres.Read, Version: 2, Language: "mr", At: time.Now(), How: postgres.ByJoining, Adult: true}
