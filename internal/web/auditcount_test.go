package web_test

import (
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/postgres/pgtest"
)

// countAudit counts the entries of a kind in an organisation's audit log.
func countAudit(t *testing.T, h *house, org flow.ID, what string) (n int) {
	t.Helper()
	conn := pgtest.Owner(t, h.database)
	if err := conn.QueryRow(t.Context(), "select count(*) from audit where org_id = $1 and what = $2", org, what).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
