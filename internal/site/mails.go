package site

import (
	"context"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// Kinds of the site's mails.
const (
	mailEnquiry  = "enquiry"       // to the owners: there is one
	mailReceived = "enquiry_taken" // to who wrote: it has come
	mailLate     = "enquiry_late"  // to the owners: its answer is due
)

// mails are those that go with a new enquiry. What it says is in none of them: mails are read in many places.
func (s *Site) mails(ctx context.Context, org flow.ID, e postgres.Enquiry) ([]postgres.Mail, error) {
	if !s.Mails {
		return nil, nil
	}
	list, err := s.toOwners(ctx, org, mailEnquiry, e.ID, e.At, e.ReplyBy)
	if err != nil {
		return nil, err
	}
	pairs := []any{"by", e.ReplyBy.In(ist).Format("02-01-2006"), "name", s.Operator.Called(), "email", s.Operator.Email, "url", s.origin + s.base + "/privacy"}
	lang := pageLanguage(e.Language)
	// One a day to an address, whoever writes it into the form.
	return append(list, postgres.Mail{To: e.Email, Subject: s.words.say(lang, "mail_taken_subject", pairs...), Text: s.words.say(lang, "mail_taken_text", pairs...),
		Language: lang, Kind: mailReceived, Key: e.At.In(ist).Format(time.DateOnly), At: e.At}), nil
}

func pageLanguage(lang string) string {
	if lang == "hi" {
		return lang
	}
	return "en"
}

// toOwners are mails about an enquiry to all owners.
func (s *Site) toOwners(ctx context.Context, org flow.ID, kind string, id flow.ID, now, by time.Time) (list []postgres.Mail, err error) {
	owners, err := s.DB.OwnersToWrite(ctx, org)
	if err != nil {
		return nil, err
	}
	for _, o := range owners {
		pairs := []any{"by", by.In(ist).Format("02-01-2006"), "url", s.Config.App + "/enquiries/" + id.String(), "name", s.Operator.Called()}
		lang := pageLanguage(o.Language)
		list = append(list, postgres.Mail{To: o.Address, Subject: s.words.say(lang, "mail_"+kind+"_subject", pairs...), Text: s.words.say(lang, "mail_"+kind+"_text", pairs...),
			Language: lang, Kind: kind, Key: id.String(), At: now})
	}
	return list, nil
}

// Tend does what nobody asks for: it erases what has had its time and reminds once of what waits for an answer.
func (s *Site) Tend(ctx context.Context) error {
	org, err := s.owner(ctx)
	if err != nil || org.IsZero() {
		return err
	}
	now := s.Now()
	if _, err := s.DB.EndOldEnquiries(ctx, org, now); err != nil {
		return err
	}
	late, err := s.DB.UnansweredEnquiries(ctx, org, now)
	if err != nil {
		return err
	}
	for _, id := range late {
		var mails []postgres.Mail
		if s.Mails {
			if mails, err = s.toOwners(ctx, org, mailLate, id, now, now); err != nil {
				return err
			}
		}
		if err := s.DB.RemindEnquiry(ctx, org, id, now, mails...); err != nil {
			return err
		}
	}
	return nil
}
