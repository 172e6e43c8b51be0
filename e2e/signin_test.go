package e2e

import (
	"context"
	"encoding/base32"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"clicarity/internal/factors"
)

// company is a company of its own, with its owner's log-in.
func company(t *testing.T, slug, name string) login {
	t.Helper()
	out, err := site.command("org", "add", slug, "--name", name, "--owner", "asha@"+slug+".example")
	if err != nil {
		t.Fatal(err, out)
	}
	password := regexp.MustCompile(`the password (\S+)\n`).FindStringSubmatch(out)
	if password == nil {
		t.Fatalf("there is no password in %s", out)
	}
	return login{Login: "asha@" + slug + ".example", Password: password[1]}
}

// named is the site by its name: passkeys belong to a name, not to an address.
func named() string { return strings.Replace(site.url, "127.0.0.1", "localhost", 1) }

// enter gives the log-in and the password.
func (p *page) enter(url string, l login) *page {
	p.t.Helper()
	p.run(chromedp.Navigate(url+"/sign-in"), chromedp.SendKeys("#login", l.Login), chromedp.SendKeys("#password", l.Password),
		chromedp.Click(".front .form button.primary"))
	return p
}

// An authenticator app is set up from the account page, on a phone, and asked for at the next log-in; a recovery code
// stands in for it.
func TestAnAuthenticatorAppFromSetUpToLogIn(t *testing.T) {
	t.Parallel()
	asha := company(t, "vindhya", "Vindhya Packaging")
	p := open(t, 360, 800).signIn(asha)
	p.visit("/account").sees("handed to you").snap("signin-account")
	p.tap("Set up a second step").until("document.querySelector('.qr') !== null").snap("signin-set-up")
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(p.eval("document.querySelector('.seed').innerText"), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	p.fill("#code", "000000").tap("Add the app").sees("That code is not right")
	p.fill("#code", factors.Code(seed, time.Now())).tap("Add the app").sees("Write these codes down").snap("signin-codes")
	recovery := p.eval("document.querySelector('.codes li').innerText")
	p.tap("I have kept them").sees("10 left").tap("Log out").until("location.pathname === '/sign-in'")
	p.enter(site.url, asha).until("location.pathname === '/second-factor'").snap("signin-second")
	p.visit("/board").until("location.pathname === '/second-factor'")
	p.fill("#code", "123456").tap("Continue").sees("That code is not right")
	p.fill("#code", factors.Code(seed, time.Now().Add(30*time.Second))).tap("Continue").until("document.querySelector('.rail') !== null")

	other := open(t, 1366, 768).enter(site.url, asha).until("location.pathname === '/second-factor'")
	other.fill("#code", recovery).tap("Continue").until("document.querySelector('.rail') !== null")
	other.visit("/account").sees("9 left").sees("Log out everywhere else").snap("signin-account-app")
	other.tap("Log out everywhere else").sees("Logged out everywhere else")
	p.visit("/account").until("location.pathname === '/sign-in'")
	other.visit("/security").snap("signin-security")
	other.tap("Owner").tap("Save").sees("It holds from now on").sees("1 of 1 have one")
}

// A passkey is added and then lets its owner in alone, and as the second step. Chromium has a virtual one.
func TestAPasskeyFromSetUpToLogIn(t *testing.T) {
	t.Parallel()
	asha := company(t, "aravalli", "Aravalli Foils")
	p := open(t, 1366, 768, webauthn.Enable(), chromedp.ActionFunc(addVirtualKey))
	p.enter(named(), asha).until("document.querySelector('.rail, main') !== null && location.pathname !== '/sign-in'")
	p.run(chromedp.Navigate(named() + "/account/factor"))
	p.fill("#name", "Office computer").tap("Add a passkey").sees("Write these codes down")
	p.tap("I have kept them").sees("Passkey: Office computer").snap("signin-account-passkey")
	p.tap("Log out").until("location.pathname === '/sign-in'").snap("signin-front")
	p.tap("Log in with a passkey").until("document.querySelector('.rail') !== null")
	p.run(chromedp.Navigate(named() + "/account"))
	p.sees("used today").tap("Log out").until("location.pathname === '/sign-in'")
	p.enter(named(), asha).until("location.pathname === '/second-factor'").snap("signin-second-passkey")
	p.tap("Use your passkey").until("document.querySelector('.rail') !== null")
	// At the bare address there is no name that the passkey could belong to: nothing can be shown, and the page says so.
	p.enter(site.url, asha).until("location.pathname === '/second-factor'").tap("Use your passkey").sees("The passkey was not used")
}

// addVirtualKey gives the browser a key that is always touched and always knows its owner.
func addVirtualKey(ctx context.Context) error {
	_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21,
		Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}).Do(ctx)
	return err
}
