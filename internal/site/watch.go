package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"clicarity/internal/calendly"
	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

const (
	lookEvery  = time.Minute      // whether a look is due
	lookAgain  = 24 * time.Hour   // after one that found all well
	lookSoon   = time.Hour        // after one that did not, or had no answer
	lookOn     = 5 * time.Minute  // to go on with what did not fit
	lookFor    = 90 * time.Second // how long a look lasts at most
	retryAfter = 10 * time.Minute // when Calendly asks to be left alone and does not say how long

	madeFor    = 72 * time.Hour      // a subscription that ends again so soon has a reason
	silentFor  = 48 * time.Hour      // without an answer
	overlap    = 24 * time.Hour      // asked for again before what is here already: as long as Calendly tries to tell
	backAtMost = 90 * 24 * time.Hour // of what was not told
	askedMost  = 150                 // requests for what was not told in one look
)

// Watch looks after the subscription by which Calendly tells of demos, until the context ends.
func (s *Site) Watch(ctx context.Context) {
	if s.Asked == nil || !s.hears() {
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.Look(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("Calendly was not looked at in full", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look asks Calendly once, if that is due and no other server is at it: whether it still tells, and what it did not tell. What came of
// it is kept, and the owners hear once of a trouble.
func (s *Site) Look(ctx context.Context) error {
	if s.Asked == nil || !s.hears() {
		return nil
	}
	org, err := s.owner(ctx)
	if err != nil || org.IsZero() {
		return err
	}
	k, due, err := s.DB.TakeCalendlyWatch(ctx, org, s.Now())
	if err != nil || !due {
		return err
	}
	l := &look{Site: s, org: org, now: s.Now(), CalendlyWatch: k}
	bounded, cancel := context.WithTimeout(ctx, lookFor)
	failed := l.ask(bounded)
	cancel()
	l.settle()
	l.Next = l.now.Add(l.next(failed))
	mails, err := l.tell(ctx)
	return errors.Join(failed, err, s.DB.SaveCalendlyWatch(ctx, org, l.CalendlyWatch, mails...))
}

// look is one look, with what is known and what comes of it.
type look struct {
	*Site
	org flow.ID
	now time.Time
	postgres.CalendlyWatch
	found string // the state that it is in, as far as this look goes; empty: as it was
	fault string
	asked int // requests for what was not told
}

// ask asks how the subscription is, makes it anew where it has to, and fetches what was not told: also while it cannot be made.
func (l *look) ask(ctx context.Context) error {
	organization, err := l.Asked.Organization(ctx)
	if err != nil {
		return l.judge(err)
	}
	list, err := l.Asked.Subscriptions(ctx, organization)
	if err != nil {
		return l.judge(err)
	}
	l.Checked = l.now
	err = l.revive(ctx, organization, list)
	failed := l.know(ctx, organization)
	if failed == nil {
		failed = l.fetch(ctx, organization)
	}
	var no *calendly.Answered
	switch is := errors.As(failed, &no); {
	case is && tokenRefused(no):
		l.found, l.fault = postgres.CalendlyRefused, fault(no)
	case is && l.fault == "":
		l.fault = fault(no)
	}
	return errors.Join(err, failed)
}

// judge makes of an answer that says no what it means. What passes by itself means nothing until it has lasted.
func (l *look) judge(err error) error {
	var no *calendly.Answered
	switch {
	case !errors.As(err, &no) || no.Status == http.StatusTooManyRequests || no.Status >= 500:
		last := l.Good
		if last.IsZero() {
			last = l.Since
		}
		if (l.State == postgres.CalendlyUnknown || l.State == postgres.CalendlyAlive) && l.now.Sub(last) > silentFor {
			l.found = postgres.CalendlySilent
		}
	case tokenRefused(no):
		l.found, l.fault = postgres.CalendlyRefused, fault(no)
	default:
		l.found, l.fault = postgres.CalendlyFailing, fault(no)
	}
	return err
}

// tokenRefused reports whether an answer is that the token is no good, or not good for what was asked.
func tokenRefused(no *calendly.Answered) bool {
	return no.Status == http.StatusUnauthorized || no.Status == http.StatusForbidden
}

func fault(no *calendly.Answered) string { return fmt.Sprintf("%s: %d", no.What, no.Status) }

// settle notes how it stands. What stays as it was has been so since it began.
func (l *look) settle() {
	if l.found == "" {
		return
	}
	if l.State != l.found {
		l.State, l.Since = l.found, l.now
	}
	l.Fault = l.fault
}

// addresses are those at which Calendly may tell this program; the first is the one that it is asked to use.
func (s *Site) addresses() []string { return []string{s.origin + hookPath, s.Config.App + hookPath} }

// revive finds our own subscription among those there are. Where there is none, or it was ended, it makes one.
func (l *look) revive(ctx context.Context, organization string, list []calendly.Subscription) error {
	var ended []calendly.Subscription
	retrying := false
	for _, one := range list {
		switch mine := slices.Contains(l.addresses(), one.Callback); {
		case mine && one.Alive() && one.Retrying == "":
			l.Good, l.found = l.now, postgres.CalendlyAlive
			return nil
		case mine && one.Alive():
			retrying = true
		case mine:
			ended = append(ended, one)
		}
	}
	if retrying {
		l.found = postgres.CalendlyRetrying
		return nil
	}
	return l.make(ctx, organization, ended)
}

// make makes the subscription anew: those that were ended stand in the way of one at the same address.
func (l *look) make(ctx context.Context, organization string, ended []calendly.Subscription) error {
	var err error
	for _, one := range ended {
		if err == nil {
			err = l.Asked.Unsubscribe(ctx, one)
		}
	}
	if err == nil {
		err = l.Asked.Subscribe(ctx, organization, l.addresses()[0], l.Config.Calendly)
	}
	var no *calendly.Answered
	switch {
	case errors.As(err, &no) && no.Status == http.StatusForbidden: // the token is good, and this is not for it
		l.found, l.fault = postgres.CalendlyFailing, fault(no)
		return err
	case err != nil:
		return l.judge(err)
	case len(ended) > 0 && l.now.Sub(l.Made) < madeFor:
		l.found = postgres.CalendlyFailing
	default:
		l.found = postgres.CalendlyAlive
	}
	l.Made, l.Good = l.now, l.now
	l.Log.Warn("Calendly did not tell of demos any more: its subscription was made anew", "ended", len(ended))
	return nil
}

// know finds out which kinds of meetings are booked at the page of the site, or below it: an organisation at Calendly has others too,
// which are not ours to take in. Where none is found, all are.
func (l *look) know(ctx context.Context, organization string) error {
	all, err := l.Asked.Kinds(ctx, organization)
	if err != nil {
		return err
	}
	l.Kinds = nil
	page := strings.TrimRight(l.Operator.Calendly, "/")
	for _, k := range all {
		if k.Page == page || strings.HasPrefix(k.Page, page+"/") {
			l.Kinds = append(l.Kinds, k.URI)
		}
	}
	return nil
}

// fetch asks for what changed since what is here, by the demos in the order in which they start. What does not fit into one look is
// for the next, which goes on where this one stopped.
func (l *look) fetch(ctx context.Context, organization string) error {
	if l.WalkAt.IsZero() {
		l.WalkAt = l.now
		l.WalkFrom = l.since()
	}
	from := l.WalkFrom
	for token, more := "", true; more; more = token != "" {
		events, next, err := l.Asked.Events(ctx, organization, from, token)
		if err != nil {
			return err
		}
		l.asked++
		for _, e := range events {
			if l.asked >= askedMost && e.Start.After(from) {
				return nil
			}
			if len(l.Kinds) == 0 || slices.Contains(l.Kinds, e.Kind) {
				err = l.guests(ctx, e)
			}
			if err != nil {
				return err
			}
			if e.Start.After(l.WalkFrom) {
				l.WalkFrom = e.Start
			}
		}
		token = next
	}
	l.Filled, l.WalkAt, l.WalkFrom = l.WalkAt, time.Time{}, time.Time{}
	return nil
}

// since is from when on changes are asked for in the walk that goes on: what was told before is here.
func (l *look) since() time.Time {
	from, back := l.Filled.Add(-overlap), l.WalkAt.Add(-backAtMost)
	switch {
	case l.Filled.IsZero():
		return l.WalkAt.Add(-overlap)
	case from.Before(back):
		return back
	}
	return from
}

// guests brings in what was not told of the guests of a demo: that they booked, and that they are not coming.
func (l *look) guests(ctx context.Context, e calendly.Event) error {
	for token, more := "", true; more; more = token != "" {
		list, next, err := l.Asked.Guests(ctx, e, token)
		var no *calendly.Answered
		if errors.As(err, &no) && no.Status == http.StatusNotFound { // it is no more
			return nil
		}
		if err != nil {
			return err
		}
		l.asked++
		for _, g := range list {
			if at := calendly.Moment(g.Updated); !at.IsZero() && at.Before(l.since()) {
				continue
			}
			if err := l.book(ctx, e, g); err != nil {
				return err
			}
		}
		token = next
	}
	return nil
}

func (l *look) book(ctx context.Context, e calendly.Event, g calendly.Guest) error {
	what := []string{guestCreated}
	if g.Status == "canceled" {
		what = append(what, guestCanceled)
	}
	for _, event := range what {
		t := told{Event: event}
		t.Payload.Guest, t.Payload.Scheduled.Start = g, e.Start
		if k, ok := l.booking(t, l.now); ok {
			if _, err := l.DB.Book(ctx, l.org, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// next is when to look again.
func (l *look) next(failed error) time.Duration {
	var no *calendly.Answered
	switch {
	case errors.As(failed, &no) && no.After > 0:
		return min(max(no.After, lookEvery), lookAgain)
	case no != nil && no.Status == http.StatusTooManyRequests:
		return retryAfter
	case failed != nil || l.State != postgres.CalendlyAlive:
		return lookSoon
	case !l.WalkAt.IsZero():
		return lookOn
	}
	return lookAgain
}

// tell is the mails that tell the owners of a trouble, once while it lasts.
func (l *look) tell(ctx context.Context) (list []postgres.Mail, err error) {
	if !l.Mails || !slices.Contains(postgres.CalendlyTroubles(), l.State) || !l.Told.Before(l.Since) {
		return nil, nil
	}
	owners, err := l.DB.OwnersToWrite(ctx, l.org)
	if err != nil {
		return nil, err
	}
	for _, o := range owners {
		letter := letters.CalendlyTrouble{State: l.State, Operator: l.Operator.Called(), Link: l.Config.App + "/enquiries"}
		list = append(list, postgres.NewMail(o.Address, o.Language, l.State+" "+l.Since.UTC().Format(time.RFC3339), letter, l.now))
	}
	if len(list) > 0 {
		l.Told = l.now
	}
	return list, nil
}
