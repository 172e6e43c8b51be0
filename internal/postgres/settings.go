package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// settingsStamp says, beside a session, which settings of the organisation o are in force: it is another number after every
// change of its calendars or words. What they say is read only when the stamp is new.
const settingsStamp = "o.settings"

// settings remembers what organisations have set, by stamp: it is needed by every request and seldom changes.
type settings struct {
	mu    sync.Mutex
	known map[flow.ID]knownSettings
}

type knownSettings struct {
	stamp int64
	zone  string
	hours *flow.Timetable
	words string
}

// settle gives a person the settings of their organisation.
func (db *DB) settle(ctx context.Context, p *flow.Person, stamp int64) error {
	db.settings.mu.Lock()
	known, ok := db.settings.known[p.Org]
	db.settings.mu.Unlock()
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
	db.settings.mu.Lock()
	defer db.settings.mu.Unlock()
	if db.settings.known == nil || len(db.settings.known) >= maxTimetables {
		db.settings.known = map[flow.ID]knownSettings{}
	}
	db.settings.known[p.Org] = knownSettings{stamp, p.Timezone, p.Hours, p.Words}
	return nil
}
