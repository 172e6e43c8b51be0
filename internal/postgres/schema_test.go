package postgres_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

var update = flag.Bool("update", false, "write the golden schema dump anew")

var noise = regexp.MustCompile(`(?m)^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\.*)\n`)

// The schema that the migrations make is the one in schema.sql: a change to it is seen in review.
func TestSchemaIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	dump := exec.CommandContext(t.Context(), filepath.Join(pgtest.BinDir(t), "pg_dump"), "--schema-only", "--dbname", pgtest.URL(t))
	out, err := dump.Output()
	if err != nil {
		t.Fatal(err)
	}
	if major := pgtest.Version(t); major != 15 {
		t.Skipf("the golden dump is written by PostgreSQL 15, this is %d", major)
	}
	got := noise.ReplaceAllString(string(out), "")
	got = regexp.MustCompile(`\n{3,}`).ReplaceAllString(got, "\n\n")
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o644); err != nil { //nolint:gosec // a source file
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(got) != strings.TrimSpace(string(want)) {
		t.Error("the migrations make another schema than schema.sql; look at the difference after go test ./internal/postgres -run Golden -update")
	}
}

// Every table belongs to an organisation: its primary key and its foreign keys begin with org_id, it is under forced
// row-level security, and the application's role owns nothing.
func TestEveryKeyLeadsWithTheOrganisation(t *testing.T) {
	t.Parallel()
	conn := pgtest.Owner(t, pgtest.URL(t))
	for sql, what := range map[string]string{
		`select conrelid::regclass || ': ' || conname from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'f')
			and conrelid::regclass::text <> 'schema_migrations' and (select attname from pg_attribute where attrelid = conrelid and attnum = conkey[1]) <> 'org_id'`: "keys that do not lead with org_id",
		`select conrelid::regclass || ': ' || conname from pg_constraint where connamespace = 'public'::regnamespace and contype = 'f'
			and (select attname from pg_attribute where attrelid = confrelid and attnum = confkey[1]) <> 'org_id'`: "foreign keys to something else than org_id first",
		`select relname from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'
			and not exists (select from pg_constraint where conrelid = c.oid and contype = 'p')`: "tables without a primary key",
		`select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'
			and not (relrowsecurity and relforcerowsecurity)`: "tables without forced row-level security",
		`select relname from pg_class where relowner = '` + postgres.AppRole + `'::regrole`:                                                                        "things the application's role owns",
		`select rolname from pg_roles where rolname in ('` + postgres.AppRole + `', '` + postgres.OwnerRole + `') and (rolsuper or rolbypassrls or rolcreaterole)`: "roles that can get past row-level security",
		`select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relowner <> '` + postgres.OwnerRole + `'::regrole`:         "tables of another owner",
	} {
		rows, err := conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range got {
			t.Errorf("%s: %s", what, name)
		}
	}
}

func TestMigratingAgainDoesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	ran, err := postgres.Migrate(t.Context(), url)
	if err != nil || len(ran) != 0 {
		t.Errorf("ran %v, %v", ran, err)
	}
	conn := pgtest.Owner(t, url)
	if _, err := conn.Exec(t.Context(), "update schema_migrations set sha256 = 'other'"); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Migrate(t.Context(), url); err == nil || !strings.Contains(err.Error(), "changed after it ran") {
		t.Errorf("a changed migration: %v", err)
	}
}
