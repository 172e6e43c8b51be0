package web

import (
	"bytes"
	"net/http"

	"clicarity/internal/flow"
)

// glanced is what a cell of the board says of its job at its stage, when somebody looks at it.
type glanced struct {
	place
	By string // who moved something there last
}

// Moved reports whether anything has come there yet.
func (g glanced) Moved() bool { return g.State.Received+g.State.Found > 0 }

// In is what came, Out what went on.
func (g glanced) In() flow.Quantity { return g.State.Received + g.State.Found }

func (g glanced) Out() flow.Quantity { return g.State.Good }

// glance is the small window of a cell: a part of a page, for the board's script.
func (w *Web) glance(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "")
	j, p, err := w.jobAt(r, who)
	if err != nil {
		return err
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	g := glanced{place: v.place(j, p, r.PathValue("stage"), vendors)}
	names, err := w.DB.Names(r.Context(), who.Org, []flow.ID{g.State.By})
	if err != nil {
		return err
	}
	g.By = names[g.State.By]
	if err := w.nameAssigned(r, v, j); err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := w.pages.ExecuteTemplate(&buf, "page/glance", g); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = rw.Write(buf.Bytes())
	return err
}
