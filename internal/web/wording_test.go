package web_test

import (
	"net/url"
	"regexp"
	"testing"
)

// An organisation's own words are on every page, in both languages, and never in what people typed.
func TestAnOrganisationsOwnWords(t *testing.T) {
	t.Parallel()
	house := openHouse(t)
	f, other := house.firm("sahyadri"), house.firm("konkan")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.send("/jobs", "process", f.process.ID.String(), "number", "WO-1", "customer", "Job Stage Vendor Traders", "item", "Stage curtain", "quantity", "100", "then", "open").says(200)
	owner.get("/words").says(200, "Call things what your people call them", "Recruitment")
	owner.get("/words?set=engineering").says(200)
	if !regexp.MustCompile(`name="one.en.job" value="work order"`).MatchString(owner.body) {
		t.Error("the words of a trade are not filled in")
	}
	owner.post("/words", url.Values{"version": {"0"}, "one.en.job": {"<b>"}}).says(422, "has marks that a word cannot have")
	set := url.Values{"version": {"0"}, "one.en.job": {"Work order"}, "one.en.stage": {"Department"}, "one.en.vendor": {"Karigar"}, "one.hi.job": {"वर्क ऑर्डर"}}
	owner.post("/words", set).says(200, "Every page says it", "Last changed by Asha Patil")
	owner.post("/words", set).says(409, "Somebody else has changed the words")
	job := f.jobNumbered("WO-1").String()
	stray := regexp.MustCompile(`(?i)\b(jobs?|stages?|vendors?)\b`)
	theirs := regexp.MustCompile(`Job Stage Vendor Traders|Stage curtain|Jobs\b`)
	for _, path := range []string{"/board", "/stages", "/jobs/new", "/jobs/" + job, "/jobs/" + job + "/at/printing", "/vendors", "/processes", "/intake", "/people", "/trace?q=none", "/quality", "/calendars", "/find?q=WO"} {
		owner.get(path).says(200)
		if hit := stray.FindString(theirs.ReplaceAllString(plain(owner.body), "")); hit != "" {
			t.Errorf("%s still says %q: %s", path, hit, around(plain(owner.body), hit))
		}
	}
	owner.get("/jobs/"+job).says(200, "Job Stage Vendor Traders", "Stage curtain", "Copy to a new work order")
	owner.tap(f.jobNumbered("WO-1"), "printing", "report", "good", "1", "wasted", "1").says(422, "Choose the reason of the wastage")
	operator.get("/my").says(200, "My work orders")
	other.ownerBrowser().get("/jobs/new").says(200, "New job")
	operator.get("/words").says(404)
	owner.post("/language", url.Values{"language": {"hi"}, "to": {"/jobs/new"}}).says(200, "नया वर्क ऑर्डर")
}

// around is the text beside a hit, for the reader of a failure.
func around(text, hit string) string {
	at := regexp.MustCompile(regexp.QuoteMeta(hit)).FindStringIndex(text)
	if at == nil {
		return ""
	}
	return text[max(at[0]-60, 0):min(at[1]+60, len(text))]
}
