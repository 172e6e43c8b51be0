package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A drawing becomes a picture of its own: a PNG with the looks of the page in it.
func TestADrawingIsTakenAwayAsAPicture(t *testing.T) {
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	owner.visit("/reports/losses")
	var picture string
	owner.run(chromedp.WaitVisible("button[data-png]"),
		chromedp.Evaluate(`window.taken = new Promise((done) => {
			const url = URL.createObjectURL;
			let made;
			URL.createObjectURL = (blob) => { made = blob; return url.call(URL, blob); };
			HTMLAnchorElement.prototype.click = function () { const r = new FileReader(); r.onload = () => done(this.download + ' ' + r.result); r.readAsDataURL(made); };
		}); document.querySelector('button[data-png]').click(); true`, nil),
		chromedp.Evaluate("window.taken", &picture, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if !strings.HasPrefix(picture, "wastage.png data:image/png;base64,") || len(picture) < 20_000 {
		t.Errorf("the picture is %.60q, %d letters", picture, len(picture))
	}
}
