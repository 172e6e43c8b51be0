// Package policies is the text of the privacy policy and of the terms of the service: the program's own first version, the
// simple markup all versions are written in, and what changed from one to the next.
package policies

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"strings"
	"time"
)

// The policies there are.
const (
	Privacy = "privacy"
	Terms   = "terms"
)

// Kinds are the policies there are.
func Kinds() []string { return []string{Privacy, Terms} }

// First is the version of the program's own text. What an operator publishes is numbered from the next on.
const First = 1

// Since is the day of the program's own text.
func Since() time.Time { return time.Date(2026, time.November, 26, 0, 0, 0, 0, time.UTC) }

// Names are who runs the service, as the texts name them. Without a name it is Clicarity.
type Names struct{ Operator, Address, Email, ComplaintsName, ComplaintsEmail string }

//go:embed text/*.txt
var files embed.FS

// Default is the program's own text of a policy, empty for a kind that there is not.
func Default(kind string, n Names) string {
	text, err := files.ReadFile("text/" + kind + ".txt")
	if err != nil {
		return ""
	}
	if n.Operator == "" {
		n.Operator = "Clicarity"
	}
	who := n.Operator
	if n.Address != "" {
		who += ", " + n.Address
	}
	contact := "the company whose account you use, which knows how to reach us"
	if n.Email != "" {
		contact = n.Email
	}
	complaints := contact
	if n.ComplaintsEmail != "" {
		complaints = strings.TrimPrefix(n.ComplaintsName+", "+n.ComplaintsEmail, ", ")
	}
	return strings.NewReplacer("{date}", Since().Format("02-01-2006"), "{operator}", n.Operator, "{who}", who, "{contact}", contact, "{complaints}", complaints).Replace(string(text))
}

// MaxBody is the most letters a text has.
const MaxBody = 100_000

// Block is a part of a text: a heading, a paragraph, or a list.
type Block struct {
	Heading bool
	Text    string   // of a heading or a paragraph
	Items   []string // of a list
}

// Blocks reads the markup: a line that begins with "## " is a heading, lines that begin with "- " are a list, and everything
// else is paragraphs, parted by empty lines. There is no mistake in it that would not be shown as text.
func Blocks(body string) []Block {
	var list []Block
	var open *Block // the paragraph or list that the next line may belong to
	for line := range strings.SplitSeq(strings.ReplaceAll(body, "\r\n", "\n"), "\n") {
		line = strings.TrimSpace(line)
		heading, isHeading := strings.CutPrefix(line, "## ")
		item, isItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			open = nil
		case isHeading:
			list, open = append(list, Block{Heading: true, Text: strings.TrimSpace(heading)}), nil
		case isItem:
			if open == nil || open.Items == nil {
				list = append(list, Block{Items: []string{}})
				open = &list[len(list)-1]
			}
			open.Items = append(open.Items, item)
		case open != nil && open.Items == nil:
			open.Text += " " + line
		default:
			list = append(list, Block{Text: line})
			open = &list[len(list)-1]
		}
	}
	return list
}

// HTML is a text as a page shows it, under a heading of the page's own. All that is not markup is text.
func HTML(body string) template.HTML {
	var b strings.Builder
	for _, block := range Blocks(body) {
		switch {
		case block.Heading:
			fmt.Fprintf(&b, "<h2>%s</h2>\n", html.EscapeString(block.Text))
		case block.Items != nil:
			b.WriteString("<ul>")
			for _, item := range block.Items {
				fmt.Fprintf(&b, "<li>%s</li>", html.EscapeString(item))
			}
			b.WriteString("</ul>\n")
		default:
			fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(block.Text))
		}
	}
	return template.HTML(b.String()) //nolint:gosec // every text in it is escaped above
}
