package web

import (
	"net/http"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// unsubscribeUse is what the tokens of links that end letters are signed for.
const unsubscribeUse = "unsubscribe"

// Unsubscribe is the address that ends news to somebody with one request, without a session. It is good for ever: whoever has
// the letter can end such letters to the one who got it, and nothing else.
func Unsubscribe(url string, k *keys.Keys, org, subject flow.ID) string {
	return url + "/unsubscribe/" + k.Sign(unsubscribeUse, append(append([]byte{}, org[:]...), subject[:]...))
}

// UnsubscribeLink is that address here.
func (w *Web) UnsubscribeLink(org, subject flow.ID) string {
	return Unsubscribe(w.URL, w.Keys, org, subject)
}

// unsubscribing is whom a token is about.
func (w *Web) unsubscribing(r *http.Request) (org, subject flow.ID, err error) {
	body, err := w.Keys.Read(unsubscribeUse, r.PathValue("token"))
	if err != nil || len(body) != len(org)+len(subject) {
		return org, subject, postgres.ErrNotFound
	}
	copy(org[:], body)
	copy(subject[:], body[len(org):])
	return org, subject, nil
}

type unsubscribePage struct {
	*view
	Done bool
}

// unsubscribePage asks once more: programs that look at the links of mails end nothing.
func (w *Web) unsubscribePage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	if _, _, err := w.unsubscribing(r); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "unsubscribe", unsubscribePage{view: w.view(r, flow.Person{}, "unsubscribe")})
}

// unsubscribe records that somebody takes back that they wanted news. Mail programs ask for it with one request (RFC 8058).
func (w *Web) unsubscribe(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	org, subject, err := w.unsubscribing(r)
	if err != nil {
		return err
	}
	v := w.view(r, flow.Person{}, "unsubscribe")
	c := postgres.Consent{Subject: subject, Version: letters.NoticeVersion, Language: v.Lang, At: w.Now(), How: postgres.ByOneClick}
	if err := w.DB.EndNews(r.Context(), org, c); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "unsubscribe", unsubscribePage{view: v, Done: true})
}
