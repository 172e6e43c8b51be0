package web

import (
	"net/http"
	"net/url"
	"unicode/utf8"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// Figures person by person are off. An owner turns them on by saying what for; the purpose is in the audit log and stands on
// the page. Until then there is no such page for anybody.

const minPurpose, maxPurpose = 15, 500

// personal is the report by person, for those who lead people.
var personal = report{"people", (*Web).peopleReport, true}

// showsPeople reports whether there is a report by person for somebody, and its purpose.
func (w *Web) showsPeople(r *http.Request, who flow.Person) (purpose string, err error) {
	if !who.May(flow.MayPeople) {
		return "", nil
	}
	return w.DB.PersonFigures(r.Context(), who.Org)
}

func (w *Web) peopleReport(r *http.Request, p *reportPage) error {
	list, since, err := p.figures.Reported(r.Context(), p.Asked.Cut)
	if err != nil {
		return err
	}
	p.Says = p.T("rep_people_says", "purpose", p.Purpose)
	f := reportFigure{ID: "people", Title: p.Title, Table: reportTable{Head: []string{p.T("rep_person"), p.T("rep_people_reports"), p.T("rep_people_jobs"), p.T("rep_kpi_rejection_all")}}}
	for _, s := range list {
		wasted := measure.Share{N: s.Reports}
		if all := s.Good + s.Wasted; all > 0 && s.Reports >= measure.Enough {
			share := float64(s.Wasted) / float64(all)
			wasted.Share = &share
		}
		behind := p.behind(measure.OfReports, "person", s.Member.String())
		f.Table.Rows = append(f.Table.Rows, reportRow{Name: s.Name, Cells: []reportCell{p.countCell(s.Reports, behind), p.countCell(s.Jobs, behind), p.shareCell(wasted, behind)}})
	}
	if len(list) == 0 {
		f.Empty = p.T("rep_nothing")
	}
	if since != 0 {
		f.Table.More = p.T("rep_people_since", "at", p.When(since))
	}
	p.add(f)
	return nil
}

// setPersonFigures records the purpose of figures person by person, or takes it back.
func (w *Web) setPersonFigures(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	purpose := clean(r.PostFormValue("purpose"))
	if r.PostFormValue("do") == "off" {
		purpose = ""
	} else if n := utf8.RuneCountInString(purpose); n < minPurpose || n > maxPurpose {
		p, err := w.securityOf(r, who)
		if err != nil {
			return err
		}
		p.Purpose, p.Error = purpose, p.T("rep_purpose_short", "n", minPurpose, "most", maxPurpose)
		return w.render(rw, http.StatusUnprocessableEntity, "security", p)
	}
	if err := w.DB.SetPersonFigures(r.Context(), who.Org, purpose); err != nil {
		return err
	}
	http.Redirect(rw, r, "/security?"+url.Values{"said": {"saved"}}.Encode(), http.StatusSeeOther)
	return nil
}
