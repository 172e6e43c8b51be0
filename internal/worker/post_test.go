package worker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/smtp"
)

// slot is a mailer that answers as it is told, and remembers.
type slot struct {
	mu     sync.Mutex
	answer func(smtp.Message) error
	got    []string
	told   chan struct{}
}

func (s *slot) Send(_ context.Context, m smtp.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.answer(m); err != nil {
		return err
	}
	s.got = append(s.got, m.Text)
	s.told <- struct{}{}
	return nil
}

func mailWorker(t *testing.T) (*Worker, *slot, *time.Time, flow.ID) {
	t.Helper()
	db, org, now := pgtest.New(t), newID(t), time.Now()
	err := db.AddOrganisation(t.Context(), postgres.Organisation{ID: org, Slug: "sahyadri", Name: "Sahyadri", Created: now},
		postgres.Member{ID: newID(t), Name: "Asha", Role: flow.Owner, PasswordHash: "x", Created: now})
	if err != nil {
		t.Fatal(err)
	}
	s := &slot{answer: func(smtp.Message) error { return nil }, told: make(chan struct{}, 100)}
	return &Worker{DB: db, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Mail: s}, s, &now, org
}

func (w *Worker) write(t *testing.T, org flow.ID, key string) {
	t.Helper()
	if err := w.DB.QueueMail(t.Context(), org, postgres.Mail{To: "a@company.example", Text: key, Kind: "test", Key: key, At: w.Now()}); err != nil {
		t.Fatal(err)
	}
}

// A mail is tried again, later and later, when the server is away; one that is refused for good is not.
func TestMailsAreTriedAgain(t *testing.T) {
	t.Parallel()
	w, s, now, org := mailWorker(t)
	s.answer = func(m smtp.Message) error {
		if m.Text == "wrong" {
			return smtp.ErrRefused
		}
		return errors.New("away")
	}
	for _, key := range []string{"wrong", "first", "second"} {
		w.write(t, org, key)
	}
	send := func(want ...string) {
		t.Helper()
		if err := w.mail(t.Context(), org); err != nil || !slices.Equal(s.got, want) {
			t.Fatalf("%v %v, want %v", s.got, err, want)
		}
	}
	send()
	s.answer = func(smtp.Message) error { return nil }
	*now = now.Add(30 * time.Second)
	send()
	*now = now.Add(time.Minute)
	send("first", "second")
	*now = now.Add(time.Hour)
	send("first", "second")
	s.answer = func(smtp.Message) error { return errors.New("away") }
	w.write(t, org, "never")
	for range 30 {
		if err := w.mail(t.Context(), org); err != nil {
			t.Fatal(err)
		}
		*now = now.Add(40 * time.Minute)
	}
	s.answer = func(smtp.Message) error { return nil }
	*now = now.Add(5 * time.Hour)
	send("first", "second") // too late
}

// A mail goes as soon as it is written: the database says so.
func TestAMailIsSentAtOnce(t *testing.T) {
	t.Parallel()
	w, s, _, org := mailWorker(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	heard := make(chan struct{})
	none := func(flow.ID) {}
	post := func(id flow.ID) {
		if id.IsZero() {
			close(heard)
		}
		w.Post(id)
	}
	go func() { _ = w.DB.Listen(ctx, postgres.Ears{Woke: none, Look: none, Post: post}); done <- struct{}{} }() //nolint:errcheck // ends with the context
	go func() { w.Run(ctx); done <- struct{}{} }()
	<-heard
	w.write(t, org, "first")
	<-s.told
	cancel()
	<-done
	<-done
}
