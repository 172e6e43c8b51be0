package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"clicarity/internal/flow"
)

// Bounce is what a mail server reports about a mail that it took and could not deliver.
type Bounce struct {
	Org    flow.ID // whose mail it was
	Number int64   // its number in the outbox
	Status string  // such as 5.1.1 (RFC 3463)
	Failed bool    // it will not arrive; false: it is late only
}

// Hard reports whether it is no use to write to the address again.
func (b Bounce) Hard() bool { return b.Failed && strings.HasPrefix(b.Status, "5.") }

// ErrNoReport says that a message is no report about one of our mails.
var ErrNoReport = errors.New("smtp: this is no report about a mail of ours")

const (
	maxReport = 1 << 20 // a server sends the headers back, or a mail of ours, which is small
	maxParts  = 8
)

var (
	statusCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}$`)
	ourID      = regexp.MustCompile(`^<([0-9a-f-]{36})\.(\d{1,18})@([^<>@\s]{1,253})>$`)
)

// ReadBounce reads a delivery status report (RFC 3464): which mail it is about is found by the Message-ID in the part of it that
// came back. Mails sent in the name of another domain than the one given are not ours.
func ReadBounce(r io.Reader, domain string) (Bounce, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	if err != nil {
		return Bounce{}, err
	}
	if len(raw) > maxReport {
		return Bounce{}, fmt.Errorf("%w: it is longer than %d bytes", ErrNoReport, maxReport)
	}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Bounce{}, fmt.Errorf("%w: %w", ErrNoReport, err)
	}
	media, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || media != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return Bounce{}, fmt.Errorf("%w: it is not multipart/report about delivery", ErrNoReport)
	}
	return readParts(multipart.NewReader(msg.Body, params["boundary"]), domain)
}

// readParts reads the status and what came back.
func readParts(parts *multipart.Reader, domain string) (b Bounce, err error) {
	for range maxParts {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b, fmt.Errorf("%w: %w", ErrNoReport, err)
		}
		media, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			continue
		}
		switch media {
		case "message/delivery-status", "message/global-delivery-status":
			b.Status, b.Failed = readStatus(part)
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			b.Org, b.Number = readOurID(part, domain)
		}
	}
	if b.Status == "" || b.Number == 0 {
		return Bounce{}, fmt.Errorf("%w: it does not say which mail, or what became of it", ErrNoReport)
	}
	return b, nil
}

// readStatus is the status of the one recipient: groups of fields, of which the first is about the report. Our mails have one
// recipient; of several groups the one that failed counts.
func readStatus(r io.Reader) (status string, failed bool) {
	fields := textproto.NewReader(bufio.NewReader(r))
	for range maxParts {
		group, err := fields.ReadMIMEHeader()
		code, _, _ := strings.Cut(strings.TrimSpace(group.Get("Status")), " ")
		action := strings.ToLower(strings.TrimSpace(group.Get("Action")))
		if statusCode.MatchString(code) && (action == "failed" || action == "delayed") && !failed {
			status, failed = code, action == "failed"
		}
		if err != nil {
			break
		}
	}
	return status, failed
}

// readOurID is the name of our mail in what came back, zero when it is not ours.
func readOurID(r io.Reader, domain string) (org flow.ID, number int64) {
	header, _ := textproto.NewReader(bufio.NewReader(r)).ReadMIMEHeader() //nolint:errcheck // it may end without an empty line: what was read counts
	m := ourID.FindStringSubmatch(strings.TrimSpace(header.Get("Message-Id")))
	if m == nil || !strings.EqualFold(m[3], domain) {
		return org, 0
	}
	org, err := flow.ParseID(m[1])
	if err != nil {
		return flow.ID{}, 0
	}
	number, err = strconv.ParseInt(m[2], 10, 64)
	if err != nil {
		return flow.ID{}, 0
	}
	return org, number
}

// Domain is that of the address in whose name mails are sent.
func (s *Sender) Domain() string {
	_, domain, _ := strings.Cut(s.from.Address, "@")
	return domain
}
