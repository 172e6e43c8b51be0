package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// From any page: a key opens the search, the arrow keys choose, Enter opens; and what a scanner types anywhere opens its job.
func TestSearchByKeyAndByScanner(t *testing.T) {
	t.Parallel()
	p := open(t, 1366, 768).signIn(who(t, "owner"))
	number := p.visit("/find?q=14").eval("document.querySelector('main a.card .number').textContent")
	p.visit("/vendors").run(chromedp.KeyEvent("/"), chromedp.WaitVisible("dialog.quick[open]"))
	p.fill("#quick-q", "carten").until("document.querySelectorAll('#quick-list [role=option]').length > 1")
	p.run(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	p.until("document.activeElement.id === 'quick-q' && document.querySelectorAll('#quick-list [aria-selected=true]').length === 1 && document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).matches('[aria-selected=true]')")
	p.run(chromedp.KeyEvent(kb.Enter))
	p.until("/^\\/jobs\\/[^/]+$/.test(location.pathname)")
	p.visit("/vendors").run(chromedp.Evaluate(`document.body.focus(); for (const key of [...`+"`"+number+"`"+`, 'Enter']) document.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))`, nil))
	p.until("/^\\/jobs\\/[^/]+$/.test(location.pathname)").sees(number)
	p.visit("/stages").run(chromedp.Evaluate(`document.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true, bubbles: true}))`, nil), chromedp.WaitVisible("dialog.quick[open]"), chromedp.KeyEvent(kb.Escape))
	p.until("!document.querySelector('dialog.quick').open")
}

// Jobs are chosen with a range, stay chosen on the next page, and are changed and taken back together.
func TestJobsOfTwoPagesAreChangedTogether(t *testing.T) {
	t.Parallel()
	p := open(t, 1366, 768).signIn(who(t, "owner"))
	p.visit("/board?select=1").run(chromedp.WaitVisible(".bulkbar"))
	p.run(chromedp.Evaluate("{const boxes = document.querySelectorAll('.pick input'); boxes[1].click(); boxes[3].dispatchEvent(new MouseEvent('click', {bubbles: true, shiftKey: true}))}", nil))
	p.until("document.querySelector('[data-count]').textContent.startsWith('3 ')")
	more := p.eval("String(document.querySelector('.pages a[href*=after]') !== null)") == "true"
	want := "3 "
	if more {
		want = "4 "
		p.run(chromedp.Click(".pages a[href*=after]"))
		p.until("location.search.includes('after')")
		p.until("document.querySelector('[data-count]').textContent.startsWith('3 ')").run(chromedp.Evaluate("document.querySelectorAll('.pick input')[0].click()", nil))
	}
	p.until("document.querySelector('[data-count]').textContent.startsWith('" + want + "')")
	p.run(chromedp.Click(".bulkbar .primary"), chromedp.WaitVisible(".bulkform"), chromedp.Click("input[value=due]"), chromedp.WaitVisible("#bulk-due"))
	p.fill("#bulk-due", "14-01-2031").run(chromedp.Click(".bulkform .primary"), chromedp.WaitVisible(".bulkdo"))
	p.sees("→ 14-01-2031").run(chromedp.Click(".bulkdo .primary"), chromedp.WaitVisible("[data-bulk-done]"))
	p.until("document.querySelector('.okay').textContent.includes('" + want[:1] + "') && sessionStorage.getItem('bulk') === null").run(chromedp.Click("form[action='/bulk/undo'] button"))
	p.until("document.querySelector('[data-bulk-done]') && !document.querySelector('form[action=\"/bulk/undo\"]') && document.querySelector('.okay').textContent.includes('" + want[:1] + "')")
}
