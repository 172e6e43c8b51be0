// Package sheets reads tables that people upload: CSV in any of its habits, and XLSX. What is in them is untrusted;
// every limit is checked while reading. It also reads numbers, dates and times as people in India write them.
package sheets

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Table is the heading row and the rows below it, every row as wide as the header.
type Table struct {
	Header   []string
	Rows     []Row
	Encoding string // utf-8, utf-16le, utf-16be, windows-1252 or xlsx
}

// Row is one row. Line is where it begins in the file, from 1.
type Row struct {
	Line  int
	Cells []string
}

// Limits bound what is read. Bytes and UnzipBytes are sizes of the file and of what it unpacks to, CellBytes of one
// cell.
type Limits struct {
	Bytes      int64
	Rows       int
	Columns    int
	CellBytes  int
	UnzipBytes int64
}

// JobLimits are for job lists: 10 MB, 20,000 rows.
var JobLimits = Limits{Bytes: 10 << 20, Rows: 20_000, Columns: 200, CellBytes: 10_000, UnzipBytes: 100 << 20}

// Problem says what is wrong with a file or a cell: a code that chooses the sentence a person reads, and what fills
// it in.
//
// Codes of files: file_empty, file_too_large (limit), too_many_rows (limit), too_many_columns (limit), not_a_table,
// xlsx_broken, xlsx_too_big_unpacked, csv_broken_line, no_header, cell_too_long. Codes of cells, all with value:
// number_bad, number_negative, number_too_precise, number_too_big, date_bad.
type Problem struct {
	Code string
	Args map[string]string
	Line int
}

func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(p.Code, "_", " "))
	for _, name := range slices.Sorted(maps.Keys(p.Args)) {
		fmt.Fprintf(&b, ", %s %q", name, p.Args[name])
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, ", line %d", p.Line)
	}
	return b.String()
}

func problem(code string, pairs ...string) *Problem {
	p := &Problem{Code: code}
	for i := 0; i+1 < len(pairs); i += 2 {
		if p.Args == nil {
			p.Args = map[string]string{}
		}
		p.Args[pairs[i]] = pairs[i+1]
	}
	return p
}

// cellProblem is a problem with what a cell says; very long texts are cut for the sentence.
func cellProblem(code, value string) *Problem {
	if runes := []rune(value); len(runes) > 40 {
		value = string(runes[:40]) + "…"
	}
	return problem(code, "value", value)
}
