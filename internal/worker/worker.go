// Package worker does what nobody asks for: it follows the movement logs and keeps things tidy on a schedule.
package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
	"clicarity/internal/usage"
)

// Worker runs the background work of an installation.
type Worker struct {
	DB  *postgres.DB
	Log *slog.Logger
	Now func() time.Time
	// Mail sends mails; nil when none are to be sent.
	Mail Mailer
	// Scan looks at a file for viruses and says whether it is clean; nil when nobody looks.
	Scan func(ctx context.Context, file io.Reader) (clean bool, err error)
	// Head is the letter with the head of an audit log; nil when none are to be written.
	Head func(o postgres.Organisation, head postgres.AuditChain, at time.Time) letters.Letter

	// Breach is a mail that reminds an owner of a breach; nil when none are to be written.
	Breach func(language string, o postgres.Organisation, b privacy.Breach, at time.Time) (subject, text string)
	// Usage is what pages and calls counted; nil when nobody counts.
	Usage *usage.Counter

	// Operator is who runs the service. Changes of its policies are told to the owners of all organisations, its news to those
	// who agreed.
	Operator operator.Operator
	// Policies is where the policies can be read, such as https://clicarity.example/privacy for privacy.
	Policies func(kind string) string
	// Unsubscribe is the address that ends news to a member or an enquiry of an organisation; nil when no news are written.
	Unsubscribe func(org, subject flow.ID) string

	// Also is what else is to be done in each round, for the installation as a whole.
	Also []func(context.Context) error
	// Parting is how organisations leave.
	Parting Parting
	// Remind is the letter that reminds an owner of a request about somebody's data; nil when none are to be written.
	Remind func(o postgres.Organisation, r postgres.RightsReminder) letters.Letter

	once sync.Once
	box  postbox
	bell bell
}

const (
	round      = time.Minute    // how often every organisation is looked after
	uploadsFor = 24 * time.Hour // a file that nobody brought in is forgotten then

	scanAgain = 5 * time.Minute // after which a file is looked at again that could not be looked at

	questionsFor = time.Hour // longer than a question to a passkey waits for its answer

	// A picture that no movement names is forgotten then: a phone may send its command for 72 hours.
	picturesFor = 4 * 24 * time.Hour
)

// Run works until the context ends.
func (w *Worker) Run(ctx context.Context) {
	w.once.Do(w.open)
	delivered := make(chan struct{})
	go func() { defer close(delivered); w.deliver(ctx) }()
	defer func() { <-delivered }()
	rolled := make(chan struct{})
	go func() { defer close(rolled); w.roll(ctx) }()
	defer func() { <-rolled }()
	tick := time.NewTicker(round)
	defer tick.Stop()
	for {
		w.Woke(flow.ID{})
		w.Once(ctx)
		for due := false; !due; {
			select {
			case <-ctx.Done():
				return
			case <-w.box.walks:
				orgs, err := w.DB.Organisations(ctx)
				w.tellAll(ctx, orgs, err)
			case <-tick.C:
				due = true
			}
		}
	}
}

// Once looks after every organisation once. What fails for one does not stop the others.
func (w *Worker) Once(ctx context.Context) {
	orgs, err := w.DB.Organisations(ctx)
	if err != nil && ctx.Err() == nil {
		w.Log.Error("the organisations cannot be listed", "error", err)
	}
	w.tellAll(ctx, orgs, nil)
	for _, o := range orgs {
		if err := w.tend(ctx, o); err != nil && ctx.Err() == nil {
			w.Log.Error("background work failed", "org", o.Slug, "error", err)
		}
	}
	for _, do := range w.Also {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("background work failed", "error", err)
		}
	}
	w.part(ctx)
}

func (w *Worker) tend(ctx context.Context, o postgres.Organisation) error {
	_, err := w.DB.EndExpiredSessions(ctx, o.ID, w.Now())
	_, err2 := w.DB.EndOldUploads(ctx, o.ID, w.Now().Add(-uploadsFor))
	_, err3 := w.DB.EndUnusedPictures(ctx, o.ID, w.Now().Add(-picturesFor))
	_, err4 := w.DB.EndOldMails(ctx, o.ID, w.Now())
	_, err5 := w.DB.EndOldInvitations(ctx, o.ID, w.Now())
	_, err6 := w.DB.EndOldResets(ctx, o.ID, w.Now())
	_, err7 := w.DB.EndOldQuestions(ctx, o.ID, w.Now().Add(-questionsFor))
	err8 := errors.Join(w.check(ctx, o), w.checkAudit(ctx, o), w.mailHeads(ctx, o), w.reseal(ctx, o), w.rights(ctx, o), w.files(ctx, o), w.keepUsage(ctx, o), w.remindOfBreaches(ctx, o), w.emptyOldJobs(ctx, o))
	w.Post(o.ID)
	return errors.Join(err, err2, err3, err4, err5, err6, err7, err8)
}

// files looks at new files for viruses, and forgets those that nothing names and the bytes of those that were erased.
func (w *Worker) files(ctx context.Context, o postgres.Organisation) error {
	_, err := w.DB.EndUnusedFiles(ctx, o.ID, w.Now().Add(-picturesFor))
	for w.Scan != nil {
		more, failed := w.DB.ScanNext(ctx, o.ID, w.Now(), w.Now().Add(scanAgain), func(r io.Reader) (bool, error) { return w.Scan(ctx, r) })
		if err = errors.Join(err, failed); failed != nil || !more {
			break
		}
	}
	return err
}

// reseal seals what was sealed with an older key anew.
func (w *Worker) reseal(ctx context.Context, o postgres.Organisation) error {
	done, err := w.DB.Reseal(ctx, o.ID, w.Now())
	if done.Values+done.Gone > 0 {
		w.Log.Info("what was sealed with an older key was sealed anew", "org", o.Slug, "values", done.Values, "keys_forgotten", done.Gone)
	}
	if done.Gone > 0 && done.Lost > 0 {
		w.Log.Error("something that was sealed does not open: its key is no more", "org", o.Slug, "values", done.Lost)
	}
	return err
}

// checkAudit checks what was added to the audit log, so that a change to it is noticed within a minute.
func (w *Worker) checkAudit(ctx context.Context, o postgres.Organisation) error {
	err := w.DB.CheckAudit(ctx, o.ID)
	var fault *postgres.Fault
	if errors.As(err, &fault) {
		w.Log.Error("the audit log of an organisation was tampered with", "org", o.Slug, "fault", fault.Says)
		return nil
	}
	return err
}

// mailHeads writes the day's mail with the head of the audit log to the owners who want it, as the day begins where they are.
func (w *Worker) mailHeads(ctx context.Context, o postgres.Organisation) error {
	if w.Mail == nil || w.Head == nil {
		return nil
	}
	now := w.Now()
	today := flow.DateOf(now.In(postgres.Zone(o.Timezone)))
	readers, err := w.DB.HeadReaders(ctx, o.ID, today)
	if err != nil || len(readers) == 0 {
		return err
	}
	head, err := w.DB.AuditHead(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, r := range readers {
		if err := w.DB.MailHead(ctx, o.ID, r, today, w.Head(o, head, now), now); err != nil {
			return err
		}
	}
	return nil
}

// keepUsage adds what was counted of an organisation to what is kept, and forgets what is old. What could not be added is added
// in the next round.
func (w *Worker) keepUsage(ctx context.Context, o postgres.Organisation) error {
	counts := w.Usage.Take(o.ID)
	err := w.DB.AddUsage(ctx, o.ID, counts)
	if err != nil {
		w.Usage.Add(o.ID, counts)
	}
	_, err2 := w.DB.EndOldUsage(ctx, o.ID, w.Now())
	return errors.Join(err, err2)
}

// emptiedARound is how many jobs are emptied in a round; the next goes on.
const emptiedARound = 100

// emptyOldJobs takes words, photos and files from jobs that were done longer ago than their organisation keeps them. One that is
// closed is read-only: all of it goes soon.
func (w *Worker) emptyOldJobs(ctx context.Context, o postgres.Organisation) error {
	_, err := w.DB.EmptyOldJobs(ctx, o, w.Now(), emptiedARound)
	var closed *flow.Refusal
	if errors.As(err, &closed) && closed.Code == flow.OrgClosed {
		return nil
	}
	return err
}

// Checker is the name of the follower that checks the chain of each log as it grows.
const Checker = postgres.ChainChecker

// check follows the log and verifies every link, so that a change to the past is noticed within a minute of its
// next movement, without reading the whole history again.
func (w *Worker) check(ctx context.Context, o postgres.Organisation) error {
	for {
		n, err := w.DB.Follow(ctx, o.ID, Checker, link)
		var fault *postgres.Fault
		if errors.As(err, &fault) {
			w.Log.Error("the history of an organisation was tampered with", "org", o.Slug, "fault", fault.Says)
			return nil
		}
		if err != nil || n == 0 {
			return err
		}
	}
}

// link checks that the next records follow from the state: the number and hash of the last one checked.
func link(state []byte, next []postgres.Record) ([]byte, error) {
	c := postgres.Chain{Seq: next[0].Seq - 1}
	switch len(state) {
	case 0:
		c.Seq = 0
	case len(c.Hash):
		copy(c.Hash[:], state)
	default:
		return nil, fmt.Errorf("worker: the state of the chain checker is %d bytes", len(state))
	}
	for _, r := range next {
		if err := c.Add(r); err != nil {
			return nil, err
		}
	}
	return c.Hash[:], nil
}
