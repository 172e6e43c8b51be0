package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// An owner makes a token in the browser; a program comes in with it until it is revoked.
func TestAProgramComesInWithAToken(t *testing.T) {
	t.Parallel()
	langs := []string{"en"} // the owner is everybody's here: others read their pages meanwhile
	if *shots != "" {
		langs = append(langs, "hi")
		if err := os.MkdirAll(*shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []struct {
		name string
		w, h int64
	}{{"phone", 360, 800}, {"desktop", 1366, 768}} {
		p := open(t, size.w, size.h).visit("/sign-in/with")
		p.kept("company", size.name, "en")
		p.signIn(who(t, "owner"))
		for _, lang := range langs {
			p.speak(lang)
			name := fmt.Sprintf("Tally export %s %s", size.name, lang)
			p.visit("/tokens").run(chromedp.Evaluate("document.querySelector('details.sheet').open = true", nil), chromedp.WaitVisible("#name"))
			p.kept("token-new", size.name, lang)
			p.fill("#name", name).run(chromedp.Click(`input[name=all]`), chromedp.Click(`main form .buttons .primary`), chromedp.WaitVisible("#made"))
			p.kept("token-made", size.name, lang)
			token := p.eval("document.querySelector('#made').value")
			if status, text := ask(t, token); status != http.StatusOK || !strings.Contains(text, `"jobs":[{`) {
				t.Errorf("with the token: %d %s", status, text)
			}
			p.visit("/tokens").sees(name)
			p.kept("tokens", size.name, lang)
			if strings.Contains(p.eval("document.documentElement.outerHTML"), token[:12]) {
				t.Error("the token is shown again")
			}
			p.until(fmt.Sprintf("[...document.querySelectorAll('article')].some(a => a.innerText.includes(%q) && setTimeout(() => a.querySelector('button').click(), 0))", name))
			p.until("document.querySelector('.okay')")
			if status, text := ask(t, token); status != http.StatusUnauthorized {
				t.Errorf("after it was revoked: %d %s", status, text)
			}
			p.run(chromedp.Navigate(site.url+"/sign-in-with"), chromedp.WaitVisible("#issuer", chromedp.ByQuery)) // "main" is in its domains too
			p.kept("sign-in-with", size.name, lang)
			p.visit("/board").run(chromedp.WaitVisible(`a[href^="/board/export"]`))
			p.kept("board-export", size.name, lang)
		}
	}
}

// ask asks for jobs as a program does.
func ask(t *testing.T, token string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.url+"/api/v1/jobs?limit=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// kept checks that a page fits its screen, and keeps a picture of it when -shots names a folder.
func (p *page) kept(name, size, lang string) {
	p.t.Helper()
	if fits := p.eval("document.documentElement.scrollWidth <= window.innerWidth"); fits != "true" {
		p.t.Errorf("%s is wider than a %s", name, size)
	}
	if *shots != "" {
		p.picture(name, size, lang)
	}
}
