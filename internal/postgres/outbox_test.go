package postgres_test

import (
	"strings"
	"testing"
	"time"

	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func TestMailsWaitSealedAndGoOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f, now := openFirm(t, db, "sahyadri"), time.Now()
	other := openFirm(t, db, "konkan")
	mail := postgres.Mail{To: "ravi@company.example", Subject: "Come in", Text: "https://x.example/join/secret-token", Kind: "invitation", Key: "1", At: now}
	second := mail
	second.Key, second.Text = "2", "second"
	for _, m := range []postgres.Mail{mail, mail, second} {
		if err := db.QueueMail(t.Context(), f.org, m); err != nil {
			t.Fatal(err)
		}
	}
	var kept []byte
	if err := pgtest.Owner(t, url).QueryRow(t.Context(), "select string_agg(content, '') from outbox").Scan(&kept); err != nil || strings.Contains(string(kept), "secret-token") || len(kept) == 0 {
		t.Errorf("%q %v", kept, err)
	}
	take := func(at time.Time) []postgres.Mail {
		t.Helper()
		got, err := db.TakeMails(t.Context(), f.org, at)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got, err := db.TakeMails(t.Context(), other.org, now); len(got) > 0 || err != nil {
		t.Errorf("another organisation takes %v %v", got, err)
	}
	got := take(now)
	if len(got) != 2 || got[0].Text != mail.Text || got[0].Subject != mail.Subject || got[1].Text != "second" || got[0].Tries != 0 {
		t.Fatalf("%+v", got)
	}
	if again := take(now.Add(time.Minute)); len(again) > 0 {
		t.Errorf("taken by two: %+v", again)
	}
	if err := db.MailSent(t.Context(), f.org, got[0].Number, now); err != nil {
		t.Fatal(err)
	}
	if err := db.MailFailed(t.Context(), f.org, got[1].Number, "busy", now, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if again := take(now.Add(time.Hour)); len(again) != 1 || again[0].Text != "second" || again[0].Tries != 1 {
		t.Errorf("%+v", again)
	}
	loseKeys(t, url, f.org) // without its key the mail is empty, and said to be
	if again := take(now.Add(2 * time.Hour)); len(again) != 1 || again[0].Text != "" {
		t.Errorf("%+v", again)
	}
	if again := take(now.Add(25 * time.Hour)); len(again) != 0 { // too late
		t.Errorf("%+v", again)
	}
	var left int
	if err := pgtest.Owner(t, url).QueryRow(t.Context(), "select count(*) from outbox where content is not null").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d texts are kept (%v)", left, err)
	}
	if n, err := db.EndOldMails(t.Context(), f.org, now.Add(31*24*time.Hour)); n != 2 || err != nil {
		t.Errorf("%d forgotten, %v", n, err)
	}
}
