package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// Programs read what a closed organisation has, and change nothing.
func TestProgramsReadWhileClosed(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	p := f.program(everything)
	body := `{"process":"` + f.process.ID.String() + `","number":"A-1","quantity":"10"}`
	if r := p.send(http.MethodPost, "/api/v1/jobs", body); r.status != http.StatusCreated {
		t.Fatalf("while it is open: %d %s", r.status, r.body)
	}
	content := p.bring("/api/v1/jobs/A-1/files", "a drawing", "title", "Die line").is(http.StatusCreated).header.Get("Location")
	if err := f.db.CloseOrganisation(t.Context(), f.org, postgres.Closure{Closing: flow.ClosingAt(flow.At(time.Now())), By: f.owner}); err != nil {
		t.Fatal(err)
	}
	if r := p.send(http.MethodPost, "/api/v1/jobs", strings.Replace(body, "A-1", "A-2", 1)); r.status != http.StatusLocked || !strings.Contains(r.body, `"org_closed"`) {
		t.Errorf("while it is closed: %d %s", r.status, r.body)
	}
	if r := p.bring("/api/v1/jobs/A-1/files", "a drawing"); r.status != http.StatusLocked {
		t.Errorf("a file while it is closed: %d %s", r.status, r.body)
	}
	p.get("/api/v1/jobs/A-1/files").is(http.StatusOK, "Die line")
	p.get(content).is(http.StatusOK, "a drawing")
	if r := p.get("/api/v1/jobs"); r.status != http.StatusOK || !strings.Contains(r.body, "A-1") {
		t.Errorf("reading: %d %s", r.status, r.body)
	}
}
