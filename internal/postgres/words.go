package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Wording is an organisation's own words as they stand.
type Wording struct {
	Words   flow.Words
	Version int // counts the changes; 0: there never was one
	By      flow.ID
	Changed time.Time
}

// Words are the organisation's own words.
func (db *DB) Words(ctx context.Context, org flow.ID) (Wording, error) {
	var w Wording
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select version, body::text, changed_by, changed_at from words where org_id = $1 order by version desc limit 1", org).Query(func(rows pgx.Rows) error {
			var text string
			_, err := pgx.ForEachRow(rows, []any{&w.Version, &text, &w.By, &w.Changed}, func() error { return json.Unmarshal([]byte(text), &w.Words) })
			return err
		})
	})
	return w, err
}

// SetWords gives an organisation other words. seen is the version that the person had before them; when somebody else has
// changed them meanwhile it is refused (words_changed).
func (db *DB) SetWords(ctx context.Context, org flow.ID, words flow.Words, seen int, by flow.ID, at time.Time) error {
	if err := words.Acceptable(); err != nil {
		return err
	}
	body, err := json.Marshal(words)
	if err != nil {
		return err
	}
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into words values ($1, $2, $3, $4, $5)", org, seen+1, string(body), by, at)
	})
	if unique(err, "words_pkey") {
		return &flow.Refusal{Code: flow.WordsChanged}
	}
	return err
}

// queueWords gives a person the words of their organisation as they are stored, empty when it has none of its own.
func queueWords(b *pgx.Batch, org flow.ID, p *flow.Person) {
	b.Queue("select body::text from words where org_id = $1 order by version desc limit 1", org).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&p.Words}, func() error { return nil })
		return err
	})
}
