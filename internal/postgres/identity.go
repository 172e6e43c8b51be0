package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// IdentityProvider is how an organisation's members sign in with the company's own accounts.
type IdentityProvider struct {
	Issuer   string // its address
	ClientID string
	Secret   []byte   // sealed
	Domains  []string // of the e-mail addresses that it may speak for, lower case
	Required bool     // members sign in this way only; owners keep their passwords
	By       flow.ID
	Changed  time.Time
}

// IdentityProvider is an organisation's; ErrNotFound without one.
func (db *DB) IdentityProvider(ctx context.Context, org flow.ID) (p IdentityProvider, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select issuer, client_id, secret, domains, required, changed_by, changed_at from identity_providers where org_id = $1", org).QueryRow(func(row pgx.Row) error {
			return row.Scan(&p.Issuer, &p.ClientID, &p.Secret, &p.Domains, &p.Required, &p.By, &p.Changed)
		})
	})
	return p, notFound(err)
}

// SetIdentityProvider keeps an organisation's identity provider.
func (db *DB) SetIdentityProvider(ctx context.Context, org flow.ID, p IdentityProvider) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into identity_providers (org_id, issuer, client_id, secret, domains, required, changed_by, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (org_id) do update set issuer = excluded.issuer, client_id = excluded.client_id, secret = excluded.secret,
				domains = excluded.domains, required = excluded.required, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
			org, p.Issuer, p.ClientID, p.Secret, p.Domains, p.Required, p.By, p.Changed)
	})
}

// DropIdentityProvider forgets an organisation's identity provider: its members sign in with their passwords again.
func (db *DB) DropIdentityProvider(ctx context.Context, org flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) { b.Queue("delete from identity_providers where org_id = $1", org) })
}

// AccountIn is the membership of an organisation that a normalised sign-in names; ErrNotFound when there is none that
// may come in.
func (db *DB) AccountIn(ctx context.Context, org flow.ID, login string) (Account, error) {
	a := Account{Org: org}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select o.name, o.slug, m.id, m.name, m.role from logins l
			join members m on m.org_id = l.org_id and m.id = l.member_id
			join organisations o on o.org_id = l.org_id
			where l.org_id = $1 and l.login = $2 and m.suspended_at is null and m.left_at is null and m.role not in ('support', 'program')`, org, login).
			QueryRow(func(row pgx.Row) error { return row.Scan(&a.OrgName, &a.Slug, &a.Member, &a.Name, &a.Role) })
	})
	return a, notFound(err)
}

// Organisation is an organisation by its id.
func (db *DB) Organisation(ctx context.Context, org flow.ID) (o Organisation, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select org_id, slug, name, timezone, created_at from organisations where org_id = $1", org).QueryRow(func(row pgx.Row) error {
			return row.Scan(&o.ID, &o.Slug, &o.Name, &o.Timezone, &o.Created)
		})
	})
	return o, notFound(err)
}
