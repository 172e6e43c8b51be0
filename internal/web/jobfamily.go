package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
)

// relative is a component or a lot of a job: where it is, what it has lost, and whether the job waits for it.
type relative struct {
	*view
	Job     flow.Job
	Name    string
	Part    *flow.Part
	Live    []place
	Wasted  flow.Quantity
	HoldsUp bool // it is not in, and others of its joining stage are
}

// family adds the components and lots that the reader may see, and the job they belong to.
func (w *Web) family(r *http.Request, p *jobPage) error {
	j := p.Job
	if parent := cmp.Or(j.Parent, j.LotOf); !parent.IsZero() {
		of, err := w.DB.Job(r.Context(), p.Who.Org, parent)
		if err != nil {
			return err
		}
		if p.Who.Scope.Sees(of) {
			p.Parent = &flow.JobRef{ID: of.ID, Number: of.Number}
		}
	}
	if len(j.Parts) == 0 && j.Lots == 0 {
		return nil
	}
	jobs, err := w.DB.Family(r.Context(), p.Who.Org, j.ID)
	if err != nil {
		return err
	}
	var also []string
	if jobs, err = w.readable(r, p.Who, jobs); err != nil {
		return err
	}
	for _, child := range jobs {
		rel := relative{view: p.view, Job: child, Wasted: child.Wasted()}
		proc, err := w.DB.Edition(r.Context(), p.Who.Org, flow.Edition{Process: child.Process, Version: child.Version})
		if err != nil {
			return err
		}
		for _, s := range child.Stages {
			if s.Live() {
				rel.Live = append(rel.Live, p.place(child, proc, s.Code, p.Vendors))
			}
		}
		for i, part := range j.Parts {
			if part.Job == child.ID {
				rel.Name, rel.Part, rel.HoldsUp = p.Process.PartName(part), &j.Parts[i], part.In == 0 && othersIn(j, part)
			}
		}
		p.Family = append(p.Family, rel)
		also = append(also, child.ID.String())
	}
	p.Feed += "&also=" + strings.Join(also[:min(len(also), maxRows)], ",")
	return nil
}

// othersIn reports whether another component of a part's joining stage has arrived.
func othersIn(j flow.Job, part flow.Part) bool {
	return slices.ContainsFunc(j.Parts, func(o flow.Part) bool { return o.Joins == part.Joins && o.In != 0 })
}
