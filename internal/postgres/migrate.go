package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings a database to the schema of this program: it makes the two roles when they are missing and runs
// the migrations that have not run, each in its own transaction, as the owner role. It reports the names of those
// it ran. A migration that has run and was changed since is refused.
//
// The user of the address must be allowed to create roles, or the roles must be there with the user in both.
func Migrate(ctx context.Context, url string) ([]string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("the database cannot be reached: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	const lock = 0x636c6963 // one migration at a time per database
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", lock); err != nil {
		return nil, err
	}
	if err := roles(ctx, conn); err != nil {
		return nil, fmt.Errorf("the roles %s and %s cannot be set up: %w", OwnerRole, AppRole, err)
	}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var ran []string
	for _, file := range files {
		did, err := migrateOne(ctx, conn, file)
		if err != nil {
			return ran, fmt.Errorf("migration %s: %w", file, err)
		}
		if did {
			ran = append(ran, file)
		}
	}
	return ran, nil
}

// Roles makes the roles that a backup names, in a database that it is to be brought back into.
func Roles(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return roles(ctx, conn)
}

// roles makes the two roles and lets the connected user act as both. Roles belong to the whole server, so two
// databases may be set up at once: the advisory lock of one does not hold back the other, and "exists already"
// is fine.
func roles(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `do $$
declare r text;
begin
  foreach r in array array['`+OwnerRole+`', '`+AppRole+`'] loop
    if not exists (select from pg_roles where rolname = r) then
      begin
        execute format('create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole', r);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    if not pg_has_role(current_user, r, 'member') then
      execute format('grant %I to current_user', r);
    end if;
  end loop;
  execute format('grant create, connect on database %I to `+OwnerRole+`', current_database());
  grant usage, create on schema public to `+OwnerRole+`;
  grant usage on schema public to `+AppRole+`;
end $$`)
	return err
}

func migrateOne(ctx context.Context, conn *pgx.Conn, file string) (bool, error) {
	text, err := migrations.ReadFile(file)
	if err != nil {
		return false, err
	}
	digest := sha256.Sum256(text)
	sum, did := hex.EncodeToString(digest[:]), false
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `set local role `+OwnerRole+`;
			create table if not exists schema_migrations (name text primary key, sha256 text not null, ran_at timestamptz not null default now())`)
		if err != nil {
			return err
		}
		var ran string
		err = tx.QueryRow(ctx, "select coalesce((select sha256 from schema_migrations where name = $1), '')", file).Scan(&ran)
		if err != nil || ran == sum {
			return err
		}
		if ran != "" {
			return fmt.Errorf("it was changed after it ran here; migrations only go forward, in new files")
		}
		if _, err := tx.Exec(ctx, string(text)); err != nil {
			return err
		}
		did = true
		_, err = tx.Exec(ctx, "insert into schema_migrations (name, sha256) values ($1, $2)", file, sum)
		return err
	})
	return did, err
}

// CreateDatabase makes a database on a server when it is not there.
func CreateDatabase(ctx context.Context, url, name string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var there bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42P04" || pg.Code == "23505") { // another command was faster
		return nil
	}
	return err
}

// Empty reports whether nothing was ever put into a database.
func Empty(ctx context.Context, url string) (empty bool, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return false, fmt.Errorf("the database cannot be reached: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = conn.QueryRow(ctx, `select not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\_%')`).Scan(&empty)
	return empty, err
}

// Major is the version of PostgreSQL that answers at an address, such as 16.
func Major(ctx context.Context, url string) (major int, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, fmt.Errorf("the database cannot be reached: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = conn.QueryRow(ctx, "select current_setting('server_version_num')::int / 10000").Scan(&major)
	return major, err
}

// Health is how the database is.
type Health struct {
	Version string
	Bytes   int64
	Durable bool // an acknowledged commit is on disk
}

// Health asks the database how it is.
func (db *DB) Health(ctx context.Context) (Health, error) {
	var h Health
	err := db.pool.QueryRow(ctx, `select current_setting('server_version'), pg_database_size(current_database()),
		current_setting('fsync') = 'on' and current_setting('synchronous_commit') <> 'off'`).Scan(&h.Version, &h.Bytes, &h.Durable)
	return h, err
}

// Tidy brings the planner's figures up to date after much was written at once, and takes a checkpoint.
func Tidy(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, sql := range []string{"vacuum (analyze)", "checkpoint"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
