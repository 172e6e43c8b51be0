package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "folder to write the screenshots to")

// site is the program, serving the demo factory.
var site struct {
	url    string
	dir    string // its data is in data in it
	logins []login
	// command runs the program beside the server, on the same data.
	command func(args ...string) (string, error)
	// beside is the program on the same data, with more in its environment, to be started.
	beside func(env []string, args ...string) *exec.Cmd
}

type login struct{ Name, Role, Login, Password, Does string }

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := serve(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// serve builds and starts the program as the README does, runs the tests, and stops it.
func serve(m *testing.M) (code int, err error) {
	if browserPath() == "" {
		fmt.Println("e2e: skipped, there is no Chromium; make chromium installs it")
		return 0, nil
	}
	dir, err := os.MkdirTemp("", "clicarity-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil {
		return 1, err
	}
	program := filepath.Join(dir, "clicarity")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/clicarity").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("%w: %s", err, out)
	}
	addr, err := freeAddress()
	if err != nil {
		return 1, err
	}
	who := filepath.Join(dir, "operator.json")
	if err := os.WriteFile(who, []byte(operatorFile), 0o600); err != nil {
		return 1, err
	}
	cmd := exec.Command(program, "serve", "--demo")
	cmd.Env = append(os.Environ(), "CLICARITY_DATA="+filepath.Join(dir, "data"), "CLICARITY_ADDR="+addr, "DATABASE_URL=", "CLICARITY_OPERATOR="+who,
		"CLICARITY_URL=http://"+strings.Replace(addr, "127.0.0.1", "localhost", 1)) // passkeys belong to a name
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	site.url, site.dir = "http://"+addr, dir
	site.beside = func(env []string, args ...string) *exec.Cmd {
		beside := exec.Command(program, args...)
		beside.Env = slices.Concat(cmd.Env, env)
		return beside
	}
	site.command = func(args ...string) (string, error) {
		out, err := site.beside(nil, args...).CombinedOutput()
		return string(out), err
	}
	err = ready(site.url)
	if err == nil {
		err = readLogins(filepath.Join(dir, "data", "demo-logins.json"))
	}
	if err != nil {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		return 1, fmt.Errorf("%w\n%s", err, log.String())
	}
	code = m.Run()
	if err := stopMailing(); err != nil {
		return 1, err
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 1, err
	}
	return code, cmd.Wait()
}

// operatorFile is who runs the service: the demo factory itself. Nothing of another host is ever reached.
const operatorFile = `{"organisation": "demo", "name": "Clicarity", "address": "Andheri East, Mumbai 400069", "email": "hello@clicarity.example", "whatsapp": "+919000000000",
	"grievance": {"name": "Meera Joshi", "email": "privacy@clicarity.example"}, "calendly": "https://calendly.com/clicarity-example/demo", "gtm": "GTM-ABC123"}`

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// ready waits until a server answers.
func ready(url string) error {
	for range 1200 {
		if r, err := http.Get(url + "/health"); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the program does not answer")
}

func readLogins(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var made struct{ Logins []login }
	err = json.Unmarshal(text, &made)
	site.logins = made.Logins
	return err
}

func browserPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// who is a log-in of the demo factory: the first owner, or an operator who works at a stage.
func who(t *testing.T, does string) login {
	t.Helper()
	for _, l := range site.logins {
		if (does == "owner" && l.Role == "owner") || (does != "owner" && strings.Contains(l.Does, does)) {
			return l
		}
	}
	t.Fatalf("nobody does %q", does)
	return login{}
}

// page is a browser of its own, of a size.
type page struct {
	t   *testing.T
	ctx context.Context
	url string // of the server that it visits
}

func open(t *testing.T, width, height int64, more ...chromedp.Action) *page {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browserPath()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "en"), chromedp.WindowSize(int(width), int(height)))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel2 := chromedp.NewContext(alloc)
	ctx, cancel3 := context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(func() { cancel3(); cancel2(); cancel() })
	p := &page{t, ctx, site.url}
	mobile := width < 600
	p.run(emulation.SetDeviceMetricsOverride(width, height, 1, mobile))
	p.run(more...)
	return p
}

func (p *page) run(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		var where, text string
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), 5*time.Second)
		defer cancel()
		_ = chromedp.Run(ctx, chromedp.Location(&where), chromedp.Text("body", &text, chromedp.ByQuery))
		p.t.Fatalf("%v at %s:\n%s", err, where, text)
	}
}

func (p *page) signIn(l login) *page {
	p.t.Helper()
	p.run(chromedp.Navigate(p.url+"/sign-in"), chromedp.SendKeys("#login", l.Login), chromedp.SendKeys("#password", l.Password),
		chromedp.Click(".front .form button.primary"), chromedp.WaitVisible(".rail"))
	return p
}

func (p *page) visit(path string) *page {
	p.t.Helper()
	p.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		for range 3 { // a page that is just being left may take the next one with it
			if err = chromedp.Navigate(p.url + path).Do(ctx); err == nil || !strings.Contains(err.Error(), "net::ERR_ABORTED") {
				break
			}
		}
		return err
	}), chromedp.WaitVisible("main", chromedp.ByQuery))
	return p
}

// sees waits until the page says something.
func (p *page) sees(text string) *page {
	p.t.Helper()
	return p.until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// tap clicks the first visible thing with the text, as soon as there is one.
func (p *page) tap(text string) *page {
	p.t.Helper()
	return p.until(fmt.Sprintf(`(() => { const find = () => [...document.querySelectorAll('main a, main button, main summary, .toast button, .rail a, main label')]
			.find(e => e.innerText.replace(/\s+/g, ' ').includes(%q) && e.offsetParent !== null);
		const hit = find(); if (!hit) return false;
		setTimeout(() => (hit.isConnected ? hit : find() || hit).click(), 0); return true; })()`, text))
}

// until asks until the answer is true. A page that is just being left cannot answer; the next one will.
func (p *page) until(js string) *page {
	p.t.Helper()
	for end := time.Now().Add(45 * time.Second); time.Now().Before(end) && p.ctx.Err() == nil; time.Sleep(30 * time.Millisecond) {
		var yes bool
		if err := chromedp.Run(p.ctx, chromedp.Evaluate("Boolean("+js+")", &yes)); err == nil && yes {
			return p
		}
	}
	p.run(chromedp.ActionFunc(func(context.Context) error { return fmt.Errorf("never true: %s", js) }))
	return p
}

func (p *page) fill(selector, text string) *page {
	p.t.Helper()
	p.run(chromedp.WaitVisible(selector), chromedp.SetValue(selector, text), chromedp.Evaluate(
		fmt.Sprintf("document.querySelector(%q).dispatchEvent(new Event('input', {bubbles: true}))", selector), nil))
	return p
}

func (p *page) eval(js string) string {
	p.t.Helper()
	var out string
	p.run(chromedp.Evaluate("String("+js+")", &out))
	return out
}
