package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A newcomer sets up a carton maker step by step: twelve jobs from the company's own sheet are on the board, and an operator
// of the pasted list reports on a phone.
func TestANewCompanySetsItselfUp(t *testing.T) {
	t.Parallel()
	out, err := site.command("org", "add", "nilgiri", "--name", "Nilgiri Cartons", "--owner", "asha@nilgiri.example")
	if err != nil {
		t.Fatal(err, out)
	}
	password := regexp.MustCompile(`the password (\S+)\n`).FindStringSubmatch(out)
	if password == nil {
		t.Fatalf("there is no password in %s", out)
	}
	owner := open(t, 1366, 768)
	owner.signIn(login{Login: "asha@nilgiri.example", Password: password[1]})
	owner.visit("/").sees("What do you make or do?")
	owner.snap("wizard-1")
	owner.fill("#tq", "carton").run(chromedp.Click(".findform button"), chromedp.WaitVisible(".gallery"))
	owner.tap("Mono cartons").sees("Your stages")
	owner.snap("wizard-2")
	owner.run(chromedp.Click(`button[value^="remove"]`))
	owner.until("document.querySelectorAll('.designstage').length < 21")
	owner.fill(".designstage input[name^=stage]", "Artwork in").run(chromedp.Click("button.primary[value=next]"))
	owner.sees("Your job numbers").fill("#prefix", "NC")
	owner.snap("wizard-3")
	owner.run(chromedp.Click("button.primary[value=next]"))
	owner.sees("Your job sheet")
	var sheet strings.Builder
	sheet.WriteString("JC No,Party,Item,Qty,Del. date,Board,GSM\n")
	for i := range 12 {
		fmt.Fprintf(&sheet, "N-%d,Party %d,Tea carton %d g,\"1,%03d\",%d/12/26,%s,%d\n", i+1, i+1, 100+i, i, i+5, []string{"SBS", "FBB"}[i%2], 280+10*(i%3))
	}
	file := filepath.Join(t.TempDir(), "jobs.csv")
	if err := os.WriteFile(file, []byte(sheet.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	owner.run(chromedp.SetUploadFiles("#file", []string{file}), chromedp.Click("form[enctype] button.primary"))
	owner.sees("12 rows")
	owner.snap("wizard-4")
	owner.run(chromedp.Click("button.primary[value=next]"))
	owner.sees("Your people").fill("#people", "Ravi Kadam, 98200 10001, Printing\nSunita Jadhav, 98200 10002, Folding\nMeera Shah, meera@nilgiri.example, owner\nImran Shaikh, 98200 10003, Sheet Cutting\nLakshmi Iyer, 98200 10004, QC\nDeepak Sawant, 98200 10005, Artwork")
	owner.tap("See what becomes of it").sees("Sunita Jadhav")
	owner.snap("wizard-5")
	owner.run(chromedp.Click("button.primary[value=next]"))
	owner.sees("Ready?")
	owner.snap("wizard-6")
	owner.run(chromedp.Click("button.primary[value=next]"))
	owner.sees("12 jobs are on the board").sees("Lakshmi Iyer")
	owner.snap("wizard-7")
	word := owner.eval(`[...document.querySelectorAll('.slips tr')].find(r => r.innerText.includes('Deepak')).lastElementChild.innerText`)
	owner.tap("Open the board").sees("N-12").sees("What next")
	phone := open(t, 360, 800).signIn(login{Login: "98200 10005", Password: word})
	phone.visit("/my").sees("N-1")
	phone.run(chromedp.Click("main a.card"), chromedp.WaitVisible(".stagecard"))
	phone.run(chromedp.Click("button[value=start]"))
	phone.until("location.search.includes('said')")
	phone.run(chromedp.Click("button[value=done]"))
	phone.sees("→")
	owner.visit("/board").sees("N-12")
}

// snap takes pictures of a page at both sizes and in both languages, when there is a folder for them.
func (p *page) snap(name string) {
	p.t.Helper()
	if *shots == "" {
		return
	}
	for _, size := range []struct {
		name string
		w, h int64
	}{{"phone", 360, 800}, {"desktop", 1366, 768}} {
		p.run(chromedp.EmulateViewport(size.w, size.h))
		p.picture(name, size.name, "en")
	}
}
