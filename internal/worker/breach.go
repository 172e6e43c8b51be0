package worker

import (
	"context"
	"fmt"
	"time"

	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
)

// breachLooked is for how long after it was noticed a breach is looked at for reminders.
const breachLooked = 30 * 24 * time.Hour

// remindOfBreaches writes to the owners of an organisation that has a breach without a full report, as its clock goes on: each
// reminder to each owner once, whichever server writes it.
func (w *Worker) remindOfBreaches(ctx context.Context, o postgres.Organisation) error {
	if w.Mail == nil || w.Breach == nil {
		return nil
	}
	now := w.Now()
	list, err := w.DB.BreachesInTime(ctx, o.ID, now.Add(-breachLooked))
	if err != nil || len(list) == 0 {
		return err
	}
	owners, err := w.DB.OwnersToWrite(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, b := range list {
		hours := b.Reminder(now)
		if hours == 0 {
			continue
		}
		for _, to := range owners {
			if err := w.remindOfBreach(ctx, o, b, hours, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Worker) remindOfBreach(ctx context.Context, o postgres.Organisation, b privacy.Breach, hours int, to postgres.Owner) error {
	now := w.Now()
	subject, text := w.Breach(to.Language, o, b, now)
	return w.DB.QueueMail(ctx, o.ID, postgres.Mail{To: to.Address, Subject: subject, Text: text, Kind: "breach", Key: fmt.Sprintf("%s %d", b.ID, hours), At: now})
}
