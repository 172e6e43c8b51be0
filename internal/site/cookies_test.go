package site

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"clicarity/internal/operator"
)

var commandField = regexp.MustCompile(`name="command" value="([^"]+)"`)

func TestTheQuestionAboutCookies(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	a := h.get("/about/")
	banner := strings.Index(a.text, `<section class="cc" role="region" aria-label="Cookie choices"`)
	if banner < 0 || banner > strings.Index(a.text, `<a class="skip"`) {
		t.Error("the question is not the first thing of the page")
	}
	if strings.Contains(a.text, `name="analytics" value="yes" checked`) {
		t.Error("a box is ticked beforehand")
	}
	for lang, says := range map[string]string{"hi": "क्या हम विज़िट गिनें", "mr": "आम्ही भेटी मोजू का", "gu": "અમે મુલાકાત ગણીએ", "ta": "வருகைகளை எண்ணலாமா"} {
		if a := h.get("/about/", "Accept-Language", lang+"-IN,en;q=0.5"); !strings.Contains(a.text, says) {
			t.Errorf("it is not asked in %s", lang)
		}
	}
	command := commandField.FindStringSubmatch(a.text)[1]
	choose := func(choice string, more ...string) answer {
		v := url.Values{"command": {command}, "choice": {choice}, "to": {"/about/security"}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return h.ask(http.MethodPost, "/about/cookies", v)
	}
	for range 2 { // sent twice, noted once
		no := choose("a0")
		c := no.Cookies()
		if no.StatusCode != http.StatusSeeOther || no.Header.Get("Location") != "/about/security" || len(c) != 1 || c[0].Name != "cc" || c[0].Value != "v1.a0" || c[0].MaxAge != 180*24*3600 ||
			c[0].SameSite != http.SameSiteLaxMode {
			t.Fatalf("%d %+v", no.StatusCode, c)
		}
	}
	command = h.site.newID().String()
	if yes := choose("own", "analytics", "yes", "in", "gu"); yes.Cookies()[0].Value != "v1.a1" {
		t.Errorf("%+v", yes.Cookies())
	}
	command = h.site.newID().String()
	if none := choose("own"); none.Cookies()[0].Value != "v1.a0" {
		t.Errorf("%+v", none.Cookies())
	}
	if no, yes, err := h.db.CountSiteConsents(t.Context(), h.org); no != 2 || yes != 1 || err != nil {
		t.Errorf("%d refusals and %d agreements are noted (%v)", no, yes, err)
	}
	if bad := choose("a2"); bad.StatusCode < 400 {
		t.Error(bad.StatusCode)
	}
	for _, away := range []string{"//evil.example", "https://evil.example", "/about/\\evil", "/pulse"} {
		if a := choose("a0", "to", away); a.Header.Get("Location") != "/about/" {
			t.Errorf("it leads to %s", a.Header.Get("Location"))
		}
	}
}

func TestTheChoiceIsKept(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	google := func(a answer) bool {
		return strings.Contains(a.Header.Get("Content-Security-Policy"), "google") || strings.Contains(a.text, `data-choice="a1"`)
	}
	for what, c := range map[string]struct {
		headers       []string
		asked, google bool
	}{
		"no choice":         {nil, true, false},
		"refused":           {[]string{"Cookie", "cc=v1.a0"}, false, false},
		"agreed":            {[]string{"Cookie", "cc=v1.a1"}, false, true},
		"another version":   {[]string{"Cookie", "cc=v0.a1"}, true, false},
		"nonsense":          {[]string{"Cookie", "cc=a1"}, true, false},
		"GPC":               {[]string{"Sec-GPC", "1"}, false, false},
		"DNT":               {[]string{"DNT", "1"}, false, false},
		"GPC and agreement": {[]string{"Sec-GPC", "1", "Cookie", "cc=v1.a1"}, false, false},
	} {
		a := h.get("/about/", c.headers...)
		if strings.Contains(a.text, `class="cc"`) != c.asked || google(a) != c.google {
			t.Errorf("%s: asked %v, google %v", what, strings.Contains(a.text, `class="cc"`), google(a))
		}
		if script := strings.Contains(a.text, "<script"); script == (strings.Contains(what, "GPC") || what == "DNT") {
			t.Errorf("%s: a script is there: %v", what, script)
		}
	}
	yes := h.get("/about/", "Cookie", "cc=v1.a1")
	nonce := regexp.MustCompile(`nonce="([^"]+)"`).FindStringSubmatch(yes.text)
	if nonce == nil || !strings.Contains(yes.Header.Get("Content-Security-Policy"), "script-src 'nonce-"+nonce[1]+"' 'strict-dynamic'") || len(nonce[1]) < 22 {
		t.Error(yes.Header.Get("Content-Security-Policy"))
	}
	if again := h.get("/about/", "Cookie", "cc=v1.a1"); strings.Contains(again.text, nonce[1]) {
		t.Error("the nonce is there twice")
	}
	if strings.Contains(yes.Header.Get("Content-Security-Policy"), "unsafe") {
		t.Error("the policy allows what is unsafe")
	}
}

func TestWithoutAContainerThereIsNothingToChoose(t *testing.T) {
	t.Parallel()
	h := openHouse(t, operator.Operator{Organisation: "clicarity", Name: "Clicarity"})
	if a := h.get("/about/cookies", "Cookie", "cc=v1.a1"); strings.Contains(a.text, "<script") || strings.Contains(a.text, "<form class=\"card ccform\"") || !strings.Contains(a.text, "nothing to choose") {
		t.Error("there is something to choose")
	}
	if a := h.ask(http.MethodPost, "/about/cookies", url.Values{"command": {h.site.newID().String()}, "choice": {"a1"}}); a.StatusCode < 400 || len(a.Cookies()) > 0 {
		t.Error(a.StatusCode)
	}
}

func FuzzReadChoice(f *testing.F) {
	f.Add("v1.a0")
	f.Add("v1.a1")
	f.Fuzz(func(t *testing.T, value string) {
		if got := readChoice(value); got != "" && value != "v1."+got {
			t.Errorf("%q is the choice %s", value, got)
		}
	})
}
