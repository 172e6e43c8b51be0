package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// AddProcess publishes the first version of a process, or the next version of one that exists by id, and ends its
// draft. The version in p must be one above the stored one, else the refusal is published_already; a name that
// another process has is refused as name_twice.
func (db *DB) AddProcess(ctx context.Context, org flow.ID, p flow.Process) error {
	definition, err := json.Marshal(p)
	if err != nil {
		return err
	}
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into processes (org_id, id, name, version) values ($1, $2, $3, $4)
			on conflict (org_id, id) do update set name = excluded.name, version = excluded.version
			where processes.version = excluded.version - 1`, org, p.ID, p.Name, p.Version)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "insert into process_versions (org_id, process_id, version, definition) values ($1, $2, $3, $4)",
			org, p.ID, p.Version, string(definition))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "delete from process_drafts where org_id = $1 and process_id = $2", org, p.ID)
		return err
	})
	switch {
	case unique(err, "process_versions_pkey"):
		return &flow.Refusal{Code: flow.PublishedAlready, Name: p.Name}
	case unique(err, "processes_org_id_name_key"):
		return &flow.Refusal{Code: flow.NameTwice, Name: p.Name}
	}
	return err
}

// Processes are the current versions of an organisation's processes, by name.
func (db *DB) Processes(ctx context.Context, org flow.ID) ([]flow.Process, error) {
	var got []flow.Process
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select v.definition from processes p join process_versions v
			on v.org_id = p.org_id and v.process_id = p.id and v.version = p.version
			where p.org_id = $1 order by p.name limit 500`, org).Query(func(rows pgx.Rows) error {
			var text string
			_, err := pgx.ForEachRow(rows, []any{&text}, func() error {
				var p flow.Process
				if err := json.Unmarshal([]byte(text), &p); err != nil {
					return err
				}
				got = append(got, p)
				return nil
			})
			return err
		})
	})
	return got, err
}

// ProcessByName finds the current version of a process by its exact name.
func (db *DB) ProcessByName(ctx context.Context, org flow.ID, name string) (flow.Process, error) {
	all, err := db.Processes(ctx, org)
	if err != nil {
		return flow.Process{}, err
	}
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
	}
	return flow.Process{}, ErrNotFound
}

// Edition is one version of a process.
func (db *DB) Edition(ctx context.Context, org flow.ID, ed flow.Edition) (flow.Process, error) {
	if p, ok := db.editions.get(editionKey{org, ed}); ok {
		return p, nil
	}
	var p flow.Process
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectEdition, org, ed.Process, ed.Version).QueryRow(func(row pgx.Row) error { return scanProcess(row, &p) })
	})
	if err == nil {
		db.keepEdition(org, p)
	}
	return p, notFound(err)
}

const selectEdition = "select definition from process_versions where org_id = $1 and process_id = $2 and version = $3"

// edition is Edition inside a transaction that is under way.
func (db *DB) edition(ctx context.Context, conn *pgx.Conn, org flow.ID, ed flow.Edition) (flow.Process, error) {
	if p, ok := db.editions.get(editionKey{org, ed}); ok {
		return p, nil
	}
	var p flow.Process
	if err := scanProcess(conn.QueryRow(ctx, selectEdition, org, ed.Process, ed.Version), &p); err != nil {
		return p, notFound(err)
	}
	db.keepEdition(org, p)
	return p, nil
}

func scanProcess(row pgx.Row, p *flow.Process) error {
	var text string
	if err := row.Scan(&text); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), p)
}

// financialYear is the year from April to March in which the moment $3 lies, on the organisation's calendar: 26-27.
const financialYear = `(select to_char(t, 'YY') || '-' || to_char(t + interval '1 year', 'YY') as year from
	(select ($3::timestamptz at time zone timezone) - interval '3 months' as t from organisations where org_id = $1) x)`

// NextNumber is the number the next job of a process's series would get, for a form to show.
func (db *DB) NextNumber(ctx context.Context, org flow.ID, p flow.Process) (string, error) {
	n, year := 1, ""
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		scan := func(row pgx.Row) error { return row.Scan(&n, &year) }
		if p.Yearly {
			b.Queue("select coalesce((select next_number from number_series s where s.org_id = $1 and s.process_id = $2 and s.year = y.year), 1), y.year from "+
				financialYear+" y", org, p.ID, time.Now()).QueryRow(scan)
			return
		}
		b.Queue("select next_number, '' from processes where org_id = $1 and id = $2", org, p.ID).QueryRow(scan)
	})
	return flow.SeriesNumber(p, year, n), notFound(err)
}

// Vendor is an outside party that does a stage.
type Vendor struct {
	ID    flow.ID
	Name  string
	Place string
}

// AddVendor stores a vendor.
func (db *DB) AddVendor(ctx context.Context, org flow.ID, v Vendor) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into vendors (org_id, id, name, place) values ($1, $2, $3, $4)", org, v.ID, v.Name, v.Place)
		return err
	})
}

// Vendors are an organisation's vendors by id, at most a thousand.
func (db *DB) Vendors(ctx context.Context, org flow.ID) (map[flow.ID]Vendor, error) {
	got := map[flow.ID]Vendor{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id, name, place from vendors where org_id = $1 order by name limit 1000", org).Query(func(rows pgx.Rows) error {
			var v Vendor
			_, err := pgx.ForEachRow(rows, []any{&v.ID, &v.Name, &v.Place}, func() error { got[v.ID] = v; return nil })
			return err
		})
	})
	return got, err
}

// IsTaken reports whether an error says that a name or a sign-in is in use already.
func IsTaken(err error) bool {
	return unique(err, "processes_org_id_name_key") || unique(err, "organisations_slug_key") || unique(err, "logins_pkey") || unique(err, "members_pkey") || unique(err, "uploads_pkey") ||
		unique(err, "passkeys_org_id_credential_key") || unique(err, "sites_org_id_name_key") || unique(err, "sites_pkey") || unique(err, "devices_org_id_name_key") || unique(err, "tv_codes_code") || unique(err, "tokens_pkey")
}
