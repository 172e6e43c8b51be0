package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
	"clicarity/internal/policies"
)

// Policy is a version of a policy, as the operator's organisation keeps it. The program's own text, version 1, is not among them:
// see policies.Default.
type Policy struct {
	Kind      string // policies.Privacy, policies.Terms
	Version   int
	Body      string // in the markup of policies.Blocks
	Material  bool   // it was told to every owner
	Published time.Time
	Effective time.Time
	By        flow.ID // who published it, or wrote the draft
}

// MaterialNotice is how long before it holds a change that matters is published at the latest.
const MaterialNotice = 7 * 24 * time.Hour

// maxPolicies bounds how many versions are listed: the newest.
const maxPolicies = 200

const selectPolicies = "select kind, version, body, material, published_at, effective_at, coalesce(published_by, changed_by) from policies where org_id = $1 and kind = $2"

func scanPolicy(row pgx.Row) (Policy, error) {
	var p Policy
	var published, effective pgtype.Timestamptz
	err := row.Scan(&p.Kind, &p.Version, &p.Body, &p.Material, &published, &effective, &p.By)
	p.Published, p.Effective = published.Time, effective.Time
	return p, err
}

// Policies are the published versions of a policy, the newest first.
func (db *DB) Policies(ctx context.Context, org flow.ID, kind string) ([]Policy, error) {
	var list []Policy
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectPolicies+" and published_at is not null order by version desc limit $3", org, kind, maxPolicies).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				p, err := scanPolicy(rows)
				if err != nil {
					return err
				}
				list = append(list, p)
			}
			return rows.Err()
		})
	})
	return list, err
}

// PolicyDraft is the draft of the next version; ErrNotFound when there is none.
func (db *DB) PolicyDraft(ctx context.Context, org flow.ID, kind string) (p Policy, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectPolicies+" and published_at is null", org, kind).QueryRow(func(row pgx.Row) error { p, err = scanPolicy(row); return err })
	})
	return p, notFound(err)
}

// SavePolicyDraft keeps the draft of the next version of a policy.
func (db *DB) SavePolicyDraft(ctx context.Context, org flow.ID, p Policy, now time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) { saveDraft(b, org, p, now) })
}

func saveDraft(b *pgx.Batch, org flow.ID, p Policy, now time.Time) {
	b.Queue(`insert into policies (org_id, kind, version, body, changed_at, changed_by)
		select $1, $2, 1 + coalesce(max(version) filter (where published_at is not null), $6), $3, $4, $5 from policies where org_id = $1 and kind = $2
		on conflict (org_id, kind, version) do update set body = $3, changed_at = $4, changed_by = $5`, org, p.Kind, p.Body, now, p.By, policies.First)
}

// PublishPolicy publishes the draft with the version that was looked at: p.Version, with p.Body. Nobody changes it from then on.
// A material one is told to all owners by the worker: see PolicyWalks. ErrNotFound: there is no such draft, somebody was faster.
func (db *DB) PublishPolicy(ctx context.Context, org flow.ID, p Policy) error {
	if p.Material && p.Effective.Sub(p.Published) < MaterialNotice || p.Effective.Before(p.Published) {
		return &flow.Refusal{Code: flow.BadCommand} // the page asked for another date
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update policies set body = $4, material = $5, changed_at = $6, changed_by = $7, published_at = $6, published_by = $7, effective_at = $8
			where org_id = $1 and kind = $2 and version = $3 and published_at is null`, org, p.Kind, p.Version, p.Body, p.Material, p.Published, p.By, p.Effective)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		if p.Material {
			_, err = tx.Exec(ctx, "insert into policy_walks (org_id, kind, version) values ($1, $2, $3)", org, p.Kind, p.Version)
		}
		return err
	})
}

// Walk is how far a material change has been told to the owners of all organisations.
type Walk struct {
	Policy
	To          flow.ID   // the last organisation whose owners have their letter in the outbox
	Done        time.Time // when all had; zero: not yet
	Written     int       // letters
	Unreachable int       // owners without an e-mail address: they are told within the program
	Sent        int       // these were counted at Counted
	Failed      int
	Bounced     int
	Counted     time.Time
}

// walksFor is how long it is counted what became of the letters: after that the outbox forgets them.
const walksFor = 29 * 24 * time.Hour

// PolicyWalks are those of the last weeks, the newest first.
func (db *DB) PolicyWalks(ctx context.Context, org flow.ID, now time.Time) ([]Walk, error) {
	var list []Walk
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select w.kind, w.version, p.published_at, p.effective_at, w.told_to, w.done_at, w.written, w.unreachable, w.sent, w.failed, w.bounced, w.counted_at
			from policy_walks w join policies p on p.org_id = w.org_id and p.kind = w.kind and p.version = w.version
			where w.org_id = $1 and (w.done_at is null or p.published_at > $2) order by p.published_at desc, w.kind limit $3`, org, now.Add(-walksFor), maxPolicies).Query(func(rows pgx.Rows) error {
			var w Walk
			var to *flow.ID
			var done, counted pgtype.Timestamptz
			_, err := pgx.ForEachRow(rows, []any{&w.Kind, &w.Version, &w.Published, &w.Effective, &to, &done, &w.Written, &w.Unreachable, &w.Sent, &w.Failed, &w.Bounced, &counted}, func() error {
				got := w
				if got.Done, got.Counted, got.To = done.Time, counted.Time, (flow.ID{}); to != nil {
					got.To = *to
				}
				list = append(list, got)
				return nil
			})
			return err
		})
	})
	return list, err
}

// Owner is who is told of what an organisation has to know.
type Owner struct {
	ID       flow.ID `json:"member"`
	Name     string  `json:"name"`
	Language string  `json:"language"`
	Address  string  `json:"address"` // empty: they sign in with a phone number only
}

// OwnersAtOnce is how many owners of an organisation are read at once.
const OwnersAtOnce = 200

// Owners are the active owners of an organisation, in the order of their ids, those after one.
func (db *DB) Owners(ctx context.Context, org, after flow.ID) ([]Owner, error) {
	var list []Owner
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select m.id, m.name, "+lettersOf+", coalesce("+addressOf+`, '') from members m
			where m.org_id = $1 and m.id > $2 and m.role = 'owner' and m.suspended_at is null and m.left_at is null order by m.id limit $3`, org, after, OwnersAtOnce).Query(func(rows pgx.Rows) error {
			var o Owner
			_, err := pgx.ForEachRow(rows, []any{&o.ID, &o.Name, &o.Language, &o.Address}, func() error { list = append(list, o); return nil })
			return err
		})
	})
	return list, err
}

// maxOwners is how many owners of an organisation are written to about what is their own matter.
const maxOwners = 50

// OwnersToWrite are the first active owners of an organisation who have an address.
func (db *DB) OwnersToWrite(ctx context.Context, org flow.ID) ([]Owner, error) {
	var list []Owner
	for after := (flow.ID{}); len(list) < maxOwners; {
		page, err := db.Owners(ctx, org, after)
		if err != nil || len(page) == 0 {
			return list, err
		}
		after = page[len(page)-1].ID
		list = append(list, slices.DeleteFunc(page, func(o Owner) bool { return o.Address == "" })...)
	}
	return list[:maxOwners], nil
}

// Told is a part of a walk: some owners of one organisation.
type Told struct {
	Org         flow.ID
	Mails       []Mail
	Unreachable int  // of the whole organisation, told with its last part
	Whole       bool // these are the last of the organisation: the walk goes on with the next
}

// TellOwners puts letters into the outbox of an organisation and moves the walk on, both or neither. Whoever does it again, after
// being stopped or at the same moment, writes nothing twice.
func (db *DB) TellOwners(ctx context.Context, operator flow.ID, w Walk, told Told) error {
	sealed, err := db.sealMails(ctx, told.Org, told.Mails)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, operator, func(tx pgx.Tx) error {
		var ahead bool
		err := tx.QueryRow(ctx, "select done_at is not null or told_to is not null and told_to >= $4 from policy_walks where org_id = $1 and kind = $2 and version = $3 for update",
			operator, w.Kind, w.Version, told.Org).Scan(&ahead)
		if err != nil || ahead {
			return notFound(err)
		}
		written, err := writeTold(ctx, tx, told, sealed)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, setOrg, operator.String()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update policy_walks set written = written + $4, unreachable = unreachable + case when $7 then $5 else 0 end,
			told_to = case when $7 then $6 else told_to end where org_id = $1 and kind = $2 and version = $3`,
			operator, w.Kind, w.Version, written, told.Unreachable, told.Org, told.Whole)
		return err
	})
}

// writeTold writes the letters in the name of their own organisation, and counts those that were not there yet.
func writeTold(ctx context.Context, tx pgx.Tx, told Told, sealed [][]byte) (written int64, err error) {
	if _, err := tx.Exec(ctx, setOrg, told.Org.String()); err != nil {
		return 0, err
	}
	for i, m := range told.Mails {
		tag, err := tx.Exec(ctx, insertMail, mailRow(told.Org, m, sealed[i])...)
		if err != nil {
			return 0, err
		}
		written += tag.RowsAffected()
	}
	return written, nil
}

// EndWalk notes that all organisations have been told.
func (db *DB) EndWalk(ctx context.Context, operator flow.ID, w Walk, now time.Time) error {
	return db.tenant(ctx, operator, func(b *pgx.Batch) {
		b.Queue("update policy_walks set done_at = $4 where org_id = $1 and kind = $2 and version = $3 and done_at is null", operator, w.Kind, w.Version, now)
	})
}

// Tally is what became of some letters.
type Tally struct{ Sent, Failed, Bounced int }

// CountLetters counts what became of an organisation's letters of a kind about one thing.
func (db *DB) CountLetters(ctx context.Context, org flow.ID, kind, key string) (t Tally, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select count(sent_at) filter (where bounced_at is null), count(failed_at), count(bounced_at) from outbox where org_id = $1 and kind = $2 and key = $3`, org, kind, key).
			QueryRow(func(row pgx.Row) error { return row.Scan(&t.Sent, &t.Failed, &t.Bounced) })
	})
	return t, err
}

// SaveTally keeps what was counted over all organisations.
func (db *DB) SaveTally(ctx context.Context, operator flow.ID, w Walk, t Tally, now time.Time) error {
	return db.tenant(ctx, operator, func(b *pgx.Batch) {
		b.Queue("update policy_walks set sent = $4, failed = $5, bounced = $6, counted_at = $7 where org_id = $1 and kind = $2 and version = $3",
			operator, w.Kind, w.Version, t.Sent, t.Failed, t.Bounced, now)
	})
}
