package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// snapshot is a photo as a phone takes it: large, with much detail.
func snapshot(t *testing.T) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 2400, 1800))
	random := rand.New(rand.NewPCG(7, 7))
	for y := range 1800 {
		for x := range 2400 {
			n := uint8(random.Uint32() % 60)
			img.SetRGBA(x, y, color.RGBA{uint8(x/12) + n/2, uint8(y/9) + n/3, 120 + n, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "IMG_2041.jpg")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const inspectedProcess = `name: %s
mode: quantity
unit: boxes
prefix: %s
hold_reasons:
  - no_material
fields:
  - label: PO number
    before: Packing
stages:
  - name: Making
  - name: Final inspection
    inspection: true
    fields:
      - label: Carton
        type: photo
        required: true
      - label: Checked by
        type: signature
        required: true
      - label: Checked
        type: choices
        choices: [Colour, Glue, Count]
  - name: Packing
`

// inspecting makes a process whose inspection asks for a photo and a signature, an operator who inspects, and a job that
// is there. It returns the operator's page and the job's.
func inspecting(t *testing.T, owner *page, name string) (operator *page, job string) {
	t.Helper()
	post := func(path, body string) string {
		return owner.eval(fmt.Sprintf(`(() => { const r = new XMLHttpRequest(); r.open('POST', %q, false); r.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
			r.send(%s); return r.responseURL + '\n' + r.responseText; })()`, path, body))
	}
	made := post("/processes", fmt.Sprintf(`new URLSearchParams({command: crypto.randomUUID(), from: 'file', text: %q})`, fmt.Sprintf(inspectedProcess, name, strings.ToUpper(name[:3]))))
	where, _, _ := strings.Cut(made, "\n")
	process := where[strings.LastIndex(where, "/")+1:]
	address := strings.ToLower(strings.ReplaceAll(name, " ", "")) + "@demo.example"
	people := post("/people", fmt.Sprintf(`new URLSearchParams({list: %q, role: 'operator', at: %q})`, "Sunita Gaikwad, "+address, process+":final-inspection"))
	owner.run(chromedp.Evaluate(fmt.Sprintf("window.answer = new DOMParser().parseFromString(%q, 'text/html')", people), nil))
	password := owner.eval("[...window.answer.querySelectorAll('.okay tr')].find(r => r.innerHTML.includes(" + fmt.Sprintf("%q", address) + ")).cells[2].textContent")
	owner.visit("/jobs/new?process="+process).fill("#item", "Mithai box "+name).fill("#quantity", "500").tap("Create and open").until("document.querySelector('.strip') !== null")
	job = owner.eval("location.pathname")
	owner.visit(job + "/at/making").tap("Done").sees("Undo")
	operator = open(t, 360, 800, emulation.SetTouchEmulationEnabled(true))
	operator.visit("/sign-in").signIn(login{Login: address, Password: password})
	english(operator)
	return operator, job
}

// both is whether the history shows the photo and the signature.
const both = `["Carton", "Checked by"].every(label => [...document.querySelectorAll('.timeline .shot')].some(s => s.innerText.includes(label)))`

// done is the form of the one-tap Done.
const done = `[...document.querySelectorAll('form')].find(f => f.querySelector('button[value=done]'))`

func (p *page) photograph(path string) *page {
	p.t.Helper()
	p.run(chromedp.Evaluate(done+`.querySelector('input[type=file]').id = 'shutter'`, nil), chromedp.SetUploadFiles("#shutter", []string{path}))
	return p.until(done + `.querySelectorAll('.shot img').length > 0`)
}

// draw signs with a finger.
func (p *page) draw() *page {
	p.t.Helper()
	p.run(chromedp.Evaluate(`(() => { const c = `+done+`.querySelector('canvas'); c.scrollIntoView({block: 'center'}); const r = c.getBoundingClientRect();
		const go = (type, x, y) => c.dispatchEvent(new PointerEvent(type, {bubbles: true, cancelable: true, pointerId: 1, pointerType: 'touch', button: type === 'pointermove' ? -1 : 0, clientX: r.left + x, clientY: r.top + y}));
		c.setPointerCapture = () => {}; go('pointerdown', 30, 60); for (let i = 0; i < 40; i++) go('pointermove', 30 + i * 5, 60 + 25 * Math.sin(i / 3)); go('pointerup', 230, 60); })()`, nil))
	return p
}

// An operator photographs and signs at an inspection on a phone; the photo is made small on the phone, and the owner sees
// both on the job's page.
func TestPicturesFromAPhone(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	operator, job := inspecting(t, owner, "Photo boxes")
	operator.visit(job + "/at/final-inspection").photograph(snapshot(t))
	shot(operator, "card-taken")
	operator.draw()
	shot(operator, "card-signed")
	if size := operator.eval("getComputedStyle(document.querySelector('.take')).height"); size < "56px" {
		t.Errorf("the button for photos is %s high", size)
	}
	if wide := operator.eval("document.documentElement.scrollWidth"); wide != "360" {
		t.Errorf("the card is %s wide", wide)
	}
	operator.tap("✓ Done").sees("500 boxes → Packing")
	owner.visit(job).until(both)
	owner.until("[...document.querySelectorAll('.timeline .shot img')].filter(i => i.naturalWidth > 100).length === 2")
	shot(owner, "job")
	owner.tap("Carton").until("document.images.length === 1 && document.images[0].naturalWidth === 1600")
	shot(owner, "photo")
}

// Without network the photo, the signature and the report stay on the phone, through a closed page, and go out once when
// there is network.
func TestPicturesWaitForTheNetwork(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	operator, job := inspecting(t, owner, "Offline boxes")
	operator.visit(job + "/at/final-inspection").photograph(snapshot(t)).draw()
	operator.run(network.Enable(), network.EmulateNetworkConditions(true, 0, 0, 0))
	operator.tap("✓ Done").sees("Saved on this phone. It is sent as soon as there is network").sees("waiting for the network: 1")
	shot(operator, "kept")
	time.Sleep(300 * time.Millisecond)
	owner.visit(job + "/at/final-inspection").sees("Ready")
	operator.run(network.EmulateNetworkConditions(false, 0, -1, -1), chromedp.Navigate("about:blank"))
	operator.visit("/my").until("document.querySelector('[data-kept]').hidden && localStorage.getItem('kept') === null")
	owner.visit(job).sees("500 boxes").until(both)
	if n := owner.eval("document.querySelectorAll('.timeline .shot').length + '/' + document.querySelectorAll('.timeline .reported').length"); n != "2/2" {
		t.Errorf("the history has %s pictures and reports", n)
	}
}

// What the server refuses later stays on the phone with the reason, until the person sends it again or removes it.
func TestPicturesThatAreRefusedLater(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	operator, job := inspecting(t, owner, "Refused boxes")
	operator.visit(job + "/at/final-inspection").photograph(snapshot(t)).draw()
	operator.run(network.Enable(), network.EmulateNetworkConditions(true, 0, 0, 0))
	operator.tap("✓ Done").sees("waiting for the network: 1")
	owner.visit(job + "/at/final-inspection").run(chromedp.Evaluate(`(() => { const sheet = document.querySelector('[name=hold_reason]').closest('details');
		sheet.open = true; sheet.querySelector('[name=hold_reason]').click(); sheet.querySelector('button[value=hold]').click(); })()`, nil))
	owner.sees("Undo")
	operator.run(network.EmulateNetworkConditions(false, 0, -1, -1))
	operator.visit("/my").until("document.querySelector('[data-kept] button') !== null").sees("on hold")
	shot(operator, "refused")
	owner.visit(job + "/at/final-inspection").tap("Resume").sees("Ready")
	operator.run(chromedp.Evaluate("document.querySelector('[data-kept] button').click()", nil))
	operator.until("document.querySelector('[data-kept]').hidden")
	owner.visit(job).until(both)
}

// shot keeps a picture of a screen when -shots names a folder.
func shot(p *page, name string) {
	p.t.Helper()
	if *shots != "" {
		p.picture(name, "pictures", "en")
	}
}
