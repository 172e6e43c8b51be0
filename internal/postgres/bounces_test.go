package postgres_test

import (
	"errors"
	"testing"
	"time"

	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// After two mails that came back for good nothing is written to an address, until somebody says that it is right. One report
// counts once, a soft one never.
func TestBouncesStopAnAddress(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f, now := openFirm(t, db, "sahyadri"), time.Now()
	other := openFirm(t, db, "konkan")
	send := func(key string) (number int64, sent bool) {
		t.Helper()
		if err := db.QueueMail(t.Context(), f.org, postgres.Mail{To: "ravi@sahyadri.example", Kind: "test", Key: key, Text: "x", At: now}); err != nil {
			t.Fatal(err)
		}
		got, err := db.TakeMails(t.Context(), f.org, now)
		if err != nil || len(got) > 1 {
			t.Fatal(got, err)
		}
		if len(got) == 0 {
			return 0, false
		}
		return got[0].Number, db.MailSent(t.Context(), f.org, got[0].Number, now) == nil
	}
	for i, c := range []struct {
		key  string
		hard bool
	}{{"1", false}, {"2", true}, {"3", true}} {
		n, sent := send(c.key)
		if !sent {
			t.Fatalf("mail %d was not sent", i)
		}
		b := postgres.Bounce{Number: n, Status: "5.1.1", Hard: c.hard, At: now}
		if err := db.MailBounced(t.Context(), other.org, b); !errors.Is(err, postgres.ErrNotFound) {
			t.Errorf("another organisation's: %v", err)
		}
		for range 2 { // the report arrives twice
			if err := db.MailBounced(t.Context(), f.org, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	bad, err := db.BadAddresses(t.Context(), f.org)
	if err != nil || len(bad) != 1 || bad[0].Times != 2 || !bad[0].Stopped {
		t.Fatalf("%+v %v", bad, err)
	}
	if _, sent := send("4"); sent {
		t.Error("it is still written to")
	}
	list, err := db.Sendings(t.Context(), f.org, 0)
	if err != nil || len(list) != 4 || list[0].State != "failed" || list[1].State != "bounced" || list[0].Number <= list[1].Number {
		t.Errorf("%+v %v", list, err)
	}
	if rest, err := db.Sendings(t.Context(), f.org, list[1].Number); err != nil || len(rest) != 2 {
		t.Errorf("%+v %v", rest, err)
	}
	if err := db.TrustAddress(t.Context(), f.org, "ravi@sahyadri.example"); err != nil {
		t.Fatal(err)
	}
	if _, sent := send("5"); !sent {
		t.Error("it is right, and not written to")
	}
	if of, err := db.BadAddressesOf(t.Context(), f.org, []string{"ravi@sahyadri.example"}); err != nil || len(of) > 0 {
		t.Errorf("%+v %v", of, err)
	}
}

// A mail of which nobody knows whether it went is told apart from the others when it is taken again.
func TestAnUnsureMailIsKnown(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f, now := openFirm(t, db, "sahyadri"), time.Now()
	if err := db.QueueMail(t.Context(), f.org, postgres.Mail{To: "ravi@sahyadri.example", Kind: "test", Text: "x", Language: "hi", Unsubscribe: "https://x.example", At: now}); err != nil {
		t.Fatal(err)
	}
	take := func(after time.Duration) postgres.Mail {
		t.Helper()
		got, err := db.TakeMails(t.Context(), f.org, now.Add(after))
		if err != nil || len(got) != 1 || got[0].Language != "hi" || got[0].Unsubscribe == "" {
			t.Fatalf("%+v %v", got, err)
		}
		return got[0]
	}
	m := take(0)
	if take(10 * time.Minute).Offered { // whoever took it was stopped before the server was spoken to
		t.Error("it was never offered")
	}
	if goes, err := db.OfferMail(t.Context(), f.org, m.Number, now); err != nil || !goes {
		t.Fatal(err)
	}
	if !take(20 * time.Minute).Offered {
		t.Error("nobody knows whether it went, and nobody says so")
	}
	if err := db.MailFailed(t.Context(), f.org, m.Number, "busy", now, now.Add(21*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if take(30 * time.Minute).Offered {
		t.Error("it is known that it did not go")
	}
}
