package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
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

// Key is what letters about a version are about.
func (p Policy) Key() string { return fmt.Sprintf("%s %d", p.Kind, p.Version) }

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
// A material one is told to all owners by the worker: see Walks. ErrNotFound: there is no such draft, somebody was faster.
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
			err = beginWalk(ctx, tx, org, letters.PolicyChange{}.Kind(), p.Key(), p.Published)
		}
		return err
	})
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
