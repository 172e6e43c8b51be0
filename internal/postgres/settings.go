package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// settingsStamp says, beside a session, which settings of the organisation o are in force: it is another number after every
// change of its calendars or words. What they say is read only when the stamp is new.
const settingsStamp = "o.settings"

// knownSettings is what an organisation has set, by stamp: it is needed by every request and seldom changes.
type knownSettings struct {
	stamp int64
	zone  string
	hours *flow.Timetable
	words string
}

// settle gives a person the settings of their organisation.
func (db *DB) settle(ctx context.Context, p *flow.Person, stamp int64) error {
	known, ok := db.settings.get(p.Org)
	if ok && known.stamp == stamp && known.zone == p.Timezone {
		p.Hours, p.Words = known.hours, known.words
		return nil
	}
	err := db.tenant(ctx, p.Org, func(b *pgx.Batch) {
		db.queueTimetable(b, p.Org, p)
		queueWords(b, p.Org, p)
	})
	if err != nil {
		return err
	}
	db.settings.put(p.Org, knownSettings{stamp, p.Timezone, p.Hours, p.Words}, maxTimetables)
	return nil
}
