package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Link is a way in without an account: for a vendor to named challans, or for a customer to the milestones of one job.
type Link struct {
	ID       flow.ID
	Vendor   flow.ID  // of a vendor's link
	Challans []string // and what it is for
	Job      flow.ID  // of a customer's link
	By       flow.ID  // who made it
	Created  time.Time
	Expires  time.Time // at the latest
	Revoked  time.Time // zero while it is not
	Uses     int
	Used     time.Time // last; zero: never
}

// ForCustomer reports whether it is a customer's link.
func (l Link) ForCustomer() bool { return !l.Job.IsZero() }

// Live reports whether the link still opens anything, as far as it says itself.
func (l Link) Live(now time.Time) bool { return l.Revoked.IsZero() && now.Before(l.Expires) }

const selectLinks = `select l.id, l.vendor_id, l.job_id, l.created_by, l.created_at, l.expires_at, l.revoked_at, l.uses, l.used_at,
	(select coalesce(array_agg(c.number order by c.number), '{}') from link_challans c where c.org_id = l.org_id and c.link_id = l.id) from links l`

func scanLink(row pgx.Row) (Link, error) {
	var l Link
	var vendor, job *flow.ID
	var revoked, used pgtype.Timestamptz
	err := row.Scan(&l.ID, &vendor, &job, &l.By, &l.Created, &l.Expires, &revoked, &l.Uses, &used, &l.Challans)
	if vendor != nil {
		l.Vendor = *vendor
	}
	if job != nil {
		l.Job = *job
	}
	l.Revoked, l.Used = revoked.Time, used.Time
	return l, err
}

// AddLink stores a link. A vendor's first link brings the member in whose name their answers are kept, who has no sign-in.
func (db *DB) AddLink(ctx context.Context, org flow.ID, l Link, member flow.ID) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		kind := "customer"
		if !l.ForCustomer() {
			kind = "vendor"
			if err := linkMember(ctx, tx, org, l, member); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "insert into links (org_id, id, kind, vendor_id, job_id, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
			org, l.ID, kind, orNull(l.Vendor), orNull(l.Job), l.By, l.Created, l.Expires)
		if err == nil {
			_, err = tx.Exec(ctx, "insert into link_challans select $1, $2, unnest($3::text[])", org, l.ID, l.Challans)
		}
		return err
	})
}

// linkMember makes the member of a vendor's links when there is none yet.
func linkMember(ctx context.Context, tx pgx.Tx, org flow.ID, l Link, member flow.ID) error {
	var name string
	var has *flow.ID
	if err := tx.QueryRow(ctx, "select name, member_id from vendors where org_id = $1 and id = $2 for update", org, l.Vendor).Scan(&name, &has); err != nil {
		return notFound(err)
	}
	if has != nil {
		return nil
	}
	m := Member{ID: member, Name: name, Role: flow.Vendor, Given: flow.Given{Vendors: []flow.ID{l.Vendor}}, Created: l.Created}
	if err := addMember(ctx, tx, org, m); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "update vendors set member_id = $3 where org_id = $1 and id = $2", org, l.Vendor, member)
	return err
}

// OpenLink is a link that is neither over nor revoked, and who comes by it: nobody for a customer's, for a vendor's the
// member of the vendor's links, unless somebody has suspended them.
func (db *DB) OpenLink(ctx context.Context, org, id flow.ID, now time.Time) (Link, flow.Person, error) {
	var l Link
	var stamp int64
	p := flow.Person{Org: org, Via: flow.ViaLink, Without: ^(flow.Anybody | flow.MayAnswer)}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectLinks+" where l.org_id = $1 and l.id = $2", org, id).QueryRow(func(row pgx.Row) (err error) {
			l, err = scanLink(row)
			return err
		})
		b.Queue("select name, timezone, "+settingsStamp+" from organisations o where o.org_id = $1", org).QueryRow(func(row pgx.Row) error {
			return row.Scan(&p.OrgName, &p.Timezone, &stamp)
		})
		b.Queue(`select m.id, m.name, m.role, m.given from links l join vendors v on v.org_id = l.org_id and v.id = l.vendor_id
			join members m on m.org_id = v.org_id and m.id = v.member_id
			where l.org_id = $1 and l.id = $2 and m.suspended_at is null and m.left_at is null`, org, id).Query(func(rows pgx.Rows) error {
			var given givenText
			_, err := pgx.ForEachRow(rows, []any{&p.Member, &p.Name, &p.Role, &given}, func() error {
				p.Scope = flow.Given(given).Scope(p.Role, p.Member)
				return nil
			})
			return err
		})
	})
	if err == nil && (!l.Live(now) || !l.ForCustomer() && p.Member.IsZero()) {
		err = ErrNotFound
	}
	if err == nil {
		err = db.settle(ctx, &p, stamp)
	}
	if err != nil {
		return Link{}, flow.Person{}, notFound(err)
	}
	p.Until = flow.At(l.Expires)
	return l, p, nil
}

// LinkUsed counts a use of a link, and notes it in the audit log.
func (db *DB) LinkUsed(ctx context.Context, org, id flow.ID, now time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update links set uses = uses + 1, used_at = $3 where org_id = $1 and id = $2", org, id, now)
		queueAudit(b, org, Event{What: AuditLink, ID: id.String()})
	})
}

// RevokeLink ends a link for good. Whoever has its page open gets nothing more.
func (db *DB) RevokeLink(ctx context.Context, org, id flow.ID, now time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update links set revoked_at = $3 where org_id = $1 and id = $2 and revoked_at is null", org, id, now)
	})
}

// LinkOf is a link whatever has become of it.
func (db *DB) LinkOf(ctx context.Context, org, id flow.ID) (Link, error) {
	got, err := db.links(ctx, org, " where l.org_id = $1 and l.id = $2", org, id)
	if err != nil || len(got) == 0 {
		return Link{}, orNotFound(err)
	}
	return got[0], nil
}

// maxLinks bounds the lists of links.
const maxLinks = 100

// JobLinks are the newest customer's links of a job.
func (db *DB) JobLinks(ctx context.Context, org, job flow.ID) ([]Link, error) {
	return db.links(ctx, org, " where l.org_id = $1 and l.job_id = $2 order by l.created_at desc limit $3", org, job, maxLinks)
}

// VendorLinks are the newest links of a vendor.
func (db *DB) VendorLinks(ctx context.Context, org, vendor flow.ID) ([]Link, error) {
	return db.links(ctx, org, " where l.org_id = $1 and l.vendor_id = $2 order by l.created_at desc limit $3", org, vendor, maxLinks)
}

// ChallanLinks are the newest links for a challan.
func (db *DB) ChallanLinks(ctx context.Context, org flow.ID, number string) ([]Link, error) {
	return db.links(ctx, org, ` where l.org_id = $1 and l.id in (select link_id from link_challans where org_id = $1 and number = $2)
		order by l.created_at desc limit $3`, org, number, maxLinks)
}

func (db *DB) links(ctx context.Context, org flow.ID, where string, args ...any) ([]Link, error) {
	var list []Link
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectLinks+where, args...).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				l, err := scanLink(rows)
				if err != nil {
					return err
				}
				list = append(list, l)
			}
			return rows.Err()
		})
	})
	return list, err
}
