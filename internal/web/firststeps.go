package web

import (
	"net/http"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

const (
	firstStepsCookie = "first_steps"
	firstStepsFor    = 30 * 24 * time.Hour // after setting up
)

// firstSteps are what a company that has just set itself up still has to do, nil when it is done, old or sent away.
func (w *Web) firstSteps(r *http.Request, who flow.Person) (*postgres.FirstSteps, error) {
	if _, err := r.Cookie(firstStepsCookie); err == nil {
		return nil, nil //nolint:nilnil // nothing to show
	}
	f, recent, err := w.DB.FirstSteps(r.Context(), who.Org, w.Now().Add(-firstStepsFor))
	if err != nil || !recent || f.Job && f.Update && f.Phone {
		return nil, err
	}
	return &f, nil
}

// firstStepsSeen sends the card away on this device.
func (w *Web) firstStepsSeen(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	http.SetCookie(rw, &http.Cookie{Name: firstStepsCookie, Value: "seen", Path: "/", MaxAge: int((2 * firstStepsFor).Seconds()),
		HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(rw, r, "/board", http.StatusSeeOther)
	return nil
}
