package worker

import (
	"context"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/policies"
	"clicarity/internal/postgres"
)

// policyErrand tells every owner of a change of a policy.
func (w *Worker) policyErrand(ctx context.Context, operator flow.ID, walk postgres.Walk) (errand, error) {
	policy, err := w.policyOf(ctx, operator, walk)
	return func(ctx context.Context, o postgres.Organisation, after flow.ID) (errandPage, error) {
		owners, err := w.DB.Owners(ctx, o.ID, after)
		p := errandPage{last: after, more: len(owners) == postgres.OwnersAtOnce}
		for _, owner := range owners {
			p.last = owner.ID
			if owner.Address == "" {
				p.unreachable++
				continue
			}
			p.mails = append(p.mails, w.policyLetter(policy, o, owner))
		}
		return p, err
	}, err
}

// policyOf is the version that a walk tells of.
func (w *Worker) policyOf(ctx context.Context, operator flow.ID, walk postgres.Walk) (postgres.Policy, error) {
	for _, kind := range policies.Kinds() {
		list, err := w.DB.Policies(ctx, operator, kind)
		if err != nil {
			return postgres.Policy{}, err
		}
		for _, p := range list {
			if p.Key() == walk.Key {
				return p, nil
			}
		}
	}
	return postgres.Policy{}, postgres.ErrNotFound
}

// policyLetter tells one owner. It is tried until the change holds.
func (w *Worker) policyLetter(p postgres.Policy, o postgres.Organisation, owner postgres.Owner) postgres.Mail {
	m := postgres.NewMail(owner.Address, owner.Language, p.Key(), letters.PolicyChange{
		Name: owner.Name, Operator: w.Operator.Called(), Organisation: o.Name, Policy: p.Kind, Version: p.Version,
		Effective: p.Effective.In(postgres.Zone(o.Timezone)).Format("02-01-2006"), Link: w.Policies(p.Kind),
	}, w.Now())
	m.Until = p.Effective
	return m
}
