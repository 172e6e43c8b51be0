package postgres

import (
	"context"
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
}

// Member is a person's membership of an organisation.
type Member struct {
	ID           flow.ID
	Name         string
	Role         flow.Role
	Language     string
	PasswordHash string
	Logins       []string        // normalised e-mail addresses and phone numbers
	Stages       []flow.StageRef // what an operator is given
	Created      time.Time
}

// AddOrganisation stores an organisation with its first owner and a calendar to begin with.
func (db *DB) AddOrganisation(ctx context.Context, o Organisation, owner Member) error {
	if o.Timezone == "" {
		o.Timezone = "Asia/Kolkata"
	}
	return db.inTenant(ctx, o.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into organisations (org_id, slug, name, timezone, created_at) values ($1, $2, $3, $4, $5)",
			o.ID, o.Slug, o.Name, o.Timezone, o.Created)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "insert into log_heads values ($1, 0, $2)", o.ID, make([]byte, 32)); err != nil {
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
	_, err := tx.Exec(ctx, `insert into members (org_id, id, name, role, language, password_hash, created_at)
		values ($1, $2, $3, $4, $5, $6, $7)`, org, m.ID, m.Name, string(m.Role), m.Language, m.PasswordHash, m.Created)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "insert into logins select $1, unnest($3::text[]), $2", org, m.ID, m.Logins); err != nil {
		return err
	}
	for _, s := range m.Stages {
		if _, err := tx.Exec(ctx, "insert into member_stages values ($1, $2, $3, $4)", org, m.ID, s.Process, s.Stage); err != nil {
			return err
		}
	}
	return nil
}

// Organisations lists every organisation of the installation, by slug: what background work goes through.
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
		b.Queue("select org_id, slug, name, timezone, created_at from organisations order by slug").Query(func(rows pgx.Rows) error {
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
	PasswordHash string
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
	for i := range found {
		if err != nil {
			break
		}
		a := &found[i]
		err = db.tenant(ctx, a.Org, func(b *pgx.Batch) {
			b.Queue(`select o.name, m.name, m.password_hash from members m join organisations o using (org_id)
				where m.org_id = $1 and m.id = $2`, a.Org, a.Member).QueryRow(func(row pgx.Row) error {
				return row.Scan(&a.OrgName, &a.Name, &a.PasswordHash)
			})
		})
	}
	return found, err
}

// AddSession stores a session under the hash of its token.
func (db *DB) AddSession(ctx context.Context, org, member flow.ID, tokenHash [32]byte, device string, now, until time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into sessions (org_id, token_hash, member_id, device, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
			org, tokenHash[:], member, device, now, until)
	})
}

// Session is the person behind a token, as they are now; ErrNotFound when it has ended.
func (db *DB) Session(ctx context.Context, org flow.ID, tokenHash [32]byte, now time.Time) (flow.Person, error) {
	p := flow.Person{Org: org}
	var processes []flow.ID
	var stages []string
	var stamp string
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select o.name, o.timezone, m.id, m.name, m.role, m.language,
				array(select process_id from member_stages x where x.org_id = m.org_id and x.member_id = m.id order by process_id, stage),
				array(select stage from member_stages x where x.org_id = m.org_id and x.member_id = m.id order by process_id, stage), `+settingsStamp+`
			from sessions s
			join members m on m.org_id = s.org_id and m.id = s.member_id
			join organisations o on o.org_id = s.org_id
			where s.org_id = $1 and s.token_hash = $2 and s.expires_at > $3`, org, tokenHash[:], now).QueryRow(func(row pgx.Row) error {
			return row.Scan(&p.OrgName, &p.Timezone, &p.Member, &p.Name, &p.Role, &p.Language, &processes, &stages, &stamp)
		})
	})
	if err == nil {
		err = db.settle(ctx, &p, stamp)
	}
	if err != nil {
		return flow.Person{}, notFound(err)
	}
	p.Scope = flow.Scope{All: p.Role == flow.Owner, Stages: make(map[flow.StageRef]bool, len(stages))}
	for i := range stages {
		p.Scope.Stages[flow.StageRef{Process: processes[i], Stage: stages[i]}] = true
	}
	return p, nil
}

// EndSession forgets a session.
func (db *DB) EndSession(ctx context.Context, org flow.ID, tokenHash [32]byte) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from sessions where org_id = $1 and token_hash = $2", org, tokenHash[:])
	})
}

// EndExpiredSessions forgets the sessions of an organisation that are over, and says how many.
func (db *DB) EndExpiredSessions(ctx context.Context, org flow.ID, now time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from sessions where org_id = $1 and expires_at <= $2", now)
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
