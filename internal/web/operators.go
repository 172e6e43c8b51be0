package web

import (
	"net/http"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
)

// operators makes a page one of the operator's own organisation: for everybody else it is not there.
func (w *Web) operators(answer httpd.Handler) httpd.Handler {
	return func(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
		ours, err := w.operates(r, who)
		if err != nil {
			return err
		}
		if !ours {
			return httpd.Status(http.StatusNotFound)
		}
		return answer(rw, r, who)
	}
}

// operates reports whether somebody is in the organisation of whoever runs the service.
func (w *Web) operates(r *http.Request, who flow.Person) (bool, error) {
	if w.Operator.Organisation == "" {
		return false, nil
	}
	o, err := w.DB.Organisation(r.Context(), who.Org)
	return err == nil && o.Slug == w.Operator.Organisation, err
}
