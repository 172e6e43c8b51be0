package httpd

import (
	"net/http"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/usage"
)

// Used makes routes count that they were answered well, for the organisation as a whole. Support is not counted: it is not the
// organisation that uses anything then.
func Used(routes []Route, c *usage.Counter, now func() time.Time) []Route {
	for i := range routes {
		feature, answer := usage.Of(routes[i].Pattern), routes[i].Handler
		if feature == "" || c == nil {
			continue
		}
		routes[i].Handler = func(w http.ResponseWriter, r *http.Request, who flow.Person) error {
			err := answer(w, r, who)
			if err == nil && who.Via != flow.ViaSupport {
				c.Count(who.Org, feature, now())
			}
			return err
		}
	}
	return routes
}
