package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// newsRoutes are what owners of whoever runs the service tell people who agreed to it.
func (w *Web) newsRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /news", May: flow.MayGovern, Whole: true, Handler: w.operators(w.newsList)},
		{Pattern: "GET /news/new", May: flow.MayGovern, Whole: true, Handler: w.operators(w.newPiece)},
		{Pattern: "GET /news/{news}", May: flow.MayGovern, Whole: true, Handler: w.operators(w.newsPiece)},
		{Pattern: "POST /news/{news}", May: flow.MayGovern, Whole: true, MaxBody: maxNewsForm, Handler: w.operators(w.saveNews)},
		{Pattern: "GET /news/{news}/mail", May: flow.MayGovern, Whole: true, Handler: w.operators(w.newsMail)},
		{Pattern: "POST /news/{news}/test", May: flow.MayGovern, Whole: true, Handler: w.operators(w.testNews)},
		{Pattern: "GET /news/{news}/send", May: flow.MayGovern, Whole: true, Handler: w.operators(w.askNews)},
		{Pattern: "POST /news/{news}/send", May: flow.MayGovern, Whole: true, Handler: w.operators(w.sendNews)},
		{Pattern: "POST /news/{news}/discard", May: flow.MayGovern, Whole: true, Handler: w.operators(w.discardNews)},
	}
}

const (
	newsPath       = "/news"
	maxNewsSubject = 120
	maxNewsText    = 10_000
	maxNewsForm    = 1 << 20 // five languages of such a text, as a form writes them
)

// newsRow is a piece of news in the list.
type newsRow struct {
	postgres.NewsPiece
	Subject   string
	Languages string
	By        string // who wrote it last, or sent it
}

type newsListPage struct {
	*view
	Drafts, Sent []newsRow
	Mails        bool
	Said         string
}

// newsWalk is how far a piece came, as the pages show it.
type newsWalk struct {
	*view
	Walk postgres.Walk
}

// Walked is a walk with the words it is shown in.
func (v *view) Walked(w postgres.Walk) newsWalk { return newsWalk{v, w} }

// newsList shows the drafts, and what became of what was sent.
func (w *Web) newsList(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := newsListPage{view: w.view(r, who, "news"), Mails: w.Mails}
	if r.FormValue("said") == "discarded" {
		p.Said = p.T("news_discarded")
	}
	list, err := w.DB.News(r.Context(), who.Org)
	if err != nil {
		return err
	}
	var ids []flow.ID
	for _, n := range list {
		ids = append(ids, n.By, n.SentBy)
	}
	names, err := w.DB.Names(r.Context(), who.Org, ids)
	if err != nil {
		return err
	}
	for _, n := range list {
		row := newsRow{n, n.Texts[n.First].Subject, languageNames(n), names[n.By]}
		if n.Sent.IsZero() {
			p.Drafts = append(p.Drafts, row)
			continue
		}
		row.By = names[n.SentBy]
		p.Sent = append(p.Sent, row)
	}
	p.Sheets = append(p.Sheets, "privacy.css")
	return w.render(rw, http.StatusOK, "news", p)
}

// languageNames are the languages that a piece is written in, the first first.
func languageNames(n postgres.NewsPiece) string {
	var first, others []string
	for _, l := range letters.Languages() {
		if _, ok := n.Texts[l.Code]; ok && l.Code == n.First {
			first = []string{l.Name}
		} else if ok {
			others = append(others, l.Name)
		}
	}
	return strings.Join(append(first, others...), ", ")
}

// newsField is one language of the form.
type newsField struct {
	letters.Language
	postgres.NewsText
	Open bool // it is written, or has to be
}

// newsShown is a piece of news in a language as its mail says it.
type newsShown struct {
	letters.Language
	letters.Text
}

type newsPage struct {
	*view
	Piece  postgres.NewsPiece
	Fields []newsField
	Shown  []newsShown // as it is kept
	Own    string      // address of the reader, where one mail can go to see it
	By     string
	Mails  bool
	Error  string
	Said   string
	People int // who would get it
	Others int // who agreed and have no address
}

// newPiece is an empty form. Its id is made with it, so that saving twice makes one piece.
func (w *Web) newPiece(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := newsPage{view: w.view(r, who, "news_new"), Piece: postgres.NewsPiece{ID: w.newID()}}
	p.Piece.First = letters.Known(p.Lang)
	return w.showNews(rw, p, http.StatusOK)
}

// newsPiece is the form of a draft, or what was sent and what became of it.
func (w *Web) newsPiece(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.newsOf(r, who)
	if err != nil {
		return err
	}
	switch said := r.FormValue("said"); said {
	case "saved", "test", "sent":
		p.Said = p.T("news_said_" + said)
	}
	return w.showNews(rw, p, http.StatusOK)
}

// newsOf is the page of the piece in the path, as it is kept.
func (w *Web) newsOf(r *http.Request, who flow.Person) (p newsPage, err error) {
	id, err := pathID(r, "news")
	if err != nil {
		return p, err
	}
	p = newsPage{view: w.view(r, who, ""), Mails: w.Mails}
	if p.Piece, err = w.DB.NewsPiece(r.Context(), who.Org, id); err != nil {
		return p, err
	}
	if _, p.Own, err = w.DB.Heads(r.Context(), who.Org, who.Member); err != nil {
		return p, err
	}
	by := p.Piece.By
	if !p.Piece.Sent.IsZero() {
		by = p.Piece.SentBy
	}
	names, err := w.DB.Names(r.Context(), who.Org, []flow.ID{by})
	p.By = names[by]
	p.Title = p.Piece.Texts[p.Piece.First].Subject
	p.Shown = w.newsMails(p.Piece, who)
	return p, err
}

// newsMails are the mails of a piece, one for each of its languages, as the reader would get them.
func (w *Web) newsMails(n postgres.NewsPiece, who flow.Person) []newsShown {
	var list []newsShown
	for _, l := range letters.Languages() {
		if t, ok := n.Texts[l.Code]; ok {
			list = append(list, newsShown{l, letters.Write(l.Code, w.newsLetter(t, who))})
		}
	}
	return list
}

func (w *Web) newsLetter(t postgres.NewsText, who flow.Person) letters.News {
	return letters.News{Subject: t.Subject, Text: t.Text, Unsubscribe: w.UnsubscribeLink(who.Org, who.Member)}
}

func (w *Web) showNews(rw http.ResponseWriter, p newsPage, status int) error {
	for _, l := range letters.Languages() {
		t, written := p.Piece.Texts[l.Code]
		p.Fields = append(p.Fields, newsField{l, t, written || l.Code == p.Piece.First})
	}
	p.Sheets = append(p.Sheets, "privacy.css")
	return w.render(rw, status, "newspiece", p)
}

// saveNews keeps a draft.
func (w *Web) saveNews(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "news")
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil || letters.Known(r.PostForm.Get("first")) != r.PostForm.Get("first") {
		return &flow.Refusal{Code: flow.BadCommand} // the page does not offer it
	}
	p, err := w.newsOf(r, who)
	if errors.Is(err, postgres.ErrNotFound) { // the first time
		p, err = newsPage{view: w.view(r, who, "news_new"), Mails: w.Mails}, nil
	}
	if err != nil {
		return err
	}
	written, wrong := readNews(r.PostForm)
	written.ID, written.By = id, who.Member
	if wrong.Why != "" {
		says := p.T(wrong.Why, "language", wrong.Language.Name, "subject", p.Int(maxNewsSubject), "text", p.Int(maxNewsText))
		return w.notSaved(rw, p, written, says, http.StatusUnprocessableEntity)
	}
	err = w.DB.SaveNews(r.Context(), who.Org, written, w.Now())
	if errors.Is(err, postgres.ErrNotFound) { // whoever reads that and saves again does so from what is kept now
		written.Edition = p.Piece.Edition
		return w.notSaved(rw, p, written, p.T("news_faster"), http.StatusConflict)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, newsPath+"/"+id.String()+"?said=saved", http.StatusSeeOther)
	return nil
}

// notSaved shows the form with what was typed, and why it is not kept. What was sent stays as it is.
func (w *Web) notSaved(rw http.ResponseWriter, p newsPage, written postgres.NewsPiece, says string, status int) error {
	p.Error = says
	if p.Piece.Sent.IsZero() {
		written.Changed = p.Piece.Changed
		p.Piece = written
	}
	return w.showNews(rw, p, status)
}

// newsFault is what is wrong with what was written, in which language; the zero one is nothing.
type newsFault struct {
	Why      string
	Language letters.Language
}

// What can be wrong.
const (
	newsNoFirst = "news_no_first" // nothing is written in the main language
	newsHalf    = "news_half"     // a subject without a text, or a text without a subject
	newsLong    = "news_long"
)

// readNews reads the form: what was written in each language, and the first thing that is wrong with it.
func readNews(form url.Values) (n postgres.NewsPiece, wrong newsFault) {
	n.First, n.Texts = letters.Known(form.Get("first")), map[string]postgres.NewsText{}
	n.Edition, _ = strconv.Atoi(form.Get("edition")) //nolint:errcheck // what is no number is no edition
	for _, l := range letters.Languages() {
		t := postgres.NewsText{Subject: clean(form.Get("subject_" + l.Code)), Text: lines(form.Get("text_" + l.Code))}
		if t != (postgres.NewsText{}) {
			n.Texts[l.Code] = t
		}
		if why := newsAmiss(t, l.Code == n.First); why != "" && wrong.Why == "" {
			wrong = newsFault{why, l}
		}
	}
	return n, wrong
}

// newsAmiss says why a text in one language cannot be kept, empty for nothing.
func newsAmiss(t postgres.NewsText, first bool) string {
	switch {
	case t == (postgres.NewsText{}) && first:
		return newsNoFirst
	case (t.Subject == "") != (t.Text == ""):
		return newsHalf
	case utf8.RuneCountInString(t.Subject) > maxNewsSubject, utf8.RuneCountInString(t.Text) > maxNewsText:
		return newsLong
	}
	return ""
}

// newsMail is the mail of a piece in a language, as programs show it that show HTML.
func (w *Web) newsMail(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.newsOf(r, who)
	if err != nil {
		return err
	}
	language, t := p.Piece.In(r.FormValue("in"))
	mail := letters.Write(language, w.newsLetter(t, who))
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox") // a mail has its styles in it, and nothing else
	_, err = io.WriteString(rw, letters.Page(mail.Language, mail.Subject, mail.Text))
	return err
}

// testNews sends a piece in a language to the owner who asks. Sent again, the same form sends none.
func (w *Web) testNews(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.newsOf(r, who)
	if err != nil {
		return err
	}
	command, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil || p.Own == "" || !w.Mails {
		return &flow.Refusal{Code: flow.BadCommand} // the page does not offer it
	}
	language, t := p.Piece.In(r.PostFormValue("in"))
	if err := w.DB.QueueMail(r.Context(), who.Org, postgres.NewMail(p.Own, language, "test "+command.String(), w.newsLetter(t, who), w.Now())); err != nil {
		return err
	}
	http.Redirect(rw, r, newsPath+"/"+p.Piece.ID.String()+"?said=test", http.StatusSeeOther)
	return nil
}

// askNews shows to how many people a piece would go, and what they would get, before it goes.
func (w *Web) askNews(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.newsOf(r, who)
	if err != nil {
		return err
	}
	if !p.Piece.Sent.IsZero() {
		http.Redirect(rw, r, newsPath+"/"+p.Piece.ID.String(), http.StatusSeeOther)
		return nil
	}
	p.People, p.Others, err = w.DB.CountNewsReaders(r.Context())
	if err != nil {
		return err
	}
	p.Sheets = append(p.Sheets, "privacy.css")
	return w.render(rw, http.StatusOK, "newssend", p)
}

// sendNews sends what was looked at.
func (w *Web) sendNews(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.newsOf(r, who)
	if err != nil {
		return err
	}
	edition, err := strconv.Atoi(r.PostFormValue("edition"))
	if err != nil || !w.Mails {
		return &flow.Refusal{Code: flow.BadCommand} // the page does not offer it
	}
	err = w.DB.SendNews(r.Context(), who.Org, p.Piece.ID, edition, who.Member, w.Now())
	if errors.Is(err, postgres.ErrNotFound) && !p.Piece.Sent.IsZero() && p.Piece.Edition == edition { // the button was tapped twice
		err = nil
	}
	if errors.Is(err, postgres.ErrNotFound) {
		p.Error = p.T("news_faster")
		return w.showNews(rw, p, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, newsPath+"/"+p.Piece.ID.String()+"?said=sent", http.StatusSeeOther)
	return nil
}

// discardNews throws a draft away.
func (w *Web) discardNews(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.newsOf(r, who)
	if err != nil {
		return err
	}
	if !p.Piece.Sent.IsZero() {
		p.Error = p.T("news_faster")
		return w.showNews(rw, p, http.StatusConflict)
	}
	if err := w.DB.DiscardNews(r.Context(), who.Org, p.Piece.ID); err != nil {
		return err
	}
	http.Redirect(rw, r, newsPath+"?said=discarded", http.StatusSeeOther)
	return nil
}
