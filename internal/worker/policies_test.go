package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/operator"
	"clicarity/internal/policies"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/smtp"
)

// policyWorker is a worker of an installation whose operator is the organisation clicarity.
func policyWorker(db *postgres.DB, mail Mailer, now time.Time) *Worker {
	return &Worker{DB: db, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Mail: mail,
		Operator: operator.Operator{Organisation: "clicarity", Name: "Clicarity"}, Policies: func(kind string) string { return "https://clicarity.example/" + kind },
		Unsubscribe: func(org, subject flow.ID) string {
			return "https://clicarity.example/unsubscribe/" + org.String() + subject.String()
		}}
}

// house makes the operator's organisation and others with so many owners each, and publishes a change that matters.
func house(t *testing.T, db *postgres.DB, orgs, owners int, now time.Time) (operatorOrg flow.ID) {
	t.Helper()
	for i := range orgs {
		o := postgres.Organisation{ID: newID(t), Slug: fmt.Sprintf("firm-%d", i), Name: fmt.Sprintf("Firm %d", i), Created: now}
		if i == 0 {
			o.Slug, operatorOrg = "clicarity", o.ID
		}
		for n := range owners {
			m := postgres.Member{ID: newID(t), Name: fmt.Sprintf("Owner %d", n), Role: flow.Owner, Language: "hi", PasswordHash: "x", Created: now, Logins: []string{fmt.Sprintf("owner%d@firm%d.example", n, i)}}
			var err error
			if n == 0 {
				err = db.AddOrganisation(t.Context(), o, m)
			} else {
				err = db.AddMember(t.Context(), o.ID, m)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	list, err := db.Owners(t.Context(), operatorOrg, flow.ID{})
	if err != nil || len(list) != owners {
		t.Fatal(list, err)
	}
	draft := postgres.Policy{Kind: policies.Privacy, Version: 2, Body: "We keep it for 60 days.", Material: true, Published: now, Effective: now.AddDate(0, 0, 30), By: list[0].ID}
	if err := errors.Join(db.SavePolicyDraft(t.Context(), operatorOrg, draft, now), db.PublishPolicy(t.Context(), operatorOrg, draft)); err != nil {
		t.Fatal(err)
	}
	return operatorOrg
}

// The walk can be stopped between any two steps; who has no address is counted, and who is no owner is not told.
func TestAChangeIsToldToEveryOwnerOnce(t *testing.T) {
	t.Parallel()
	db, now := pgtest.New(t), time.Now()
	org := house(t, db, 4, 3, now)
	for i, m := range []postgres.Member{{Name: "Phone only", Role: flow.Owner, Logins: []string{"+919820010001"}}, {Name: "Manager", Role: flow.Manager, Logins: []string{"manager@firm0.example"}}} {
		m.ID, m.PasswordHash, m.Created = newID(t), "x", now.Add(time.Duration(i))
		if err := db.AddMember(t.Context(), org, m); err != nil {
			t.Fatal(err)
		}
	}
	s := &slot{answer: func(smtp.Message) error { return nil }, told: make(chan struct{}, 100)}
	w := policyWorker(db, s, now)
	for stop := range 30 { // the context ends after so many looks at the clock, wherever that is
		ctx, cancel := context.WithCancel(t.Context())
		looks := 0
		w.Now = func() time.Time {
			if looks++; looks > stop {
				cancel()
			}
			return now
		}
		w.Once(ctx)
		cancel()
	}
	w.Now = func() time.Time { return now.Add(10 * time.Minute) }
	for range 2 {
		w.Once(t.Context())
		orgs, err := db.Organisations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range orgs {
			if err := w.mail(t.Context(), o.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	now = now.Add(20 * time.Minute)
	w.Now = func() time.Time { return now }
	w.Once(t.Context())
	walks, err := db.Walks(t.Context(), org, now)
	if err != nil || len(walks) != 1 || walks[0].Done.IsZero() || walks[0].Written != 12 || walks[0].Unreachable != 1 || walks[0].Sent != 12 {
		t.Errorf("%+v %v", walks, err)
	}
	if len(s.got) != 12 || !strings.Contains(s.got[0], "https://clicarity.example/privacy") || !strings.Contains(s.got[0], "नमस्ते") {
		t.Errorf("%d letters: %q", len(s.got), s.got)
	}
}

// mailpit is a real mail server of the test's own.
type mailpit struct{ smtp, api string }

func openMailpit(t *testing.T) mailpit {
	t.Helper()
	program, err := filepath.Abs("../../bin/mailpit")
	if _, missing := os.Stat(program); errors.Join(err, missing) != nil {
		t.Skip("mailpit is not there: scripts/need mailpit builds it")
	}
	m := mailpit{freePort(t), freePort(t)}
	cmd := exec.Command(program, "--smtp", m.smtp, "--listen", m.api, "--database", filepath.Join(t.TempDir(), "mails.db"), "--max", "0", "--disable-version-check", "--quiet") //nolint:gosec,noctx // the test's own; it ends below
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) //nolint:errcheck // it ends with the test
	for m.count("") < 0 {
		if t.Context().Err() != nil || cmd.ProcessState != nil {
			t.Fatal("mailpit does not answer")
		}
	}
	return m
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // its number is all that is wanted
	return l.Addr().String()
}

// count is how many mails the server has that a search finds, -1 when it does not answer.
func (m mailpit) count(search string) int {
	address := "http://" + m.api + "/api/v1/messages?limit=1"
	if search != "" {
		address = "http://" + m.api + "/api/v1/search?limit=1&query=" + url.QueryEscape(search)
	}
	resp, err := http.Get(address) //nolint:gosec,noctx // the test's own server
	if err != nil {
		return -1
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	var got struct {
		All   int `json:"total"`
		Found int `json:"messages_count"`
	}
	if json.NewDecoder(resp.Body).Decode(&got) != nil {
		return -1
	}
	if search != "" {
		return got.Found
	}
	return got.All
}

// asking is the sender to mailpit, which is asked what it has where nobody noted it.
type asking struct {
	*smtp.Sender
	server mailpit
}

func (a asking) Has(_ context.Context, id string) (has, known bool) {
	n := a.server.count("message-id:" + id + "@clicarity.example")
	return n > 0, n >= 0
}

// TestHelperSender is no test: it is the sender that TestEachOwnerGetsExactlyOne and TestNewsIsKilledAndEachGetsOne kill.
func TestHelperSender(t *testing.T) {
	base, smtpAt, api := os.Getenv("CLICARITY_TEST_SENDER"), os.Getenv("CLICARITY_TEST_SMTP"), os.Getenv("CLICARITY_TEST_API")
	if base == "" {
		t.Skip("run by TestEachOwnerGetsExactlyOne")
	}
	at, err := strconv.ParseInt(os.Getenv("CLICARITY_TEST_NOW"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	s, err := smtp.New("smtp://"+smtpAt+"?tls=none", "Clicarity <letters@clicarity.example>")
	if err != nil {
		t.Fatal(err)
	}
	w := policyWorker(pgtest.Open(t, base), asking{s, mailpit{smtpAt, api}}, time.Unix(at, 0))
	w.Once(t.Context())
	orgs, err := w.DB.Organisations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orgs {
		if err := w.mail(t.Context(), o.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// startSender is a process that writes and sends what there is, at a time.
func startSender(t *testing.T, base string, server mailpit, now time.Time) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperSender$", "-test.count=1") //nolint:gosec,noctx // this program
	cmd.Env = append(os.Environ(), "CLICARITY_TEST_SENDER="+base, "CLICARITY_TEST_SMTP="+server.smtp, "CLICARITY_TEST_API="+server.api, fmt.Sprint("CLICARITY_TEST_NOW=", now.Unix()))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// A change is told to 1,000 owners through a real mail server, while the process that writes and sends is killed 20 times at
// moments that nobody chose. Each owner gets exactly one letter.
func TestEachOwnerGetsExactlyOne(t *testing.T) {
	t.Parallel()
	server := openMailpit(t)
	base := pgtest.URL(t)
	db, now := pgtest.Open(t, base), time.Now()
	const firms, owners = 50, 20
	org := house(t, db, firms, owners, now)
	sender := func() *exec.Cmd {
		now = now.Add(6 * time.Minute) // what the one before had taken is free again
		return startSender(t, base, server, now)
	}
	kills := 0
	for ; kills < 20; kills++ {
		cmd := sender()
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }() //nolint:errcheck // it is killed
		enough := min(firms*owners-10, (kills+1)*firms*owners/21)
		for alive := true; alive && server.count("") < enough; {
			select {
			case <-ended:
				t.Fatal("the sender ended by itself")
			case <-time.After(5 * time.Millisecond): // others need the machine too
			}
		}
		_ = cmd.Process.Kill() //nolint:errcheck // SIGKILL: nothing is finished
		<-ended
	}
	if err := sender().Wait(); err != nil {
		t.Fatal(err)
	}
	if got := server.count(""); got != firms*owners {
		t.Errorf("%d letters for %d owners", got, firms*owners)
	}
	for i := range firms {
		for n := range owners {
			if to := fmt.Sprintf("owner%d@firm%d.example", n, i); server.count("to:"+to) != 1 {
				t.Errorf("%s got %d letters", to, server.count("to:"+to))
			}
		}
	}
	now = now.Add(6 * time.Minute)
	w := policyWorker(db, nil, now)
	w.Once(t.Context())
	walks, err := db.Walks(t.Context(), org, now)
	if err != nil || len(walks) != 1 || walks[0].Written != firms*owners || walks[0].Sent != firms*owners {
		t.Errorf("%+v %v", walks, err)
	}
}
