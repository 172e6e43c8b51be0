package web

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// certificateUse is what addresses of certificates are signed for. They are for people who can no longer come in: whoever has one
// learns that an organisation was deleted and when, and nothing of whose it was.
const certificateUse = "deletion certificate"

// CertificateLink is the address at which the certificate of an organisation's deletion will be.
func (w *Web) CertificateLink(org flow.ID) string {
	return w.URL + "/certificate/" + w.Keys.Sign(certificateUse, org[:])
}

type certificatePage struct {
	*view
	C      postgres.Closure
	Number flow.ID
	Key    string
}

// Ended reports whether all is deleted.
func (p certificatePage) Ended() bool { return !p.C.Done.IsZero() }

// Begun reports whether the deletion is under way.
func (p certificatePage) Begun() bool { return !p.C.Begun.IsZero() }

// Total is how many records were deleted.
func (p certificatePage) Total() (n int) {
	for _, rows := range p.C.Counts {
		n += int(rows)
	}
	return n
}

// Tables are the tables that had any.
func (p certificatePage) Tables() []string { return slices.Sorted(maps.Keys(p.C.Counts)) }

// Rows is how many a table had.
func (p certificatePage) Rows(table string) int { return int(p.C.Counts[table]) }

// BackupsUntil is the day after which no backup has anything of it.
func (p certificatePage) BackupsUntil() string {
	return p.Date(p.UTCDay(p.C.Done.Add(flow.BackupsFor)))
}

// LogsUntil is the day after which no line of the server's log has its number.
func (p certificatePage) LogsUntil() string { return p.Date(p.UTCDay(p.C.Done.Add(flow.LogsFor))) }

// UTC is a moment as the page writes it: the organisation's own zone went with it.
func (certificatePage) UTC(t time.Time) string { return t.UTC().Format("02-01-2006 15:04") }

// UTCDay is its day.
func (certificatePage) UTCDay(t time.Time) flow.Date { return flow.DateOf(t.UTC()) }

// certificatePage shows how far the deletion of an organisation is, and its certificate in the end.
func (w *Web) certificatePage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p := certificatePage{view: w.view(r, flow.Person{}, "certificate"), Key: w.trailKey().Fingerprint()}
	body, err := w.Keys.Read(certificateUse, r.PathValue("token"))
	if err != nil || len(body) != len(p.Number) {
		return postgres.ErrNotFound
	}
	copy(p.Number[:], body)
	if p.C, err = w.DB.Closure(r.Context(), p.Number); err != nil {
		return err
	}
	if r.FormValue("file") != "" && p.Ended() {
		rw.Header().Set("Content-Type", "application/json")
		rw.Header().Set("Content-Disposition", `attachment; filename="certificate-`+p.Number.String()+`.json"`)
		_, err := io.WriteString(rw, p.C.Certificate)
		return err
	}
	return w.render(rw, http.StatusOK, "certificate", p)
}
