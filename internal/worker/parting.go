package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
	"clicarity/internal/smtp"
)

// Parting is how organisations that leave are reminded, deleted, and told so.
type Parting struct {
	// Mail is a reminder. Of an organisation that is gone nothing is known but its id.
	Mail func(kind flow.Reminder, o postgres.Organisation, c postgres.Closure) letters.Letter
	// Certify writes the certificate of a deletion; nil: nothing is deleted.
	Certify func(c postgres.Closure) (string, error)
	// Note keeps beside the database that a deletion has begun, and that it is done: on disk when it returns. nil: nowhere.
	Note func(c postgres.Closure) error
	// Files is where files are kept that are not in the database; nil: there are none.
	Files interface {
		Purge(ctx context.Context, org flow.ID) error
	}
}

// certificateFor is how long it is tried to send the certificate of a deletion before the addresses are forgotten.
const certificateFor = 14 * 24 * time.Hour

// part looks after the organisations that leave. What fails for one does not stop the others.
func (w *Worker) part(ctx context.Context) {
	list, err := w.DB.Closures(ctx)
	if err != nil && ctx.Err() == nil {
		w.Log.Error("the closed organisations cannot be listed", "error", err)
	}
	for _, c := range list {
		if err := w.partWith(ctx, c); err != nil && ctx.Err() == nil {
			w.Log.Error("a closed organisation was not looked after", "org", c.Org.String(), "error", err)
		}
	}
}

func (w *Worker) partWith(ctx context.Context, c postgres.Closure) error {
	switch now := w.Now(); {
	case !c.Undone.IsZero():
		return nil
	case !c.Done.IsZero():
		return w.sendCertificate(ctx, c)
	case c.Begun.IsZero() && flow.At(now) < c.DeleteFrom:
		return w.remind(ctx, c, now)
	}
	if w.Parting.Certify == nil {
		return nil
	}
	return w.deleteAll(ctx, c.Org)
}

// remind writes the mails that are due, each kind once.
func (w *Worker) remind(ctx context.Context, c postgres.Closure, now time.Time) error {
	if w.Mail == nil || w.Parting.Mail == nil {
		return nil
	}
	for _, kind := range c.Reminds(flow.At(now)) {
		if c.Was(kind) {
			continue
		}
		o, err := w.DB.Organisation(ctx, c.Org)
		if err != nil {
			return err
		}
		owners, err := w.DB.OwnersToWrite(ctx, c.Org)
		if err != nil {
			return err
		}
		mails := make([]postgres.Mail, len(owners))
		for i, owner := range owners {
			mails[i] = postgres.NewMail(owner.Address, owner.Language, fmt.Sprint(int64(c.At)), w.Parting.Mail(kind, o, c), now)
			mails[i].Until = now.Add(flow.RemindBefore)
		}
		if err := w.DB.TellClosure(ctx, c, kind, mails); err != nil {
			return err
		}
		w.Post(c.Org)
	}
	return nil
}

// deleteAll deletes an organisation whose time has come, from wherever it stopped before: first that it is gone is noted, then
// the rows go, the keys before all others, then the files; then whatever came meanwhile from what was still under way. The
// certificate is written when nothing is left, and noted before it counts.
func (w *Worker) deleteAll(ctx context.Context, org flow.ID) error {
	if err := w.DB.BeginDeletion(ctx, org, w.Now()); err != nil {
		return err
	}
	c, err := w.DB.Closure(ctx, org)
	if err == nil {
		err = w.note(c)
	}
	if err == nil {
		_, err = w.DB.Forget(ctx, org, postgres.ForgetRows)
	}
	if err == nil && w.Parting.Files != nil {
		err = w.Parting.Files.Purge(ctx, org)
	}
	for found := true; found && err == nil; {
		found, err = w.DB.Forget(ctx, org, postgres.ForgetRows)
	}
	if err != nil {
		return err
	}
	return w.DB.EndDeletion(ctx, org, w.Now(), func(c postgres.Closure) (string, error) {
		text, err := w.Parting.Certify(c)
		if err != nil {
			return "", err
		}
		c.Certificate = text
		return text, w.note(c)
	})
}

func (w *Worker) note(c postgres.Closure) error {
	if w.Parting.Note == nil {
		return nil
	}
	return w.Parting.Note(c)
}

// sendCertificate sends the certificate to those who owned the organisation, and forgets the address of each to whom it has gone.
func (w *Worker) sendCertificate(ctx context.Context, c postgres.Closure) error {
	if w.Mail == nil || w.Parting.Mail == nil || w.Now().Sub(c.Done) > certificateFor {
		return w.DB.KeepContacts(ctx, c.Org, nil)
	}
	owners, err := w.DB.Contacts(ctx, c.Org)
	if err != nil {
		return err
	}
	var left []postgres.Owner
	for i, owner := range owners {
		t := letters.Write(owner.Language, w.Parting.Mail(flow.ClosingDone, postgres.Organisation{ID: c.Org}, c))
		err := w.Mail.Send(ctx, smtp.Message{ID: fmt.Sprintf("%s.%s.%d", c.Org, flow.ClosingDone, i), To: owner.Address, Subject: t.Subject, Text: t.Text, Language: t.Language})
		if err != nil && !errors.Is(err, smtp.ErrRefused) {
			w.Log.Warn("a certificate was not sent", "org", c.Org.String(), "error", err)
			left = append(left, owner)
		}
	}
	return w.DB.KeepContacts(context.WithoutCancel(ctx), c.Org, left)
}
