package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/smtp"
)

// Mailer sends a mail; *smtp.Sender is one.
type Mailer interface {
	Send(ctx context.Context, m smtp.Message) error
}

// waits are how long a mail waits after it failed so often; then it is given up.
var waits = []time.Duration{time.Minute, 3 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour}

// postbox remembers which organisations have mails waiting.
type postbox struct {
	orgs  chan flow.ID
	walks chan struct{} // that there is something to tell people of all organisations
}

const postboxSize = 256 // when more organisations write at one moment, the next round finds the rest

// Post says that an organisation has a mail to send. With the zero ID it says nothing: the next round looks at all.
func (w *Worker) Post(org flow.ID) {
	w.once.Do(w.open)
	select {
	case w.box.orgs <- org:
	default:
	}
}

func (w *Worker) open() {
	w.box.orgs, w.box.walks = make(chan flow.ID, postboxSize), make(chan struct{}, 1)
	w.bell.orgs, w.bell.rung = map[flow.ID]bool{}, make(chan struct{}, 1)
}

// deliver sends mails as they are written, until the context ends. Those that have to be tried again are found by the
// rounds.
func (w *Worker) deliver(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case org := <-w.box.orgs:
			if org.IsZero() {
				continue
			}
			if err := w.mail(ctx, org); err != nil && ctx.Err() == nil {
				w.Log.Error("mails were not sent", "org", org.String(), "error", err)
			}
		}
	}
}

// mail sends what an organisation has waiting, in order.
func (w *Worker) mail(ctx context.Context, org flow.ID) error {
	if w.Mail == nil {
		return nil
	}
	for {
		list, err := w.DB.TakeMails(ctx, org, w.Now())
		if err != nil || len(list) == 0 {
			return err
		}
		for _, m := range list {
			if err := w.send(ctx, org, m); err != nil {
				return err
			}
		}
	}
}

// asked is a mailer that can tell whether the server has a mail already; *smtp.Sender is one.
type asked interface {
	Has(ctx context.Context, id string) (has, known bool)
}

// send tries one mail. That the mail server is away is no failure of the work: the mail waits. Who stops the worker stops it
// between mails: a conversation that has begun is ended, and how it ended is noted.
func (w *Worker) send(ctx context.Context, org flow.ID, m postgres.Mail) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ctx = context.WithoutCancel(ctx)
	id := fmt.Sprintf("%s.%d", org, m.Number)
	if mailer, ok := w.Mail.(asked); ok && m.Offered {
		if has, _ := mailer.Has(ctx, id); has {
			return w.DB.MailSent(ctx, org, m.Number, w.Now())
		}
	}
	err := errNoContent
	if m.Text != "" {
		goes, failed := w.DB.OfferMail(ctx, org, m.Number, w.Now())
		if failed != nil || !goes {
			return failed
		}
		err = w.Mail.Send(ctx, smtp.Message{ID: id, To: m.To, Subject: m.Subject, Text: m.Text, Language: m.Language, Unsubscribe: m.Unsubscribe})
	}
	if err == nil {
		return w.DB.MailSent(ctx, org, m.Number, w.Now())
	}
	return w.failed(ctx, org, m, err)
}

// failed notes that a mail did not go, as far as anybody knows.
func (w *Worker) failed(ctx context.Context, org flow.ID, m postgres.Mail, err error) error {
	now := w.Now()
	var again time.Time
	if m.Tries < len(waits) && !errors.Is(err, smtp.ErrRefused) && !errors.Is(err, errNoContent) {
		again = now.Add(waits[m.Tries])
	}
	w.Log.Warn("a mail was not sent", "org", org.String(), "kind", m.Kind, "number", m.Number, "tries", m.Tries+1, "again", !again.IsZero(), "error", err)
	if errors.Is(err, smtp.ErrUnsure) && !again.IsZero() {
		return w.DB.MailUnsure(ctx, org, m.Number, err.Error(), again)
	}
	return w.DB.MailFailed(ctx, org, m.Number, err.Error(), now, again)
}

var errNoContent = errors.New("the mail is empty, or was sealed with another master key")
