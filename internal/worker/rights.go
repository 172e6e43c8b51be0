package worker

import (
	"context"
	"errors"

	"clicarity/internal/postgres"
)

// rights does what the desk for requests about people's data leaves to the clock: it erases those whose time has come, reminds
// the owners, and forgets what is over.
func (w *Worker) rights(ctx context.Context, o postgres.Organisation) error {
	_, err := w.DB.EraseDue(ctx, o, w.Now())
	_, err2 := w.DB.EndOldRequests(ctx, o.ID, w.Now())
	return errors.Join(err, err2, w.remindOfRights(ctx, o))
}

// remindOfRights tells the owners of requests that are due soon, or late. Without a way to send mails the steps are noted all the same.
func (w *Worker) remindOfRights(ctx context.Context, o postgres.Organisation) error {
	now := w.Now()
	list, err := w.DB.Reminders(ctx, o.ID, now)
	if err != nil || len(list) == 0 {
		return err
	}
	owners, err := w.DB.OwnersToWrite(ctx, o.ID)
	for _, r := range list {
		var mails []postgres.Mail
		for _, owner := range owners {
			if w.Mail == nil || w.Remind == nil {
				break
			}
			mails = append(mails, postgres.NewMail(owner.Address, owner.Language, r.ID.String()+" "+r.Stage, w.Remind(o, r), now))
		}
		err = errors.Join(err, w.DB.Remind(ctx, o.ID, r, now, mails))
	}
	return err
}
