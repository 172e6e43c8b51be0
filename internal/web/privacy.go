package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/egress"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
	"clicarity/internal/usage"
)

// privacyRoutes are where an owner finds all that has to do with people's data.
func (w *Web) privacyRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /privacy", May: flow.MayGovern, Whole: true, Handler: w.privacyPage},
		{Pattern: "POST /privacy/retention", May: flow.MayGovern, Whole: true, Handler: w.setRetention},
		{Pattern: "POST /privacy/usage", May: flow.MayGovern, Whole: true, Handler: w.setUsage},
		{Pattern: "GET /usage", May: flow.MayGovern, Whole: true, Handler: w.operators(w.usageOver)},
	}
}

// privacyLink leads from the page to something that has a page of its own: Key is its name, Key_says what is there.
type privacyLink struct {
	Path, Key string
	operators bool // in the operator's own organisation only
}

// privacyLinks are in the order in which they are shown.
var privacyLinks = []privacyLink{
	{"/my-data", "rd_my_data", false}, {"/privacy-requests", "rd_desk", false}, {"/support", "support", false}, {"/audit", "audit", false}, {"/security", "security", false},
	{"/letters", "letters", false}, {"/breaches", "breaches", false}, {"/evidence", "evidence", false}, {"/close", "close_company", false},
	{"/usage", "usage", true}, {"/policies", "policies", true}, {newsPath, "news", true}, {enquiriesPath, "enquiries", true},
}

type privacyPage struct {
	*view
	Purposes []purposeRow
	Parties  []partyRow
	Links    []privacyLink
	Usage    []usageWeek
	Counted  bool
	Said     string
	Months   int // for how long words of done jobs are kept, as it is or as it was chosen; 0: always
	Error    string
}

// purposeRow is what something is kept for, in words.
type purposeRow struct{ Purpose, Ground, Seen, Kept string }

// partyRow is somebody outside.
type partyRow struct{ Name, Purpose, Data, Switch, State string }

func (w *Web) privacyPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	months, err := w.DB.Retention(r.Context(), who.Org)
	if err != nil {
		return err
	}
	return w.showPrivacy(rw, r, who, privacyPage{Months: months})
}

func (w *Web) showPrivacy(rw http.ResponseWriter, r *http.Request, who flow.Person, p privacyPage) error {
	p.view = w.view(r, who, "privacy")
	p.Sheets = append(p.Sheets, "privacy.css")
	switch said := r.FormValue("said"); said {
	case "usage_on", "usage_off":
		p.Said = p.T("privacy_" + said)
	case "retention_saved", "retention_kept":
		p.Said = p.T(said)
	}
	p.Purposes = p.purposes()
	ours, err := w.operates(r, who)
	if err != nil {
		return err
	}
	p.Links = slices.DeleteFunc(slices.Clone(privacyLinks), func(l privacyLink) bool { return l.operators && !ours })
	if p.Parties, err = w.parties(r, p.view); err != nil {
		return err
	}
	counts, on, err := w.DB.Usage(r.Context(), who.Org, usageOwnWeeks)
	if err != nil {
		return err
	}
	p.Usage, p.Counted = p.usageWeeks(counts), on
	status := http.StatusOK
	if p.Error != "" {
		status = http.StatusUnprocessableEntity
	}
	return w.render(rw, status, "privacy", p)
}

// retentions are the months that words of done jobs can be kept for; 0: as long as the company is here.
var retentions = []int{0, 6, 12, 18, 24, 36, 60, 96, 120}

// Retentions are the times to choose from, with the one that is chosen.
func (p privacyPage) Retentions() []keeping {
	list := make([]keeping, len(retentions))
	for i, months := range retentions {
		word := p.T("retention_always")
		if months > 0 {
			word = p.T("retention_months", "n", months)
		}
		list[i] = keeping{months, word, months == p.Months}
	}
	return list
}

// keeping is a time to choose.
type keeping struct {
	Months int
	Word   string
	On     bool
}

// setRetention says for how long words of done jobs are kept. What is older goes for good, so it is asked whether they know.
func (w *Web) setRetention(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	months, err := strconv.Atoi(r.PostFormValue("months"))
	wrong := flow.Code("")
	switch {
	case err != nil || !slices.Contains(retentions, months):
		months, wrong = 0, flow.RetentionWrong
	case months > 0 && r.PostFormValue("sure") == "":
		wrong = flow.RetentionUnsure
	}
	if wrong != "" {
		return w.showPrivacy(rw, r, who, privacyPage{Months: months, Error: w.view(r, who, "privacy").T("refusal_" + string(wrong))})
	}
	if err := w.DB.SetRetention(r.Context(), who.Org, months, who.Member); err != nil {
		return err
	}
	said := "retention_saved"
	if months == 0 {
		said = "retention_kept"
	}
	http.Redirect(rw, r, "/privacy?said="+said+"#retention", http.StatusSeeOther)
	return nil
}

// purposes are what the register of personal data says, purpose by purpose.
func (v *view) purposes() []purposeRow {
	var list []purposeRow
	for _, purpose := range privacy.Purposes() {
		var seen, kept []string
		for _, t := range privacy.Register {
			for _, f := range t.Fields {
				if f.Purpose == purpose {
					seen, kept = withWord(seen, v.T("sight_"+string(f.Seen))), withWord(kept, v.T("keep_"+string(f.Kept)))
				}
			}
		}
		list = append(list, purposeRow{v.T("purpose_" + string(purpose)), v.T("ground_" + string(purpose.Ground())), strings.Join(seen, "; "), strings.Join(kept, "; ")})
	}
	return list
}

func withWord(list []string, word string) []string {
	if slices.Contains(list, word) {
		return list
	}
	return append(list, word)
}

// parties are those outside whom the program or a browser can reach, in words, with whether each is switched on where the pages
// know it.
func (w *Web) parties(r *http.Request, v *view) ([]partyRow, error) {
	on, err := w.switchedOn(r, v.Who)
	if err != nil {
		return nil, err
	}
	var list []partyRow
	for _, p := range egress.Register {
		row := partyRow{v.orEnglish("party_"+p.Code, p.Name), v.orEnglish("party_"+p.Code+"_for", p.Purpose), v.orEnglish("party_"+p.Code+"_data", p.Data), v.orEnglish("party_"+p.Code+"_switch", p.Switch), ""}
		if is, known := on[p.Code]; known {
			row.State = "off"
			if is {
				row.State = "on"
			}
		}
		list = append(list, row)
	}
	return list, nil
}

// orEnglish is a phrase, or what the program itself calls something where there is none.
func (v *view) orEnglish(key, english string) string {
	if v.Has(key) {
		return v.T(key)
	}
	return english
}

// switchedOn are the parties of which the pages know whether they are on.
func (w *Web) switchedOn(r *http.Request, who flow.Person) (map[string]bool, error) {
	provider, err := w.DB.IdentityProvider(r.Context(), who.Org)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return nil, err
	}
	return map[string]bool{egress.IdentityProvider.Code: provider.Issuer != "", egress.MailServer.Code: w.Mails,
		egress.Calendly.Code: w.Operator.Calendly != "", egress.CalendlyAPI.Code: w.CalendlyAsked, egress.Analytics.Code: w.Operator.GTM != "", egress.WhatsApp.Code: w.Operator.WhatsApp != ""}, nil
}

const (
	usageOwnWeeks   = 4  // of the organisation's own counts
	usageWeeksShown = 13 // over organisations
)

// usageWeek is what was counted in a week.
type usageWeek struct {
	Week  string
	Parts []usagePart
}

type usagePart struct {
	Name             string
	Organisations, N string
}

func (v *view) usageWeeks(rows []postgres.UsageRow) []usageWeek {
	var list []usageWeek
	var last flow.Date
	for _, u := range rows {
		if len(list) == 0 || u.Week != last {
			list, last = append(list, usageWeek{Week: v.Date(u.Week)}), u.Week
		}
		w := &list[len(list)-1]
		w.Parts = append(w.Parts, usagePart{v.featureName(u.Feature), v.Int(int(u.Organisations)), v.Int(int(u.N))})
	}
	return list
}

func (v *view) featureName(f usage.Feature) string {
	return v.orEnglish("feature_"+string(f), string(f))
}

// setUsage says whether it is counted what the organisation uses.
func (w *Web) setUsage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	do := r.PostFormValue("do")
	if do != "on" && do != "off" { // what is no choice deletes nothing
		return &flow.Refusal{Code: flow.BadCommand}
	}
	on := do == "on"
	if err := w.DB.SetUsage(r.Context(), who.Org, on); err != nil {
		return err
	}
	w.Usage.Take(who.Org) // what was counted before, here, counts no more
	said := "usage_off"
	if on {
		said = "usage_on"
	}
	http.Redirect(rw, r, "/privacy?said="+said+"#usage", http.StatusSeeOther)
	return nil
}

type usagePage struct {
	*view
	Weeks []usageWeek
}

// usageOver shows the operator what five or more organisations did together.
func (w *Web) usageOver(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := usagePage{view: w.view(r, who, "usage")}
	p.Sheets = append(p.Sheets, "privacy.css")
	rows, err := w.DB.UsageOverOrganisations(r.Context(), flow.DateOf(p.Now.In(time.UTC)))
	if err == nil {
		rows, err = w.DB.TellUsage(r.Context(), who.Org, rows)
	}
	if err != nil {
		return err
	}
	p.Weeks = p.usageWeeks(rows)
	p.Weeks = p.Weeks[:min(len(p.Weeks), usageWeeksShown)]
	return w.render(rw, http.StatusOK, "usage", p)
}
