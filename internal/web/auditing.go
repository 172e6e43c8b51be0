package web

import (
	"net/http"
	"regexp"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// noteExport notes that a list goes out as a file. What cannot be noted does not go out.
func (w *Web) noteExport(r *http.Request, who flow.Person, list, id string) error {
	return w.DB.Audit(r.Context(), who.Org, postgres.Event{What: postgres.AuditExport, ID: id, Detail: map[string]string{"list": list}})
}

// watched makes every route note what support asks of it, before it answers: a look that cannot be noted is refused.
func (w *Web) watched(routes []httpd.Route) []httpd.Route {
	for i := range routes {
		rt := &routes[i]
		if rt.May == flow.Anybody { // nothing of an organisation is there
			continue
		}
		answer, names := rt.Handler, pathNames(rt.Pattern)
		rt.Handler = func(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
			if who.Via == flow.ViaSupport && asksSomething(r) {
				if err := w.DB.Audit(r.Context(), who.Org, readOf(r, names)); err != nil {
					return err
				}
			}
			return answer(rw, r, who)
		}
	}
	return routes
}

// asksSomething is false for a feed that only waits for the end of the session.
func asksSomething(r *http.Request) bool { return r.URL.Path != liveFeed || r.URL.RawQuery != "" }

const liveFeed = "/live"

var pathName = regexp.MustCompile(`\{(\w+)\}`)

func pathNames(pattern string) (names []string) {
	for _, m := range pathName.FindAllStringSubmatch(pattern, -1) {
		names = append(names, m[1])
	}
	return names
}

// readOf is a look of support for the audit log: at which route, and at what if it has an id. What was typed, such as the
// words of a search, stays out of it.
func readOf(r *http.Request, names []string) postgres.Event {
	e := postgres.Event{What: postgres.AuditRead, Detail: map[string]string{"path": r.Pattern}}
	var candidates []string
	for _, name := range names {
		candidates = append(candidates, r.PathValue(name))
	}
	for _, name := range []string{"job", "process"} {
		candidates = append(candidates, r.URL.Query().Get(name))
	}
	for _, c := range candidates {
		if id, err := flow.ParseID(c); err == nil {
			e.ID = id.String()
			break
		}
	}
	return e
}
