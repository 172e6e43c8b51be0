package policies

import "strings"

// Op is what became of a piece of text.
type Op string

// What becomes of text.
const (
	Same    Op = "same"
	Added   Op = "added"
	Removed Op = "removed"
)

// Piece is a run of words of a line, with what became of it.
type Piece struct {
	Op   Op
	Text string
}

// Line is a line of the old or the new text, or of both: a line in which some words changed has pieces of several kinds.
type Line struct {
	Op     Op // Same also when only some of its pieces are
	Pieces []Piece
}

// Changed reports whether anything of a line is new or gone.
func (l Line) Changed() bool {
	for _, p := range l.Pieces {
		if p.Op != Same {
			return true
		}
	}
	return false
}

// Diff is how one text became another: line by line, and word by word where a line stands in the place of another.
func Diff(before, after string) []Line {
	var lines []Line
	var gone, come []string
	flush := func() {
		for len(gone) > 0 && len(come) > 0 && alike(gone[0], come[0]) {
			lines = append(lines, Line{Same, words(gone[0], come[0])})
			gone, come = gone[1:], come[1:]
		}
		for _, g := range gone {
			lines = append(lines, Line{Removed, []Piece{{Removed, g}}})
		}
		for _, c := range come {
			lines = append(lines, Line{Added, []Piece{{Added, c}}})
		}
		gone, come = nil, nil
	}
	walk(split(before), split(after), func(op Op, text string) {
		switch op {
		case Removed:
			gone = append(gone, text)
		case Added:
			come = append(come, text)
		case Same:
			flush()
			lines = append(lines, Line{Same, []Piece{{Same, text}}})
		}
	})
	flush()
	return lines
}

// split is the lines of a text that say something.
func split(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// alike reports whether a line is another with changes rather than another line: a third of the words are still there.
func alike(a, b string) bool {
	same, all := 0, 0
	for _, p := range words(a, b) {
		n := len(strings.Fields(p.Text))
		if all += n; p.Op == Same {
			same += n
		}
	}
	return 3*same >= all
}

// words is how one line became another.
func words(a, b string) []Piece {
	var list []Piece
	walk(strings.Fields(a), strings.Fields(b), func(op Op, text string) {
		if n := len(list); n > 0 && list[n-1].Op == op {
			list[n-1].Text += " " + text
			return
		}
		list = append(list, Piece{op, text})
	})
	return list
}

// mostCells bounds the work of one comparison. What differs by more is all gone and all new.
const mostCells = 1 << 21

// walk says what becomes of each part on the shortest way from a to b.
func walk(a, b []string, say func(Op, string)) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		say(Same, a[0])
		a, b = a[1:], b[1:]
	}
	end := 0
	for end < len(a) && end < len(b) && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	tail := a[len(a)-end:]
	a, b = a[:len(a)-end], b[:len(b)-end]
	left := longest(a, b)
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case left != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			say(Same, a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && (left == nil || left[i+1][j] >= left[i][j+1]):
			say(Removed, a[i])
			i++
		default:
			say(Added, b[j])
			j++
		}
	}
	for _, t := range tail {
		say(Same, t)
	}
}

// longest is how many parts the rests of a and b have in common, from each place on; nil when that is too much to find out.
func longest(a, b []string) [][]int32 {
	if (len(a)+1)*(len(b)+1) > mostCells {
		return nil
	}
	left := make([][]int32, len(a)+1)
	for i := range left {
		left[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				left[i][j] = left[i+1][j+1] + 1
			} else {
				left[i][j] = max(left[i+1][j], left[i][j+1])
			}
		}
	}
	return left
}
