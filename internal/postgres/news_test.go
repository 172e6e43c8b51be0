package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// A draft is changed from the edition that was looked at, and sent as it was looked at; what is sent is never changed, whoever tries.
func TestNewsAreSentOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f, now := openFirm(t, db, "clicarity"), time.Now()
	n := postgres.NewsPiece{ID: newID(t), First: "en", By: f.owner}
	save := func(edition int, text string) error {
		n.Edition, n.Texts = edition, map[string]postgres.NewsText{"en": {Subject: "Lots", Text: text}}
		return db.SaveNews(t.Context(), f.org, n, now)
	}
	is := func(edition int, text string) {
		t.Helper()
		if got, err := db.NewsPiece(t.Context(), f.org, n.ID); err != nil || got.Edition != edition || got.Texts["en"].Text != text {
			t.Errorf("%+v %v", got, err)
		}
	}
	if err := errors.Join(save(0, "One"), save(0, "One"), save(1, "Two")); err != nil {
		t.Fatal(err)
	}
	is(2, "Two")
	if err := save(1, "Three"); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("it was changed from an edition that is no more: %v", err)
	}
	if err := db.SendNews(t.Context(), f.org, n.ID, 1, f.owner, now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("what nobody looked at was sent: %v", err)
	}
	if err := db.SendNews(t.Context(), f.org, n.ID, 2, f.owner, now); err != nil {
		t.Fatal(err)
	}
	if err := db.SendNews(t.Context(), f.org, n.ID, 2, f.owner, now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("it was sent twice: %v", err)
	}
	if err := save(2, "Four"); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("it was changed after it was sent: %v", err)
	}
	if err := db.DiscardNews(t.Context(), f.org, n.ID); err != nil {
		t.Fatal(err)
	}
	is(2, "Two")
	f.nobodyMay(url, "update news set texts = '{\"en\": {}}'", "update news set sent_at = null, sent_by = null", "delete from news")
}

// Those who agreed are read page by page, members and enquiries together, each once.
func TestNewsReadersAreReadByPages(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f, now := openFirm(t, db, "clicarity"), time.Now()
	agrees := func(subject flow.ID) {
		t.Helper()
		c := postgres.Consent{Subject: subject, Purpose: postgres.News, Act: postgres.Given, Version: 2, Language: "en", At: now, How: postgres.ByPage}
		if err := db.RecordConsent(t.Context(), f.org, c); err != nil {
			t.Fatal(err)
		}
	}
	const each = 220
	for i := range each {
		m := postgres.Member{ID: newID(t), Name: "Ravi Kadam", Role: flow.Operator, PasswordHash: "x", Created: now, Logins: []string{fmt.Sprintf("worker%d@clicarity.example", i)}}
		e := postgres.Enquiry{ID: newID(t), Asker: postgres.Asker{Name: "Asha", Email: fmt.Sprintf("Visitor%d@mill.example", i)}, Source: "form", Purpose: "question", Mark: fmt.Appendf(nil, "%032d", i),
			Language: "hi", Page: "/contact", Notice: 1, News: true, At: now, ReplyBy: now, EraseAfter: now.AddDate(1, 0, 0)}
		if _, err := db.AddEnquiry(t.Context(), f.org, e); err != nil {
			t.Fatal(err)
		}
		if err := db.AddMember(t.Context(), f.org, m); err != nil {
			t.Fatal(err)
		}
		agrees(m.ID)
		agrees(e.ID)
	}
	got, pages := map[string]bool{}, 0
	for after, more := (flow.ID{}), true; more; pages++ {
		list, err := db.NewsReaders(t.Context(), f.org, after)
		if err != nil || len(list) > postgres.NewsReadersAtOnce {
			t.Fatal(len(list), err)
		}
		for _, r := range list {
			if after = r.ID; got[r.Address] {
				t.Errorf("%s is there twice", r.Address)
			}
			got[r.Address] = true
		}
		more = len(list) == postgres.NewsReadersAtOnce
	}
	if len(got) != 2*each || pages != 3 || !got["worker7@clicarity.example"] || !got["visitor7@mill.example"] {
		t.Errorf("%d addresses in %d pages", len(got), pages)
	}
	if to, without, err := db.CountNewsReaders(t.Context()); to != 2*each || without != 0 || err != nil {
		t.Errorf("%d %d %v", to, without, err)
	}
}
