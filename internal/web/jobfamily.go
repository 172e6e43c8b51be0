package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
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
	Link    string
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
	jobs, err := w.kin(r, p)
	if err != nil {
		return err
	}
	var also []string
	for _, child := range jobs {
		rel := relative{view: p.view, Job: child, Wasted: child.Wasted(), Link: p.LinkTo(child.ID)}
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
	if p.Feed != "" {
		p.Feed += "&also=" + strings.Join(also[:min(len(also), maxRows)], ",")
	}
	return nil
}

// LinkTo is the address of another job, as it was at the page's moment.
func (p *jobPage) LinkTo(job flow.ID) string {
	if p.Past != 0 {
		return pastLink(job, p.Past)
	}
	return "/jobs/" + job.String()
}

// kin are the components and lots that the reader may see, as they are or as they were at the page's moment.
func (w *Web) kin(r *http.Request, p *jobPage) ([]flow.Job, error) {
	all, err := w.DB.Family(r.Context(), p.Who.Org, p.Job.ID)
	if err != nil {
		return nil, err
	}
	jobs, err := w.readable(r, p.Who, all)
	p.allKin = len(jobs) == len(all) && len(all) < postgres.MaxFamily
	if err != nil || p.Past == 0 {
		return jobs, err
	}
	ids := make([]flow.ID, len(jobs))
	for i, j := range jobs {
		ids[i] = j.ID
	}
	histories, err := w.DB.Histories(r.Context(), p.Who.Org, ids, maxReplay)
	if err != nil {
		return nil, err
	}
	var then []flow.Job
	for _, now := range jobs {
		known := flow.KnownBy(histories[now.ID], p.Past)
		if len(known) == 0 { // made later
			continue
		}
		j, err := flow.Replay(known)
		if err != nil {
			return nil, err
		}
		reads, err := w.DB.Edition(r.Context(), p.Who.Org, flow.Edition{Process: now.Process, Version: now.Version})
		if err != nil {
			return nil, err
		}
		if j, _, err = w.asItWas(r, p.Who, reads.As(p.Who.Role), j); err != nil {
			return nil, err
		}
		then = append(then, j)
	}
	return then, nil
}

// othersIn reports whether another component of a part's joining stage has arrived.
func othersIn(j flow.Job, part flow.Part) bool {
	return slices.ContainsFunc(j.Parts, func(o flow.Part) bool { return o.Joins == part.Joins && o.In != 0 })
}

// HeldUpBy are the components that the job waits for while others are in.
func (p *jobPage) HeldUpBy() string {
	var names []string
	for _, rel := range p.Family {
		if rel.HoldsUp {
			names = append(names, cmp.Or(rel.Name, rel.Job.Number))
		}
	}
	return strings.Join(names, ", ")
}
