package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/privacy"
)

// MaxBreachSteps bounds what is recorded of one breach.
const MaxBreachSteps = 500

// OpenBreach enters a breach with what is known of it. Entered again by the same command it is there once.
func (db *DB) OpenBreach(ctx context.Context, org flow.ID, b privacy.Breach, first privacy.Step) error {
	return db.tenant(ctx, org, func(batch *pgx.Batch) {
		batch.Queue("insert into breaches (org_id, id, noticed_at, opened_at, opened_by) values ($1, $2, $3, $4, $5) on conflict do nothing", org, b.ID, b.Noticed, b.Opened, b.By)
		queueStep(batch, org, b.ID, first)
	})
}

// queueStep adds a step at the end; one whose command was here before is there already.
func queueStep(b *pgx.Batch, org, breach flow.ID, s privacy.Step) {
	b.Queue("select pg_advisory_xact_lock(hashtextextended('breach ' || $1, 0))", breach.String())
	b.Queue(`insert into breach_steps (org_id, breach_id, n, id, kind, at, member_id, body)
		select $1, $2, 1 + coalesce((select max(n) from breach_steps where org_id = $1 and breach_id = $2), 0), $3, $4, $5, $6, $7
		on conflict (org_id, id) do nothing`, org, breach, s.ID, string(s.Kind), s.At, s.By, s.Body)
}

// AddBreachStep records what was done about a breach and writes the mails that go with it, both or neither, and once however
// often the command is sent. ErrNotFound when there is no such breach.
func (db *DB) AddBreachStep(ctx context.Context, org, breach flow.ID, s privacy.Step, mails ...Mail) error {
	sealed, err := db.sealMails(ctx, org, mails)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var steps int
		err := tx.QueryRow(ctx, "select (select count(*) from breach_steps s where s.org_id = b.org_id and s.breach_id = b.id) from breaches b where org_id = $1 and id = $2", org, breach).Scan(&steps)
		if err != nil {
			return notFound(err)
		}
		if steps >= MaxBreachSteps {
			return &flow.Refusal{Code: flow.TooMany, Name: "steps", Limit: MaxBreachSteps}
		}
		b := &pgx.Batch{}
		queueStep(b, org, breach, s)
		if err := tx.SendBatch(ctx, b).Close(); err != nil || len(mails) == 0 {
			return err
		}
		return sendMails(ctx, tx, org, mails, sealed)
	})
}

// selectBreaches reads breaches with their newest account and when each kind of step was first.
const selectBreaches = `select b.id, noticed_at, opened_at, opened_by,
	coalesce((select body from breach_steps s where s.org_id = b.org_id and s.breach_id = b.id and kind = 'account' order by n desc limit 1), '{}'),
	(select coalesce(json_object_agg(kind, first), '{}') from (select kind, min(at) as first from breach_steps s where s.org_id = b.org_id and s.breach_id = b.id group by kind) k)
	from breaches b where org_id = $1`

func eachBreach(rows pgx.Rows, list *[]privacy.Breach) error {
	var b privacy.Breach
	var account, firsts string
	_, err := pgx.ForEachRow(rows, []any{&b.ID, &b.Noticed, &b.Opened, &b.By, &account, &firsts}, func() error {
		got := b
		got.Firsts = map[privacy.StepKind]time.Time{}
		if err := json.Unmarshal([]byte(account), &got.Account); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(firsts), &got.Firsts)
		*list = append(*list, got)
		return err
	})
	return err
}

// Breaches are an organisation's breaches, the newest noticed first, those before one when it is given.
func (db *DB) Breaches(ctx context.Context, org, before flow.ID, limit int) (list []privacy.Breach, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectBreaches+` and ($2::uuid is null or (noticed_at, id) < (select noticed_at, id from breaches where org_id = $1 and id = $2))
			order by noticed_at desc, id desc limit $3`, org, orNull(before), limit).Query(func(rows pgx.Rows) error { return eachBreach(rows, &list) })
	})
	return list, err
}

// Breach is one breach with all its steps.
func (db *DB) Breach(ctx context.Context, org, id flow.ID) (privacy.Breach, error) {
	var list []privacy.Breach
	var steps []privacy.Step
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectBreaches+" and id = $2", org, id).Query(func(rows pgx.Rows) error { return eachBreach(rows, &list) })
		b.Queue("select n, id, kind, at, member_id, body from breach_steps where org_id = $1 and breach_id = $2 order by n limit $3", org, id, MaxBreachSteps).Query(func(rows pgx.Rows) error {
			var s privacy.Step
			_, err := pgx.ForEachRow(rows, []any{&s.N, &s.ID, &s.Kind, &s.At, &s.By, &s.Body}, func() error { steps = append(steps, s); return nil })
			return err
		})
	})
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return privacy.Breach{}, err
	}
	list[0].Steps = steps
	return list[0], nil
}

// maxBreachesReminded bounds how many breaches of an organisation are looked at for reminders.
const maxBreachesReminded = 100

// BreachesInTime are the breaches without a full report that were noticed after a moment.
func (db *DB) BreachesInTime(ctx context.Context, org flow.ID, since time.Time) (list []privacy.Breach, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectBreaches+` and noticed_at > $2 and not exists (select from breach_steps s where s.org_id = b.org_id and s.breach_id = b.id and kind in ('report', 'closed'))
			order by noticed_at desc limit $3`, org, since, maxBreachesReminded).Query(func(rows pgx.Rows) error { return eachBreach(rows, &list) })
	})
	return list, err
}

// Addressees are those among some members who have an address, whether they are still here or not, with the language of each.
func (db *DB) Addressees(ctx context.Context, org flow.ID, members []flow.ID) (list []Owner, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select * from (select m.id, m.language, "+addressOf+" as address from members m where m.org_id = $1 and m.id = any($2) and m.role not in ('support', 'program') order by m.id) a where address is not null",
			org, uuids(members)).Query(func(rows pgx.Rows) error {
			var a Owner
			_, err := pgx.ForEachRow(rows, []any{&a.ID, &a.Language, &a.Address}, func() error { list = append(list, a); return nil })
			return err
		})
	})
	return list, err
}
