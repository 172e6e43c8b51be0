package web

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/policies"
	"clicarity/internal/postgres"
)

// note is something that a member is told on every page until they put it away.
type note struct {
	Topic string // such as "privacy 3"; empty: it goes when its page has been read
	Says  string
	Link  string
	Does  string // what the link says
}

// notes remembers what there is to tell, and to whom nothing is left to be told, so that a page costs nothing for it.
type notes struct {
	mu     sync.Mutex
	looked time.Time
	topics []postgres.Policy
	told   map[string]bool // members, with the topics there were
}

const (
	notesAgain = time.Minute         // how long what there is to tell is taken for granted
	notesFor   = 30 * 24 * time.Hour // how long after it holds a change is told
	notesMost  = 20_000              // members that are remembered
)

func (n *notes) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = nil // rare: everybody is looked at once more
}

// again says that there is something new to tell.
func (n *notes) again() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.looked = time.Time{}
}

// changes are the material ones of policies that are told now.
func (w *Web) changes(r *http.Request) ([]postgres.Policy, error) {
	w.notes.mu.Lock()
	looked, topics := w.notes.looked, w.notes.topics
	w.notes.mu.Unlock()
	now := w.Now()
	if !looked.IsZero() && now.Sub(looked) < notesAgain {
		return topics, nil
	}
	org, err := w.operatorOrg(r)
	if err != nil {
		return nil, err
	}
	topics = nil
	if !org.IsZero() {
		for _, kind := range policies.Kinds() {
			list, err := w.DB.Policies(r.Context(), org, kind)
			if err != nil {
				return nil, err
			}
			for _, p := range list {
				if p.Material && now.Before(p.Effective.Add(notesFor)) {
					topics = append(topics, p)
					break // the newest says it
				}
			}
		}
	}
	w.notes.mu.Lock()
	w.notes.looked, w.notes.topics = now, topics
	w.notes.mu.Unlock()
	return topics, nil
}

// Notes are what the reader has to be told. A page that cannot find out goes without.
func (v *view) Notes() []note {
	if v.request == nil || !v.SignedIn() || v.Who.Via != flow.ViaOwn {
		return nil
	}
	list, err := v.w.notesOf(v.request, v)
	if err != nil && v.request.Context().Err() == nil {
		v.w.Log.Error("it could not be looked up what a member has to be told", "error", err)
	}
	return list
}

func (w *Web) notesOf(r *http.Request, v *view) ([]note, error) {
	changes, err := w.changes(r)
	if err != nil {
		return nil, err
	}
	topics := make([]string, 0, len(changes))
	for _, p := range changes {
		topics = append(topics, p.Key())
	}
	key := fmt.Sprint(v.Who.Org, v.Who.Member, topics)
	w.notes.mu.Lock()
	done := w.notes.told[key]
	w.notes.mu.Unlock()
	if done {
		return nil, nil
	}
	left, read, err := w.DB.Untold(r.Context(), v.Who.Org, v.Who.Member, topics)
	if err != nil {
		return nil, err
	}
	list := v.noteList(changes, left, read)
	if len(list) == 0 {
		w.notes.mu.Lock()
		if w.notes.told == nil || len(w.notes.told) >= notesMost {
			w.notes.told = map[string]bool{}
		}
		w.notes.told[key] = true
		w.notes.mu.Unlock()
	}
	return list, nil
}

func (v *view) noteList(changes []postgres.Policy, left []string, read int) (list []note) {
	notice := "note_notice"
	if read == 0 { // somebody made the account for them
		notice = "note_first"
	}
	if read < letters.NoticeVersion && v.Path != "/account/notice" {
		list = append(list, note{Says: v.T(notice), Link: "/account/notice", Does: v.T("note_read")})
	}
	for _, p := range changes {
		for _, topic := range left {
			if topic == p.Key() {
				list = append(list, note{Topic: topic, Link: v.w.PolicyLink(p.Kind), Does: v.T("note_read"),
					Says: v.T("note_"+p.Kind, "operator", v.w.Operator.Called(), "at", p.Effective.In(v.Zone).Format("02-01-2006"))})
			}
		}
	}
	return list
}

// PolicyLink is where a policy can be read by everybody.
func (w *Web) PolicyLink(kind string) string {
	if w.Operator.Site != "" {
		return w.Operator.Site + "/" + kind
	}
	return w.URL + "/about/" + kind
}

var topicForm = regexp.MustCompile(`^(privacy|terms) [1-9][0-9]{0,5}$`)

// putAway notes that a member has seen a note.
func (w *Web) putAway(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if topic := r.PostFormValue("topic"); topicForm.MatchString(topic) {
		if err := w.DB.PutAway(context.WithoutCancel(r.Context()), who.Org, who.Member, topic, w.Now()); err != nil {
			return err
		}
	}
	http.Redirect(rw, r, localPath(r.PostFormValue("to")), http.StatusSeeOther)
	return nil
}
