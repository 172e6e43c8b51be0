package leaving

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// LedgerName is the file in the data directory that remembers which organisations were deleted, when a backup of before is
// restored. It says of each what its certificate says, and belongs beside the backups, not into them.
const LedgerName = "erased.log"

// ledgerLine is a deletion that has begun, or one that is done. The last line of an organisation counts.
type ledgerLine struct {
	Organisation flow.ID          `json:"organisation"`
	Closed       flow.Moment      `json:"closed"`
	UndoUntil    flow.Moment      `json:"undo_until"`
	DeleteFrom   flow.Moment      `json:"delete_from"`
	DeleteBy     flow.Moment      `json:"delete_by"`
	Begun        flow.Moment      `json:"begun"`
	Done         flow.Moment      `json:"done,omitempty"`
	Rows         map[string]int64 `json:"rows,omitempty"`
	Certificate  string           `json:"certificate,omitempty"`
}

// Note adds a deletion to a ledger. It is on disk when it returns.
func Note(name string, c postgres.Closure) error {
	l, err := LineOf(c)
	if err != nil {
		return err
	}
	return addLine(name, l.Text)
}

func lineOf(c postgres.Closure) ledgerLine {
	l := ledgerLine{Organisation: c.Org, Closed: c.At, UndoUntil: c.UndoUntil, DeleteFrom: c.DeleteFrom, DeleteBy: c.DeleteBy, Begun: flow.At(c.Begun), Certificate: c.Certificate}
	if !c.Done.IsZero() {
		l.Done, l.Rows = flow.At(c.Done), c.Counts
	}
	return l
}

func addLine(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600) //nolint:gosec // in the data directory
	if err != nil {
		return err
	}
	text = append(bytes.Clone(text), '\n')
	if torn(file) {
		text = append([]byte("\n"), text...)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = syncDir(filepath.Dir(name))
	}
	return err
}

// torn reports whether the last line was not written to its end, before the power went.
func torn(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	var last [1]byte
	_, err = file.ReadAt(last[:], info.Size()-1)
	return err == nil && last[0] != '\n'
}

func syncDir(name string) error {
	dir, err := os.Open(name) //nolint:gosec // the data directory
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Ledger reads a ledger: what it knows of each organisation, and how many lines cannot be read. One that is not there is empty.
func Ledger(name string) (list []postgres.Erased, broken int, err error) {
	file, err := os.Open(name) //nolint:gosec // in the data directory
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	list, broken, err = readLedger(file)
	return list, broken, errors.Join(err, file.Close())
}

// Line is a line of a ledger as it is written, with when that was and what tells it from others.
type Line struct {
	At    time.Time
	About string
	Text  []byte
}

// line is a deletion as a line of the ledger.
func (l ledgerLine) line(text []byte) Line {
	if l.Done > 0 {
		return Line{l.Done.Time(), l.Organisation.String() + "-done", text}
	}
	return Line{l.Begun.Time(), l.Organisation.String() + "-begun", text}
}

// LineOf is the line that Note adds for a deletion.
func LineOf(c postgres.Closure) (Line, error) {
	l := lineOf(c)
	text, err := json.Marshal(l)
	return l.line(text), err
}

// Lines are the lines of a ledger that can be read. One that is not there has none.
func Lines(name string) (list []Line, err error) {
	file, err := os.Open(name) //nolint:gosec // in the data directory
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = eachLine(file, func(l ledgerLine, text []byte) { list = append(list, l.line(bytes.Clone(text))) })
	return list, errors.Join(err, file.Close())
}

// AddLines adds lines to a ledger that it does not have, such as those that were kept beside backups, and says how many. They are on
// disk when it returns. What is no line is refused.
func AddLines(name string, lines [][]byte) (n int, err error) {
	have := map[string]bool{}
	old, err := Lines(name)
	if err != nil {
		return 0, err
	}
	for _, l := range old {
		have[string(l.Text)] = true
	}
	for _, text := range lines {
		if broken, err := eachLine(bytes.NewReader(text), func(ledgerLine, []byte) {}); err != nil || broken > 0 || bytes.ContainsAny(text, "\r\n") {
			return n, errors.Join(errors.New("leaving: what is to be added is no line of a ledger"), err)
		}
		if have[string(text)] {
			continue
		}
		if err := addLine(name, text); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// maxLedgerLine bounds a line, in bytes.
const maxLedgerLine = 1 << 20

func readLedger(r io.Reader) (list []postgres.Erased, broken int, err error) {
	at := map[flow.ID]int{}
	broken, err = eachLine(r, func(l ledgerLine, _ []byte) {
		e := postgres.Erased{Org: l.Organisation, Closing: flow.Closing{At: l.Closed, UndoUntil: l.UndoUntil, DeleteFrom: l.DeleteFrom, DeleteBy: l.DeleteBy},
			Begun: l.Begun.Time(), Counts: l.Rows, Certificate: l.Certificate}
		if l.Done > 0 && l.Certificate != "" {
			e.Done = l.Done.Time()
		} else {
			e.Certificate = ""
		}
		if i, ok := at[e.Org]; ok {
			if list[i].Done.IsZero() || !e.Done.IsZero() {
				list[i] = e
			}
			return
		}
		at[e.Org] = len(list)
		list = append(list, e)
	})
	return list, broken, err
}

// eachLine gives the lines that are deletions, and says how many are none.
func eachLine(r io.Reader, see func(l ledgerLine, text []byte)) (broken int, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLedgerLine)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var l ledgerLine
		if json.Unmarshal(lines.Bytes(), &l) != nil || l.Organisation.IsZero() || l.Closed <= 0 || l.Begun <= 0 {
			broken++
			continue
		}
		see(l, lines.Bytes())
	}
	return broken, lines.Err()
}
