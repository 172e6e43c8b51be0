package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The matrix is one stop for the keyboard, gone through by arrows; a cell tells its story when it has the focus, and Enter
// opens it. A finger gets the same: the first tap tells, the second opens.
func TestTheBoardByKeyboardAndByTouch(t *testing.T) {
	owner := open(t, 1366, 768).signIn(who(t, "owner")).visit("/board")
	owner.until("document.querySelectorAll('.matrix [tabindex=\"0\"]').length === 1")
	press := func(key string) { owner.run(chromedp.KeyEvent(key)) }
	owner.run(chromedp.Focus(".matrix tbody tr:nth-child(1) th a", chromedp.ByQuery))
	press(kb.ArrowRight)
	press(kb.ArrowDown)
	owner.until("document.activeElement.closest('td') === document.querySelector('.matrix tbody tr:nth-child(2) td')")
	owner.until("!document.getElementById('glance').hidden && /Wastage/.test(document.getElementById('glance').innerText)")
	press(kb.Escape)
	owner.until("document.getElementById('glance').hidden")
	press(kb.End)
	owner.until("document.activeElement.closest('td') === document.querySelector('.matrix tbody tr:nth-child(2) td:last-child')")
	press(kb.Home)
	owner.until("document.activeElement.closest('th')?.scope === 'row'")
	press(kb.ArrowUp)
	press(kb.ArrowUp)
	owner.until("document.activeElement.closest('th')?.scope === 'col'")
	owner.until("document.querySelectorAll('.matrix [tabindex=\"0\"]').length === 1")
	owner.eval("document.querySelector('.matrix td.live a').dispatchEvent(new PointerEvent('pointerdown', {pointerType: 'touch', bubbles: true}))")
	owner.eval("document.querySelector('.matrix td.live a').click()")
	owner.until("!document.getElementById('glance').hidden && location.pathname === '/board'")
	owner.eval("document.querySelector('.matrix td.live a').click()")
	owner.until("/\\/jobs\\/.*\\/at\\//.test(location.pathname)")
	owner.visit("/board").run(chromedp.Focus(".matrix tbody tr:nth-child(1) th a", chromedp.ByQuery))
	press(kb.Enter)
	owner.until("location.pathname.startsWith('/jobs/')")
}

// A board open under a filter marks the job that it is not of any more, and keeps the focus where it was.
func TestABoardUnderAFilterStaysRight(t *testing.T) {
	owner := open(t, 1366, 768).signIn(who(t, "owner")).visit("/board")
	waits := owner.eval("[...document.querySelectorAll('.awaiting a')].map(a => a.pathname.split('/')[2]).join()") // the page is fetched anew when one of these goes on
	owner.visit("/board?hold=1")
	card := owner.eval(fmt.Sprintf("(() => { const a = [...document.querySelectorAll('.matrix td.hold a')].find(a => !%q.includes(a.pathname.split('/')[2])); a.id = 'held'; return a.pathname; })()", waits))
	owner.run(chromedp.Focus("#held", chromedp.ByQuery))
	other := open(t, 360, 800).signIn(who(t, "owner")).visit(card)
	other.tap("Resume").until("!document.querySelector('main [value=resume]')")
	owner.until("document.querySelector('.matrix tr.left')?.innerText.includes('no longer fits')")
	owner.until("document.activeElement.closest('tr')?.matches('.left')")
	other.visit(card).tap("Hold").until("document.querySelector('details.sheet[open] input[name=hold_reason]')")
	other.run(chromedp.Click("details[open] input[name=hold_reason]", chromedp.ByQuery), chromedp.Click("details[open] button.primary, details[open] form button[value=hold]", chromedp.ByQuery))
	owner.until("!document.querySelector('.matrix tr.left')")
}
