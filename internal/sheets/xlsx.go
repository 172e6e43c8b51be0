package sheets

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

func readXLSX(in io.Reader, lim Limits, row func([]string, Row, *Problem) error) ([]string, error) {
	content, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if err := checkZip(content, lim.UnzipBytes); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{RawCellValue: true, UnzipSizeLimit: lim.UnzipBytes, UnzipXMLSizeLimit: lim.UnzipBytes})
	if err != nil {
		return nil, problem("xlsx_broken")
	}
	defer func() { _ = f.Close() }() // only read
	c := &collector{lim: lim, row: row}
	for _, sheet := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(sheet); err != nil || !visible {
			continue
		}
		if err := c.sheet(f, sheet); err != nil {
			return c.header, err
		}
		if c.header != nil {
			return c.header, nil
		}
	}
	return nil, problem("file_empty")
}

// checkZip unpacks nothing that is too large: it counts what really comes out, since what a zip says of its sizes
// can be a lie.
func checkZip(content []byte, limit int64) error {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return problem("xlsx_broken")
	}
	if len(z.File) > 2000 {
		return problem("xlsx_too_big_unpacked")
	}
	left := limit
	for _, file := range z.File {
		if left -= int64(min(file.UncompressedSize64, math.MaxInt64/4)); left < 0 {
			return problem("xlsx_too_big_unpacked")
		}
	}
	left = limit
	for _, file := range z.File {
		r, err := file.Open()
		if err != nil {
			return problem("xlsx_broken")
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, left+1))
		if left -= n; left < 0 {
			return problem("xlsx_too_big_unpacked")
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return problem("xlsx_broken")
		}
	}
	return nil
}

func (c *collector) sheet(f *excelize.File, sheet string) error {
	rows, err := f.Rows(sheet)
	if err != nil {
		return problem("xlsx_broken")
	}
	defer func() { _ = rows.Close() }() // only read
	dates := dateCells{f: f, sheet: sheet, styles: map[int]bool{}}
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return &Problem{Code: "xlsx_broken", Line: line}
		}
		if len(cells) > c.lim.Columns {
			return problem("too_many_columns", "limit", strconv.Itoa(c.lim.Columns))
		}
		for i := range cells {
			cells[i] = dates.text(i+1, line, cells[i])
		}
		if err := c.add(line, cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return problem("xlsx_broken")
	}
	return nil
}

// dateCells tells which numbers are dates: those whose format shows a day, a month or a year.
type dateCells struct {
	f      *excelize.File
	sheet  string
	styles map[int]bool
}

// text is a cell as a person would type it: dates as 2026-10-14, numbers as plain decimals.
func (d dateCells) text(column, line int, raw string) string {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return raw
	}
	if n >= firstSerial && n <= lastSerial && d.isDate(column, line) {
		if t, ok := d.moment(n); ok {
			if n == math.Trunc(n) {
				return t.Format(time.DateOnly)
			}
			return t.Format("2006-01-02T15:04:05")
		}
	}
	return plain(raw)
}

func (d dateCells) moment(n float64) (time.Time, bool) {
	props, err := d.f.GetWorkbookProps()
	t, timeErr := excelize.ExcelDateToTime(n, err == nil && props.Date1904 != nil && *props.Date1904)
	return t, timeErr == nil
}

func (d dateCells) isDate(column, line int) bool {
	name, err := excelize.CoordinatesToCellName(column, line)
	if err != nil {
		return false
	}
	id, err := d.f.GetCellStyle(d.sheet, name)
	if err != nil {
		return false
	}
	is, known := d.styles[id]
	if !known {
		if style, err := d.f.GetStyle(id); err == nil {
			is = dateFormat(style)
		}
		d.styles[id] = is
	}
	return is
}

func dateFormat(s *excelize.Style) bool {
	if s.CustomNumFmt != nil {
		format := strings.ToLower(*s.CustomNumFmt)
		return strings.ContainsAny(format, "yd") && !strings.Contains(format, "#")
	}
	return s.NumFmt >= 14 && s.NumFmt <= 22 || s.NumFmt >= 27 && s.NumFmt <= 36 || s.NumFmt >= 45 && s.NumFmt <= 47 || s.NumFmt >= 50 && s.NumFmt <= 58
}

// plain is the number a spreadsheet stored in binary, as it showed it: at most 15 digits, without an exponent.
func plain(raw string) string {
	if len(raw) <= 15 && !strings.ContainsAny(raw, "eE") {
		return raw
	}
	x, _, err := big.ParseFloat(raw, 10, 200, big.ToNearestEven)
	if err != nil || x.MantExp(nil) > 100 {
		return raw
	}
	rounded, _, err := big.ParseFloat(x.Text('g', 15), 10, 200, big.ToNearestEven)
	if err != nil {
		return raw
	}
	s := rounded.Text('f', 15)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}
