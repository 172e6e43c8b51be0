package worker

import (
	"context"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// newsFor is how long news are worth sending: they are tried again so long when the mail server is away.
const newsFor = 3 * 24 * time.Hour

// newsErrand brings a piece of news to everybody who agreed to get news.
func (w *Worker) newsErrand(ctx context.Context, operator flow.ID, walk postgres.Walk) (errand, error) {
	id, err := flow.ParseID(walk.Key)
	if err != nil {
		return nil, err
	}
	piece, err := w.DB.NewsPiece(ctx, operator, id)
	return func(ctx context.Context, o postgres.Organisation, after flow.ID) (errandPage, error) {
		readers, err := w.DB.NewsReaders(ctx, o.ID, after)
		p := errandPage{last: after, more: len(readers) == postgres.NewsReadersAtOnce}
		for _, r := range readers {
			p.last = r.ID
			if r.Address == "" {
				p.unreachable++
				continue
			}
			p.mails = append(p.mails, w.newsLetter(piece, o.ID, r))
		}
		return p, err
	}, err
}

// newsLetter is a piece of news to one who agreed, in their language if it is written in it. It goes by their consent: whether
// that still holds is asked when it is handed over.
func (w *Worker) newsLetter(piece postgres.NewsPiece, org flow.ID, r postgres.NewsReader) postgres.Mail {
	language, t := piece.In(r.Language)
	m := postgres.NewMail(r.Address, language, piece.ID.String(), letters.News{Subject: t.Subject, Text: t.Text, Unsubscribe: w.Unsubscribe(org, r.ID)}, w.Now())
	m.ConsentOf, m.Until = r.ID, w.Now().Add(newsFor)
	return m
}
