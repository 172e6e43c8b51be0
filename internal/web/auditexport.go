package web

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/trail"
)

const (
	exportPage = 500              // entries that are read at once
	exportSend = 30 * time.Second // how long a page of them may take on its way
)

// auditExport sends the log as a file that proves itself, from an entry on. It is noted itself, as the last entry in it.
func (w *Web) auditExport(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	from := int64(1)
	if typed := r.FormValue("from"); typed != "" {
		n, err := strconv.ParseInt(typed, 10, 64)
		if err != nil || n < 1 {
			return &flow.Refusal{Code: flow.BadCommand}
		}
		from = n
	}
	if err := w.noteExport(r, who, "audit", ""); err != nil {
		return err
	}
	head, err := w.DB.AuditHead(r.Context(), who.Org)
	if err != nil {
		return err
	}
	from = min(from, head.Seq)
	before, err := w.DB.AuditEntries(r.Context(), who.Org, from-2, from-1, 1)
	if err != nil {
		return err
	}
	h := trail.Header{Organisation: who.Org, From: from, Program: w.Program}
	if len(before) == 1 {
		h.Before = before[0].Hash
	}
	rw.Header().Set("Content-Type", "application/x-ndjson")
	rw.Header().Set("Content-Disposition", `attachment; filename="audit-`+w.Now().Format(time.DateOnly)+`.jsonl"`)
	if err := w.sendTrail(r.Context(), rw, h, head); err != nil {
		panic(http.ErrAbortHandler) // the file ends without its head, and whoever checks it is told so
	}
	return nil
}

func (w *Web) sendTrail(ctx context.Context, rw http.ResponseWriter, h trail.Header, head postgres.AuditChain) error {
	ctl, buf := http.NewResponseController(rw), bufio.NewWriterSize(rw, 64<<10)
	file, err := trail.New(buf, w.trailKey(), h)
	for after := h.From - 1; err == nil && after < head.Seq; {
		var page []postgres.Entry
		if page, err = w.DB.AuditEntries(ctx, h.Organisation, after, head.Seq, exportPage); err != nil || len(page) == 0 {
			break
		}
		if err = ctl.SetWriteDeadline(time.Now().Add(exportSend)); errors.Is(err, http.ErrNotSupported) {
			err = nil
		}
		for _, e := range page {
			err = errors.Join(err, file.Add(e.Seq, e.Content, e.Hash))
		}
		after = page[len(page)-1].Seq
	}
	if err == nil {
		err = file.Close(head.Seq, head.Hash)
	}
	return errors.Join(err, buf.Flush())
}
