package worker

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// Each day every owner who wants it gets one mail with the head, however many servers write it and how often, and no other
// member does.
func TestTheHeadIsMailedOnceADayToEachOwner(t *testing.T) {
	t.Parallel()
	w, s, now, org := mailWorker(t)
	*now = time.Date(2026, 11, 26, 17, 0, 0, 0, time.UTC) // 22:30 in India
	w.Head = func(o postgres.Organisation, head postgres.AuditChain, at time.Time) letters.Letter {
		return letters.AuditHead{Organisation: o.Name, Entry: head.Seq, Hash: fmt.Sprintf("%x", head.Hash), At: at.Format(time.RFC3339)}
	}
	add := func(role flow.Role, name string, logins ...string) flow.ID {
		t.Helper()
		m := postgres.Member{ID: newID(t), Name: name, Role: role, Language: "hi", PasswordHash: "x", Logins: logins, Created: *now}
		if err := w.DB.AddMember(t.Context(), org, m); err != nil {
			t.Fatal(err)
		}
		if err := w.DB.SendHeads(t.Context(), org, m.ID, "2026-11-26"); err != nil {
			t.Fatal(err)
		}
		return m.ID
	}
	meera := add(flow.Owner, "Meera", "meera@company.example", "+919820010001")
	add(flow.Owner, "Anil", "anil@company.example")
	add(flow.Owner, "Phone only", "+919820010002")
	add(flow.Manager, "No owner any more", "manager@company.example")
	round := func(want int) {
		t.Helper()
		var group sync.WaitGroup
		for range 4 { // as many servers
			group.Go(func() { w.Once(t.Context()) })
		}
		group.Wait()
		if err := w.mail(t.Context(), org); err != nil {
			t.Fatal(err)
		}
		if len(s.got) != want {
			t.Errorf("%s: %d mails were sent, want %d: %q", now, len(s.got), want, s.got)
		}
	}
	round(0) // the day on which it was switched on
	head, err := w.DB.AuditHead(t.Context(), org)
	if err != nil {
		t.Fatal(err)
	}
	*now = now.Add(2 * time.Hour)
	round(2)
	if want := fmt.Sprintf("हैश:\n%x", head.Hash); !strings.Contains(strings.Join(s.got, "\n"), want) {
		t.Errorf("%q, want %q", s.got, want)
	}
	*now = now.Add(22 * time.Hour)
	round(2) // still the same day in India
	if err := w.DB.StopHeads(t.Context(), org, meera); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(72 * time.Hour)
	round(3) // days without a server are not made up for
	w.Mail = nil
	*now = now.Add(24 * time.Hour)
	w.Once(t.Context())
	if readers, err := w.DB.HeadReaders(t.Context(), org, "2026-12-31"); err != nil || len(readers) != 1 {
		t.Errorf("%v %v", readers, err)
	}
}
