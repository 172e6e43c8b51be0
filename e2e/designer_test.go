package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Stages are put in order by drag, upwards and down to the last place, and by keyboard; the draft keeps the order.
func TestStagesMoveByDragAndByKeyboard(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	owner.visit("/processes").run(chromedp.Evaluate("document.querySelector('details.sheet').open = true", nil))
	owner.fill("#text", "name: Moving about\nmode: quantity\nprefix: MV\nstages:\n  - name: A\n    phase: One\n  - name: B\n    phase: One\n  - name: C\n    phase: Two\n  - name: D\n    phase: Two\n")
	owner.run(chromedp.Click("details.sheet button.primary, details.sheet .buttons button"), chromedp.WaitVisible("#design"))
	order := func() string {
		return owner.eval("[...document.querySelectorAll('.designstage .stagerow input')].map(i => i.value).join('')")
	}
	drag := func(from, to string) {
		owner.run(chromedp.Evaluate(`(() => {
  const at = name => [...document.querySelectorAll('.designstage')].find(s => s.querySelector('.stagerow input').value === name);
  const fire = (what, on) => on.dispatchEvent(new DragEvent(what, {bubbles: true, cancelable: true, dataTransfer: new DataTransfer()}));
  document.activeElement?.blur();
  fire('dragstart', at('`+from+`')); fire('dragover', at('`+to+`')); fire('drop', at('`+to+`')); fire('dragend', at('`+from+`'));
})()`, nil))
	}
	for _, step := range []struct{ from, to, want string }{{"A", "D", "BCDA"}, {"D", "B", "DBCA"}, {"B", "C", "DCBA"}, {"A", "D", "ADCB"}} {
		if drag(step.from, step.to); order() != step.want {
			t.Fatalf("%s dragged onto %s gives %s, want %s", step.from, step.to, order(), step.want)
		}
	}
	if heads := owner.eval("[...document.querySelectorAll('.phasehead:not([hidden])')].map(h => h.textContent).join(' ')"); heads != "One Two One" {
		t.Errorf("the headings are %s", heads)
	}
	owner.run(chromedp.Evaluate("document.querySelectorAll('.moves button')[0].closest('.designstage').querySelectorAll('.moves button')[1].focus()", nil), chromedp.KeyEvent(kb.Enter))
	if got := order(); got != "DACB" {
		t.Fatalf("moved down by keyboard gives %s", got)
	}
	owner.run(chromedp.KeyEvent(kb.Enter)) // it keeps the focus
	if got := order(); got != "DCAB" {
		t.Fatalf("moved down twice by keyboard gives %s", got)
	}
	owner.run(chromedp.Evaluate("window.before = true", nil), chromedp.Click("#design button[value=save]:not(.hidden)"))
	owner.until("!window.before && document.readyState === 'complete' && document.querySelector('.designstage') !== null").sees("draft")
	if got := order(); got != "DCAB" {
		t.Errorf("the draft has %s", got)
	}
}
