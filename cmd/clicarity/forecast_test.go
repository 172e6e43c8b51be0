package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/worker"
)

const productionLog = "../../../shared/data/production-log.csv"

// At a real plant, of the dates that the stored models called 85% about so many were met.
func TestStoredForecastsOfARealPlant(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(productionLog); err != nil {
		t.Skip("the real production log is not beside this checkout: ../shared/data/production-log.csv")
	}
	s := givenDatabase(t)
	mapping := filepath.Join(t.TempDir(), "map.json")
	text := `{"process":"Machining","mode":"quantity","job":"job","stage":"activity","started":"started_at","completed":"completed_at","member":"worker",
		"station":"machine","good":"qty_completed","wasted":"qty_rejected","rework":"rework","review":"qty_for_mrb","fields":{"quantity":"order_qty","item":"part"}}`
	if err := os.WriteFile(mapping, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.prints("set up", "org", "add", "plant", "--name", "Plant", "--owner", "a@b.example")
	s.prints("225 jobs", "import", "history", "--org", "plant", "--map", mapping, productionLog)
	db := pgtest.Open(t, s.env["DATABASE_URL"])
	org, err := db.OrganisationBySlug(t.Context(), "plant")
	if err != nil {
		t.Fatal(err)
	}
	w := worker.Worker{DB: db, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: func() time.Time { return time.Date(2012, 4, 2, 20, 0, 0, 0, time.UTC) }}
	w.Night(t.Context())
	sum := monthsOf(t.Context(), t, db, org.ID)
	if share := sum.Met85 / sum.Dates85; sum.Dates85 < 100 || share < 0.78 || share > 0.92 {
		t.Errorf("of %.0f dates called 85%% %.3f were met", sum.Dates85, share)
	}
	t.Logf("50%%: %.3f of %.0f; 85%%: %.3f of %.0f", sum.Met50/sum.Dates50, sum.Dates50, sum.Met85/sum.Dates85, sum.Dates85)
}

// monthsOf is what became of all dates of an organisation's processes.
func monthsOf(ctx context.Context, t *testing.T, db *postgres.DB, org flow.ID) (sum postgres.ForecastDay) {
	t.Helper()
	processes, err := db.Processes(ctx, org)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range processes {
		months, err := db.ForecastMonths(ctx, org, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range months {
			t.Logf("%+v", m)
			sum.Dates50, sum.Met50 = sum.Dates50+m.Dates50, sum.Met50+m.Met50
			sum.Dates85, sum.Met85 = sum.Dates85+m.Dates85, sum.Met85+m.Met85
		}
	}
	return sum
}
