package letters

import (
	"html"
	"net/url"
	"strings"
)

// Page is a letter for programs that show HTML: its paragraphs, and a link where a line is an address of the web. It is read
// as well without styles, names no colours, so that dark and light are the reader's, and fetches nothing from anywhere, so
// that nobody learns when it is read.
func Page(language, subject, text string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="` + Known(language) + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
		`<meta name="color-scheme" content="light dark"><title>` + html.EscapeString(subject) + `</title></head>` +
		`<body style="margin:0 auto;padding:16px;max-width:36em;font-family:system-ui,Roboto,'Noto Sans',sans-serif;font-size:16px;line-height:1.6;overflow-wrap:anywhere">`)
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		b.WriteString(`<p style="margin:0 0 1em">`)
		for i, line := range strings.Split(strings.TrimSpace(paragraph), "\n") {
			if i > 0 {
				b.WriteString("<br>")
			}
			b.WriteString(shown(line))
		}
		b.WriteString("</p>")
	}
	b.WriteString("</body></html>")
	return b.String()
}

// shown is one line, a link when all of it is an address of the web.
func shown(line string) string {
	safe := html.EscapeString(line)
	u, err := url.Parse(line)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(line, " \t") {
		return safe
	}
	return `<a href="` + safe + `" style="display:inline-block;padding:12px 0">` + safe + `</a>`
}
