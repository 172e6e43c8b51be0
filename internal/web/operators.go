package web

import (
	"errors"
	"net/http"
	"sync"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// ownHouse remembers which organisation is the operator's own.
type ownHouse struct {
	mu sync.Mutex
	id flow.ID
}

// is reports whether an organisation is known to be the operator's own.
func (h *ownHouse) is(org flow.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !org.IsZero() && h.id == org
}

// operatorOrg is the organisation of whoever runs the service, zero when there is none.
func (w *Web) operatorOrg(r *http.Request) (flow.ID, error) {
	w.ownHouse.mu.Lock()
	defer w.ownHouse.mu.Unlock()
	if w.Operator.Organisation == "" || !w.ownHouse.id.IsZero() {
		return w.ownHouse.id, nil
	}
	o, err := w.DB.OrganisationBySlug(r.Context(), w.Operator.Organisation)
	if errors.Is(err, postgres.ErrNotFound) { // named in the file and not made yet
		return flow.ID{}, nil
	}
	w.ownHouse.id = o.ID
	return o.ID, err
}

// operates reports whether somebody is in the organisation of whoever runs the service.
func (w *Web) operates(r *http.Request, who flow.Person) (bool, error) {
	org, err := w.operatorOrg(r)
	return !org.IsZero() && who.Org == org, err
}

// operators are pages of the operator's organisation. For everybody else there are none.
func (w *Web) operators(next httpd.Handler) httpd.Handler {
	return func(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
		ours, err := w.operates(r, who)
		if err != nil {
			return err
		}
		if !ours {
			return errNotYours
		}
		return next(rw, r, who)
	}
}
