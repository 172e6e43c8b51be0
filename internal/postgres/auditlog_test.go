package postgres_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// Whatever a superuser does to the audit log, past grants, triggers and policies, the checker and verify name it: also when
// the head was set to fit, as long as the log was checked before.
func TestAbuseAuditTampering(t *testing.T) {
	t.Parallel()
	const fit = `; update audit_heads set seq = (select max(seq) from audit), hash = (select hash from audit order by seq desc limit 1)`
	for name, harm := range map[string]struct{ sql, says string }{
		"one byte of an entry":        {`update audit set content = replace(content, 'first', 'f1rst') where content like '%first%'`, "is not what was written"},
		"when it was":                 {`update audit set at = at + interval '1 microsecond' where seq = 5`, "entry 5 of the audit log is listed as something else"},
		"who it was":                  {`update audit set member_id = gen_random_uuid() where seq = 5`, "entry 5 of the audit log is listed as something else"},
		"what it is listed as":        {`update audit set what = 'sign_in' where seq = 5`, "entry 5 of the audit log is listed as something else"},
		"a hash":                      {`update audit set hash = sha256('x') where seq = 3`, "entry 3"},
		"an entry taken out":          {`delete from audit where seq = 3`, "entry 3 of the audit log is missing"},
		"the first taken out":         {`delete from audit where seq = 1`, "entry 1 of the audit log is missing"},
		"two in another order":        {`update audit set seq = case seq when 3 then 1003 when 4 then 1004 end where seq in (3, 4); update audit set seq = case seq when 1003 then 4 else 3 end where seq > 1000`, "entry 3"},
		"the tail cut":                {`delete from audit where seq = (select max(seq) from audit)`, "its newest entries are missing or were replaced"},
		"the tail cut, the head set":  {`delete from audit where seq > (select max(seq) - 2 from audit)` + fit, "its newest entries are missing or were replaced"},
		"all of it gone":              {`delete from audit; update audit_heads set seq = 0, hash = decode(repeat('00', 32), 'hex')`, "its newest entries are missing or were replaced"},
		"the tail written anew":       {`delete from audit where content like '%second%'` + fit + `; select append_audit((select org_id from audit_heads), 'export', 'other', null)`, "its newest entries are missing or were replaced"},
		"a head that goes on":         {`update audit_heads set seq = seq + 1`, "its head says"},
		"a head of other entries":     {`update audit_heads set hash = sha256('x')`, "its head says"},
		"an entry that nobody hashed": {`insert into audit select org_id, seq + 1, now(), null, 'x', '{}', sha256('x') from audit_heads; update audit_heads set seq = seq + 1`, "is not what was written"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			f := openFirm(t, pgtest.Open(t, url), "sahyadri")
			for _, id := range []string{"first", "second"} {
				if err := f.db.Audit(t.Context(), f.org, postgres.Event{What: postgres.AuditExport, ID: id}); err != nil {
					t.Fatal(err)
				}
			}
			f.sound()
			if err := f.db.CheckAudit(t.Context(), f.org); err != nil {
				t.Fatal(err)
			}
			checked, _, err := f.db.FollowerAt(t.Context(), f.org, postgres.AuditChecker)
			if head, headErr := f.db.AuditHead(t.Context(), f.org); err != nil || headErr != nil || checked != head.Seq || checked < 5 {
				t.Fatal(checked, head, err, headErr)
			}
			if _, err := pgtest.Owner(t, url).Exec(t.Context(), "set session_replication_role = replica; "+harm.sql); err != nil {
				t.Fatal(err)
			}
			var fault *postgres.Fault
			if _, err := f.db.Verify(t.Context(), f.org); !errors.As(err, &fault) || !strings.Contains(fault.Says, harm.says) {
				t.Errorf("verify says %v, want something about %q", err, harm.says)
			}
		})
	}
}

// The checker reads on from where it stood: what came since, and that what it saw last is still there.
func TestTheAuditLogIsCheckedAsItGrows(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	add := func() {
		t.Helper()
		if err := f.db.Audit(t.Context(), f.org, postgres.Event{What: postgres.AuditExport}); err != nil {
			t.Fatal(err)
		}
	}
	harm := func(sql string) {
		t.Helper()
		if _, err := pgtest.Owner(t, url).Exec(t.Context(), "set session_replication_role = replica; "+sql); err != nil {
			t.Fatal(err)
		}
	}
	check := func(says string) {
		t.Helper()
		err := f.db.CheckAudit(t.Context(), f.org)
		var fault *postgres.Fault
		if says == "" && err != nil || says != "" && (!errors.As(err, &fault) || !strings.Contains(fault.Says, says)) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	add()
	check("")
	check("")
	add()
	harm("update audit set content = replace(content, 'export', 'import') where seq = (select seq from audit_heads)")
	check("is not what was written")
	harm("update audit set content = replace(content, 'import', 'export') where seq = (select seq from audit_heads)")
	check("")
	harm("delete from audit where seq = (select seq from audit_heads)")
	check("is gone or another")
}

// The application itself cannot change the log, whatever it asks.
func TestTheAuditLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	conn := pgtest.Owner(t, url)
	for _, role := range []string{"set role clicarity_app", "reset role"} {
		if _, err := conn.Exec(t.Context(), role+"; select set_config('app.org', '"+f.org.String()+"', false)"); err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{"update audit set what = 'x'", "delete from audit", "truncate audit"} {
			if _, err := conn.Exec(t.Context(), sql); err == nil {
				t.Errorf("%s, %s", role, sql)
			}
		}
	}
}

// No statement runs what somebody typed as a pattern.
func TestNoStatementRunsTypedPatterns(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(`(?i)(~\*?\s*\$\d|similar\s+to|regexp_\w+\()`)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 30 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if hit := pattern.Find(text); hit != nil && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s: %s", name, hit)
		}
	}
}
