package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Factors are what a member can show beside the password.
type Factors struct {
	Seed     []byte // of the authenticator app, sealed; nil: none
	Since    time.Time
	Codes    int // recovery codes that are left
	Passkeys []Passkey
	Needed   bool // the member's role needs a second factor
}

// Any reports whether there is a second factor.
func (f Factors) Any() bool { return f.Seed != nil || len(f.Passkeys) > 0 }

// Passkey is one passkey of a member.
type Passkey struct {
	ID         flow.ID
	Credential []byte // that browsers name it by
	Name       string
	Body       string // what checks its answers
	Created    time.Time
	Used       time.Time // zero: never
}

// MaxPasskeys is how many passkeys a member may have.
const MaxPasskeys = 10

// Factors are what a member can show beside the password.
func (db *DB) Factors(ctx context.Context, org, member flow.ID) (f Factors, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select a.seed, a.created_at, (select count(*) from recovery_codes c where c.org_id = $1 and c.member_id = $2),
			m.role = any(string_to_array(o.second_factor, ' '))
			from members m join organisations o on o.org_id = m.org_id left join authenticators a on a.org_id = m.org_id and a.member_id = m.id
			where m.org_id = $1 and m.id = $2 and m.suspended_at is null and m.left_at is null`, org, member).QueryRow(func(row pgx.Row) error {
			var since pgtype.Timestamptz
			err := row.Scan(&f.Seed, &since, &f.Codes, &f.Needed)
			f.Since = since.Time
			return err
		})
		b.Queue("select id, credential, name, body, created_at, used_at from passkeys where org_id = $1 and member_id = $2 order by created_at limit $3",
			org, member, MaxPasskeys).Query(func(rows pgx.Rows) error {
			var k Passkey
			var used pgtype.Timestamptz
			_, err := pgx.ForEachRow(rows, []any{&k.ID, &k.Credential, &k.Name, &k.Body, &k.Created, &used}, func() error {
				k.Used = used.Time
				k.Credential = slices.Clone(k.Credential)
				f.Passkeys = append(f.Passkeys, k)
				return nil
			})
			return err
		})
	})
	return f, notFound(err)
}

// SetAuthenticator gives a member an authenticator app, with recovery codes in the place of those before. All other
// sessions of the member end: nothing was shown in them.
func (db *DB) SetAuthenticator(ctx context.Context, org, member flow.ID, a Authenticator) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from authenticators where org_id = $1 and member_id = $2", org, member); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "insert into authenticators values ($1, $2, $3, $4, $5)", org, member, a.Seed, a.Step, a.At); err != nil {
			return err
		}
		if err := setCodes(ctx, tx, org, member, a.Codes); err != nil {
			return err
		}
		return factorShown(ctx, tx, org, member, a.Session)
	})
}

// Authenticator is a new authenticator app whose first code was right.
type Authenticator struct {
	Seed    []byte // sealed
	Step    int64  // whose code was shown
	Codes   [][32]byte
	Session flow.ID // in which it was shown
	At      time.Time
}

// factorShown notes that a second factor was shown in a session of the member's own, and ends the others. One that
// waits goes on waiting: FinishSession puts another in its place.
func factorShown(ctx context.Context, tx pgx.Tx, org, member, session flow.ID) error {
	if _, err := tx.Exec(ctx, "update sessions set factor = true where org_id = $1 and member_id = $2 and id = $3 and via = ''", org, member, session); err != nil {
		return err
	}
	return endOthers(ctx, tx, org, member, session)
}

func setCodes(ctx context.Context, tx pgx.Tx, org, member flow.ID, codes [][32]byte) error {
	if _, err := tx.Exec(ctx, "delete from recovery_codes where org_id = $1 and member_id = $2", org, member); err != nil {
		return err
	}
	hashes := make([][]byte, len(codes))
	for i, c := range codes {
		hashes[i] = c[:]
	}
	_, err := tx.Exec(ctx, "insert into recovery_codes select $1::uuid, $2::uuid, unnest($3::bytea[])", org, member, hashes)
	return err
}

// SetCodes puts recovery codes in the place of those before.
func (db *DB) SetCodes(ctx context.Context, org, member flow.ID, codes [][32]byte) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := setCodes(ctx, tx, org, member, codes); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "select append_audit($1, $2, $3, null)", org, AuditCodes, member.String())
		return err
	})
}

// TakeStep takes the code of a step of time, once: ErrNotFound when it or a later one was taken before.
func (db *DB) TakeStep(ctx context.Context, org, member flow.ID, step int64) error {
	return db.once(ctx, org, "update authenticators set last_step = $3 where org_id = $1 and member_id = $2 and last_step < $3", org, member, step)
}

// TakeCode takes a recovery code, once.
func (db *DB) TakeCode(ctx context.Context, org, member flow.ID, hash [32]byte) error {
	return db.once(ctx, org, "delete from recovery_codes where org_id = $1 and member_id = $2 and hash = $3", org, member, hash[:])
}

// TakeAnswer takes the answer to a question that a passkey was asked, once.
func (db *DB) TakeAnswer(ctx context.Context, org flow.ID, question [32]byte, now time.Time) error {
	return db.once(ctx, org, "insert into passkey_questions values ($1, $2, $3) on conflict do nothing", org, question[:], now)
}

// once does what can be done once only: ErrNotFound when there was nothing to do.
func (db *DB) once(ctx context.Context, org flow.ID, sql string, args ...any) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error { return one(ctx, tx, sql, args...) })
}

func one(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	tag, err := tx.Exec(ctx, sql, args...)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrNotFound
	}
	return err
}

// AddPasskey keeps a new passkey, registered in a session, and ends the member's other sessions. A member who had no
// second factor before gets recovery codes with it.
func (db *DB) AddPasskey(ctx context.Context, org, member, session flow.ID, k Passkey, codes [][32]byte) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := one(ctx, tx, `insert into passkeys (org_id, id, member_id, credential, name, body, created_at)
			select $1::uuid, $2::uuid, $3::uuid, $4::bytea, $5::text, $6::text, $7::timestamptz where (select count(*) from passkeys where org_id = $1 and member_id = $3) < $8`,
			org, k.ID, member, k.Credential, k.Name, k.Body, k.Created, MaxPasskeys); err != nil {
			return err
		}
		if len(codes) > 0 {
			if err := setCodes(ctx, tx, org, member, codes); err != nil {
				return err
			}
		}
		return factorShown(ctx, tx, org, member, session)
	})
}

// UsedPasskey keeps a passkey as it is after it was used.
func (db *DB) UsedPasskey(ctx context.Context, org flow.ID, credential []byte, body string, now time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update passkeys set body = $3, used_at = $4 where org_id = $1 and credential = $2", org, credential, body, now)
	})
}

// DropPasskey takes one of a member's passkeys away.
func (db *DB) DropPasskey(ctx context.Context, org, member, id flow.ID) error {
	return db.dropFactor(ctx, org, member, "delete from passkeys where org_id = $1 and member_id = $2 and id = $3", org, member, id)
}

// DropAuthenticator takes a member's authenticator app away.
func (db *DB) DropAuthenticator(ctx context.Context, org, member flow.ID) error {
	return db.dropFactor(ctx, org, member, "delete from authenticators where org_id = $1 and member_id = $2", org, member)
}

// dropFactor takes a factor away. Who has none left has no use for recovery codes.
func (db *DB) dropFactor(ctx context.Context, org, member flow.ID, sql string, args ...any) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := one(ctx, tx, sql, args...); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from recovery_codes where org_id = $1 and member_id = $2
			and not exists (select from authenticators where org_id = $1 and member_id = $2)
			and not exists (select from passkeys where org_id = $1 and member_id = $2)`, org, member)
		return err
	})
}

// DropFactors takes all that a member can show beside the password away, for one who has lost it, and ends their
// sessions.
func (db *DB) DropFactors(ctx context.Context, org, member flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		for _, table := range []string{"authenticators", "recovery_codes", "passkeys", "sessions"} {
			b.Queue("delete from "+table+" where org_id = $1 and member_id = $2", org, member)
		}
	})
}

// EndOldQuestions forgets which questions of an organisation passkeys have answered, before a time, and says how many.
func (db *DB) EndOldQuestions(ctx context.Context, org flow.ID, before time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from passkey_questions where org_id = $1 and answered_at <= $2", before)
}

// FactorRule says of a role whether it needs a second factor, and how many of its members have one.
type FactorRule struct {
	Role           flow.Role
	Needed         bool
	Members, Armed int
}

// FactorRules are the rules for all roles that people have.
func (db *DB) FactorRules(ctx context.Context, org flow.ID) ([]FactorRule, error) {
	rules := make([]FactorRule, 0, len(flow.Roles()))
	for _, role := range flow.Roles() {
		rules = append(rules, FactorRule{Role: role})
	}
	of := func(role flow.Role) *FactorRule {
		i := slices.IndexFunc(rules, func(r FactorRule) bool { return r.Role == role })
		return &rules[max(i, 0)]
	}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select second_factor from organisations where org_id = $1", org).QueryRow(func(row pgx.Row) error {
			var needed string
			err := row.Scan(&needed)
			for _, role := range strings.Fields(needed) {
				of(flow.Role(role)).Needed = true
			}
			return err
		})
		b.Queue(`select role, count(*), count(*) filter (where exists (select from authenticators a where a.org_id = $1 and a.member_id = m.id)
			or exists (select from passkeys p where p.org_id = $1 and p.member_id = m.id))
			from members m where org_id = $1 and suspended_at is null and left_at is null and role not in ('support', 'program') group by role`, org).
			Query(func(rows pgx.Rows) error {
				var role flow.Role
				var members, armed int
				_, err := pgx.ForEachRow(rows, []any{&role, &members, &armed}, func() error {
					of(role).Members, of(role).Armed = members, armed
					return nil
				})
				return err
			})
	})
	return rules, err
}

// SetFactorRule says which roles need a second factor. It holds at once.
func (db *DB) SetFactorRule(ctx context.Context, org flow.ID, roles []flow.Role) error {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update organisations set second_factor = $2 where org_id = $1", org, strings.Join(names, " "))
	})
}
