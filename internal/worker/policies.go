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

// countAgain is how often it is counted what became of the letters about a change.
const countAgain = 5 * time.Minute

// tellPolicies writes a letter about each material change of a policy to every owner of every organisation, and counts what
// became of them. It walks the organisations in the order of their ids and goes on where it was stopped.
func (w *Worker) tellPolicies(ctx context.Context, orgs []postgres.Organisation) error {
	at := slices.IndexFunc(orgs, func(o postgres.Organisation) bool {
		return w.Operator.Organisation != "" && o.Slug == w.Operator.Organisation
	})
	if at < 0 || w.Policies == nil {
		return nil
	}
	operator := orgs[at].ID
	walks, err := w.DB.PolicyWalks(ctx, operator, w.Now())
	if err != nil || len(walks) == 0 {
		return err
	}
	inOrder := slices.SortedFunc(slices.Values(orgs), func(a, b postgres.Organisation) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for _, walk := range walks {
		if walk.Done.IsZero() {
			err = errors.Join(err, w.walk(ctx, operator, walk, inOrder))
		}
		if w.Now().Sub(walk.Counted) >= countAgain {
			err = errors.Join(err, w.count(ctx, operator, walk, inOrder))
		}
	}
	return err
}

// walk tells the organisations that have not been told.
func (w *Worker) walk(ctx context.Context, operator flow.ID, walk postgres.Walk, orgs []postgres.Organisation) error {
	for _, o := range orgs {
		if bytes.Compare(o.ID[:], walk.To[:]) <= 0 {
			continue
		}
		if err := w.tellOwners(ctx, operator, walk, o); err != nil {
			return fmt.Errorf("%s: %w", o.Slug, err)
		}
	}
	return w.DB.EndWalk(ctx, operator, walk, w.Now())
}

func (w *Worker) tellOwners(ctx context.Context, operator flow.ID, walk postgres.Walk, o postgres.Organisation) error {
	unreachable := 0
	for after, more := (flow.ID{}), true; more; {
		owners, err := w.DB.Owners(ctx, o.ID, after)
		if err != nil {
			return err
		}
		more = len(owners) == postgres.OwnersAtOnce
		told := postgres.Told{Org: o.ID, Whole: !more}
		for _, owner := range owners {
			after = owner.ID
			if owner.Address == "" {
				unreachable++
				continue
			}
			told.Mails = append(told.Mails, w.policyLetter(walk, o, owner))
		}
		told.Unreachable = unreachable
		if err := w.DB.TellOwners(ctx, operator, walk, told); err != nil {
			return err
		}
	}
	return nil
}

// policyLetter tells one owner. It is tried until the change holds.
func (w *Worker) policyLetter(walk postgres.Walk, o postgres.Organisation, owner postgres.Owner) postgres.Mail {
	m := postgres.NewMail(owner.Address, owner.Language, policyKey(walk), letters.PolicyChange{
		Name: owner.Name, Operator: w.Operator.Called(), Organisation: o.Name, Policy: walk.Kind, Version: walk.Version,
		Effective: walk.Effective.In(postgres.Zone(o.Timezone)).Format("02-01-2006"), Link: w.Policies(walk.Kind),
	}, w.Now())
	m.Until = walk.Effective
	return m
}

func policyKey(walk postgres.Walk) string { return fmt.Sprintf("%s %d", walk.Kind, walk.Version) }

// count adds up over all organisations what became of the letters.
func (w *Worker) count(ctx context.Context, operator flow.ID, walk postgres.Walk, orgs []postgres.Organisation) error {
	var sum postgres.Tally
	for _, o := range orgs {
		t, err := w.DB.CountLetters(ctx, o.ID, letters.PolicyChange{}.Kind(), policyKey(walk))
		if err != nil {
			return err
		}
		sum = postgres.Tally{Sent: sum.Sent + t.Sent, Failed: sum.Failed + t.Failed, Bounced: sum.Bounced + t.Bounced}
	}
	return w.DB.SaveTally(ctx, operator, walk, sum, w.Now())
}
