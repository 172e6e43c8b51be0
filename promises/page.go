package main

import (
	"fmt"
	"slices"
	"strings"

	"clicarity/internal/egress"
	"clicarity/internal/privacy"
)

// page is docs/privacy.md: the clauses with links to code and tests, the register, and the outside parties.
func page(where map[string]string) string {
	var b strings.Builder
	b.WriteString("# Privacy, as software\n\nWhat the privacy policy says, sentence by sentence, what the software does about it, and the tests that show it. `make privacy` runs\n" +
		"them all and prints what holds; it fails on a gap. This page is made by `go run ./promises -write`; a test compares it.\n\n" +
		"| | the policy says | the software does | in | shown by |\n|---|---|---|---|---|\n")
	for _, c := range clauses {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", c.Number, c.Says, c.Does, links(c.Code, func(p string) (string, string) { return p[strings.LastIndex(p, "/")+1:], p }),
			links(c.Tests, func(name string) (string, string) { return "`" + name + "`", where[name] }))
	}
	b.WriteString("\n## What is stored about people\n\nFrom the register, `internal/privacy/register.go`, which names every column of every table. Tables that are not here say nothing about a person.\n\n" +
		"| table | column | what for | ground | who sees it | kept | how its person gets it | erased |\n|---|---|---|---|---|---|---|---|\n")
	for _, t := range privacy.Register {
		for _, f := range t.Fields {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", t.Name, f.Column, f.Purpose, f.Purpose.Ground(), f.Seen, f.Kept, f.Export, f.Erase)
		}
	}
	b.WriteString("\n## Whom the program can reach\n\nFrom `internal/egress/register.go`. Each is off until it is configured; nobody else is reached.\n\n" +
		"| who | how | what for | what they get to know | switched on by |\n|---|---|---|---|---|\n")
	for _, p := range egress.Register {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", p.Name, p.Way, p.Purpose, p.Data, p.Switch)
	}
	fmt.Fprintf(&b, "\nNever sent to any of them but the operator's own servers: %s.\n", strings.Join(slices.Sorted(slices.Values(egress.Never)), ", "))
	return b.String()
}

// links are some things as links of the page, which is in docs/.
func links(list []string, link func(string) (text, path string)) string {
	var parts []string
	for _, item := range list {
		text, path := link(item)
		parts = append(parts, fmt.Sprintf("[%s](../%s)", text, path))
	}
	if len(parts) == 0 {
		return "not yet"
	}
	return strings.Join(parts, ", ")
}
