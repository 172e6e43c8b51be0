package smtp

import (
	"html"
	"net/url"
	"strings"
)

// page is a mail's text for programs that show HTML: its paragraphs, and links where a line is an address. Nothing is
// fetched from anywhere, so nobody learns when it is read.
func page(text string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html><body style="font:16px/1.5 sans-serif;max-width:36em">`)
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		b.WriteString("<p>")
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
	return `<a href="` + safe + `">` + safe + `</a>`
}
