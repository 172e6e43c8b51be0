package blueprint

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"

	"clicarity/internal/flow"
)

// lineOf is where in a file that can be read the thing is that a refusal is about: what it names or quotes, within its
// stage when it says which, else the stage, else where the stages begin.
func lineOf(text []byte, r *flow.Refusal) int {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil || len(doc.Content) == 0 {
		return 1
	}
	root, line := doc.Content[0], 0
	whole := root
	for _, s := range under(root, "stages") {
		for i := 0; i+1 < len(s.Content); i += 2 {
			if key := s.Content[i].Value; r.Stage != "" && (key == "name" || key == "code") && s.Content[i+1].Value == r.Stage {
				line, whole = s.Content[i+1].Line, s
			}
		}
	}
	if r.Stage != "" && line == 0 { // as people would call it, not as it is written
		whole = nil
	}
	if at := said(whole, r); at > 0 {
		return at
	}
	if list := under(root, "stages"); line == 0 && len(list) > 0 {
		line = list[0].Line
	}
	return cmp.Or(line, root.Line)
}

// said is the last line under a node with what a refusal quotes or names, as a value or as a key: of things that are there
// twice the second is one too many. Zero when it is nowhere.
func said(n *yaml.Node, r *flow.Refusal) int {
	for _, what := range []string{r.Value, r.Name} {
		if lines := linesOf(n, what); what != "" && len(lines) > 0 {
			return slices.Max(lines)
		}
	}
	return 0
}

func linesOf(n *yaml.Node, what string) (lines []int) {
	switch {
	case n == nil:
	case n.Kind == yaml.ScalarNode && n.Value == what:
		lines = append(lines, n.Line)
	default:
		for _, c := range n.Content { // an alias has none of its own: what is marked & is looked at once
			lines = append(lines, linesOf(c, what)...)
		}
	}
	return lines
}

// under are the items of a list in a mapping.
func under(n *yaml.Node, key string) []*yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1].Content
		}
	}
	return nil
}
