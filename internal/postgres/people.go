package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Organisation is a tenant.
type Organisation struct {
	ID       flow.ID
	Slug     string
	Name     string
	Timezone string // IANA name; empty: Asia/Kolkata
	Created  time.Time
	Trial    bool // a factory for visitors, which may be forgotten when it is an hour old; asked for when it is made only
}

// Member is a person's membership of an organisation.
type Member struct {
	ID           flow.ID
	Name         string
	Role         flow.Role
	Language     string
	PasswordHash string
	Logins       []string   // normalised e-mail addresses and phone numbers
	Given        flow.Given // what they see and work at; owners have everything whatever it says
	Created      time.Time
	Suspended    time.Time // since when they cannot come in; zero: they can
	Left         time.Time // when they left; zero: they are here
	Seen         time.Time // when they were last here; zero: never
	SeenOn       string    // on what
	Letters      string    // the language of letters to them, empty for that of the pages
}

// Reads is the language of letters to a member.
func (m Member) Reads() string {
	if m.Letters != "" {
		return m.Letters
	}
	return m.Language
}

// AddOrganisation stores an organisation with its first owner and a calendar to begin with.
func (db *DB) AddOrganisation(ctx context.Context, o Organisation, owner Member) error {
	if o.Timezone == "" {
		o.Timezone = "Asia/Kolkata"
	}
	return db.inTenant(ctx, o.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into organisations (org_id, slug, name, timezone, created_at, trial_since) values ($1, $2, $3, $4, $5, case when $6 then clock_timestamp() end)",
			o.ID, o.Slug, o.Name, o.Timezone, o.Created, o.Trial)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "insert into log_heads (org_id, seq, hash, fold) values ($1, 0, $2, $3)", o.ID, make([]byte, 32), flow.FoldVersion); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "insert into audit_heads values ($1, 0, $2)", o.ID, make([]byte, 32)); err != nil {
			return err
		}
		if err := addMember(ctx, tx, o.ID, owner); err != nil {
			return err
		}
		return keepCalendar(ctx, tx, o.ID, CalendarChange{Code: flow.StarterCalendar().Code, By: owner.ID, At: o.Created}, flow.StarterCalendar(), true)
	})
}

// AddMember stores a member with sign-ins and stages.
func (db *DB) AddMember(ctx context.Context, org flow.ID, m Member) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error { return addMember(ctx, tx, org, m) })
}

func addMember(ctx context.Context, tx pgx.Tx, org flow.ID, m Member) error {
	if m.Language == "" {
		m.Language = "en"
	}
	_, err := tx.Exec(ctx, `insert into members (org_id, id, name, role, language, password_hash, given, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`, org, m.ID, m.Name, string(m.Role), m.Language, m.PasswordHash, m.Given.Encode(), m.Created)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "insert into logins select $1, unnest($3::text[]), $2", org, m.ID, m.Logins)
	return err
}

// Organisations lists every organisation of the installation, by slug: what background work goes through. One that is being
// deleted is not among them.
func (db *DB) Organisations(ctx context.Context) ([]Organisation, error) {
	return db.organisations(ctx, "app.roster", "on")
}

// OrganisationBySlug finds an organisation by the short name it was given.
func (db *DB) OrganisationBySlug(ctx context.Context, slug string) (Organisation, error) {
	got, err := db.organisations(ctx, "app.slug", slug)
	if err != nil || len(got) == 0 {
		return Organisation{}, orNotFound(err)
	}
	return got[0], nil
}

func orNotFound(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return err
}

func (db *DB) organisations(ctx context.Context, setting, value string) ([]Organisation, error) {
	var got []Organisation
	err := db.as(ctx, setting, value, func(b *pgx.Batch) {
		b.Queue(`select org_id, slug, name, timezone, created_at from organisations o
			where not exists (select from closures c where c.org_id = o.org_id and c.begun_at is not null) order by slug`).Query(func(rows pgx.Rows) error {
			var o Organisation
			_, err := pgx.ForEachRow(rows, []any{&o.ID, &o.Slug, &o.Name, &o.Timezone, &o.Created}, func() error {
				got = append(got, o)
				return nil
			})
			return err
		})
	})
	return got, err
}

// Account is a membership that a sign-in names.
type Account struct {
	Org          flow.ID
	OrgName      string
	Member       flow.ID
	Name         string
	Role         flow.Role
	PasswordHash string
	Slug         string // of the organisation
	Elsewhere    bool   // it wants members to sign in with its identity provider only
}

const maxAccounts = 8 // memberships one sign-in is tried against

// Accounts are the memberships that a normalised e-mail address or phone number signs in to.
func (db *DB) Accounts(ctx context.Context, login string) ([]Account, error) {
	var found []Account
	err := db.as(ctx, "app.login", login, func(b *pgx.Batch) {
		b.Queue("select org_id, member_id from logins where login = $1 order by org_id limit $2", login, maxAccounts).Query(func(rows pgx.Rows) error {
			var a Account
			_, err := pgx.ForEachRow(rows, []any{&a.Org, &a.Member}, func() error { found = append(found, a); return nil })
			return err
		})
	})
	for i := 0; i < len(found) && err == nil; {
		a := &found[i]
		err = db.tenant(ctx, a.Org, func(b *pgx.Batch) {
			b.Queue(`select o.name, m.name, m.role, m.password_hash, o.slug, coalesce(i.required, false)
				from members m join organisations o using (org_id) left join identity_providers i using (org_id)
				where m.org_id = $1 and m.id = $2 and m.suspended_at is null and m.left_at is null`, a.Org, a.Member).QueryRow(func(row pgx.Row) error {
				return row.Scan(&a.OrgName, &a.Name, &a.Role, &a.PasswordHash, &a.Slug, &a.Elsewhere)
			})
		})
		if errors.Is(err, pgx.ErrNoRows) { // suspended, or gone
			found, err = slices.Delete(found, i, i+1), nil
			continue
		}
		i++
	}
	return found, err
}

// EndOldUploads forgets the files of an organisation that nobody brought in since a time, and says how many.
func (db *DB) EndOldUploads(ctx context.Context, org flow.ID, before time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from uploads where org_id = $1 and created_at <= $2", before)
}

func (db *DB) deleteOld(ctx context.Context, org flow.ID, sql string, at time.Time) (int64, error) {
	var n int64
	err := db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, org, at)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

// SetLanguage keeps the language a member reads.
func (db *DB) SetLanguage(ctx context.Context, org, member flow.ID, language string) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update members set language = $3 where org_id = $1 and id = $2", org, member, language)
	})
}

// Names are the names of members by id.
func (db *DB) Names(ctx context.Context, org flow.ID, ids []flow.ID) (map[flow.ID]string, error) {
	names := make(map[flow.ID]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id, name from members where org_id = $1 and id = any($2)", org, uuids(ids)).Query(func(rows pgx.Rows) error {
			var id flow.ID
			var name string
			_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil })
			return err
		})
	})
	return names, err
}
