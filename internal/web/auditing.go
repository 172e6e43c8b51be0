package web

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// noteTime is how long noting something beside an answer may take.
const noteTime = 5 * time.Second

// noteWrong notes in each organisation that a sign-in names that it did not open. It does so beside the answer, which must
// not take longer for a sign-in that there is.
func (w *Web) noteWrong(r *http.Request, accounts []postgres.Account) {
	ctx, on := context.WithoutCancel(r.Context()), device(r.UserAgent())
	go func() {
		ctx, cancel := context.WithTimeout(ctx, noteTime)
		defer cancel()
		ctx = postgres.As(ctx, postgres.Actor{Device: on, At: w.Now()})
		for _, a := range accounts {
			if err := w.DB.Audit(ctx, a.Org, postgres.Event{What: postgres.AuditWrong, ID: a.Member.String()}); err != nil {
				w.Log.Error("a failed sign-in could not be noted", "org", a.Org.String(), "error", err)
			}
		}
	}()
}

// noteIn notes that somebody came in: in their name, though nobody was signed in when they asked.
func (w *Web) noteIn(r *http.Request, org flow.ID, s postgres.Session) error {
	as := postgres.As(r.Context(), postgres.Actor{Member: s.Member, Device: s.On, Via: s.Via, At: s.Began})
	return w.DB.Audit(as, org, postgres.Event{What: postgres.AuditSignIn})
}

// noteOut notes that somebody goes.
func (w *Web) noteOut(r *http.Request, who flow.Person) error {
	if who.Member.IsZero() {
		return nil
	}
	return w.DB.Audit(r.Context(), who.Org, postgres.Event{What: postgres.AuditSignOut})
}

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
