package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

const (
	countAgain = 5 * time.Minute // how often it is counted what became of the letters of a walk;
	countFirst = time.Hour       // for so long in each round, while some wait: somebody looks on
)

// errand is whom letters of a walk are for: those of an organisation after somebody, in the order of their ids.
type errand func(ctx context.Context, o postgres.Organisation, after flow.ID) (errandPage, error)

// errandPage is some of them.
type errandPage struct {
	mails       []postgres.Mail
	unreachable int     // of them
	last        flow.ID // whom the next page comes after
	more        bool
}

// walks writes the letters that the operator's organisation has for people of all organisations (a change of a policy, news), and
// counts what became of them. It walks the organisations in the order of their ids and goes on where it was stopped.
func (w *Worker) walks(ctx context.Context, orgs []postgres.Organisation) error {
	at := slices.IndexFunc(orgs, func(o postgres.Organisation) bool {
		return w.Operator.Organisation != "" && o.Slug == w.Operator.Organisation
	})
	if at < 0 {
		return nil
	}
	operator := orgs[at].ID
	walks, err := w.DB.Walks(ctx, operator, w.Now())
	if err != nil || len(walks) == 0 {
		return err
	}
	inOrder := slices.SortedFunc(slices.Values(orgs), func(a, b postgres.Organisation) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for _, walk := range walks {
		if walk.Done.IsZero() {
			err = errors.Join(err, w.walk(ctx, operator, walk, inOrder))
		}
		if now := w.Now(); now.Sub(walk.Counted) >= countAgain || walk.Waiting() > 0 && now.Sub(walk.Begun) < countFirst {
			err = errors.Join(err, w.count(ctx, operator, walk, inOrder))
		}
	}
	return err
}

// Tell says that there may be something to tell people of all organisations: it is begun at once.
func (w *Worker) Tell() {
	w.once.Do(w.open)
	select {
	case w.box.walks <- struct{}{}:
	default:
	}
}

// tellAll begins what there is to tell.
func (w *Worker) tellAll(ctx context.Context, orgs []postgres.Organisation, err error) {
	if err == nil {
		err = w.walks(ctx, orgs)
	}
	if err != nil && ctx.Err() == nil {
		w.Log.Error("letters to people of all organisations were not written", "error", err)
	}
}

// errandOf is whom the letters of a walk are for; nil when this worker writes none of the kind.
func (w *Worker) errandOf(ctx context.Context, operator flow.ID, walk postgres.Walk) (errand, error) {
	switch {
	case walk.Kind == letters.PolicyChange{}.Kind() && w.Policies != nil:
		return w.policyErrand(ctx, operator, walk)
	case walk.Kind == letters.News{}.Kind() && w.Unsubscribe != nil:
		return w.newsErrand(ctx, operator, walk)
	}
	return nil, nil
}

// walk tells the organisations that have not been told.
func (w *Worker) walk(ctx context.Context, operator flow.ID, walk postgres.Walk, orgs []postgres.Organisation) error {
	to, err := w.errandOf(ctx, operator, walk)
	if err != nil || to == nil {
		return err
	}
	for _, o := range orgs {
		if bytes.Compare(o.ID[:], walk.To[:]) <= 0 {
			continue
		}
		if err := w.tell(ctx, operator, walk, o, to); err != nil {
			return fmt.Errorf("%s: %w", o.Slug, err)
		}
	}
	return w.DB.EndWalk(ctx, operator, walk, w.Now())
}

// tell writes to those of one organisation.
func (w *Worker) tell(ctx context.Context, operator flow.ID, walk postgres.Walk, o postgres.Organisation, to errand) error {
	unreachable := 0
	for p := (errandPage{more: true}); p.more; {
		var err error
		if p, err = to(ctx, o, p.last); err != nil {
			return err
		}
		unreachable += p.unreachable
		told := postgres.Told{Org: o.ID, Mails: p.mails, Unreachable: unreachable, Whole: !p.more}
		if err := w.DB.Tell(ctx, operator, walk, told); err != nil {
			return err
		}
	}
	return nil
}

// count adds up over all organisations what became of the letters.
func (w *Worker) count(ctx context.Context, operator flow.ID, walk postgres.Walk, orgs []postgres.Organisation) error {
	var sum postgres.Tally
	for _, o := range orgs {
		t, err := w.DB.CountLetters(ctx, o.ID, walk.Kind, walk.Key)
		if err != nil {
			return err
		}
		sum = postgres.Tally{Sent: sum.Sent + t.Sent, Failed: sum.Failed + t.Failed, Bounced: sum.Bounced + t.Bounced, Dropped: sum.Dropped + t.Dropped}
	}
	return w.DB.SaveTally(ctx, operator, walk, sum, w.Now())
}
