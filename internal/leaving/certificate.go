// Package leaving is what an organisation takes with it when it leaves, and what it is given at the end: the whole of it as one
// file that proves itself, and the certificate that all of it was deleted.
package leaving

import (
	"io"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/trail"
)

const certificateKind = "clicarity deletion certificate 1"

// Remains is something that is left after a deletion, and until when.
type Remains struct {
	What  string    `json:"what"`
	Until time.Time `json:"until,omitzero"` // zero: it stays
}

// What remains after a deletion.
const (
	RemainBackups     = "backups"     // copies of the database, which age out
	RemainLogs        = "logs"        // lines of the server's log, which name no people
	RemainCertificate = "certificate" // the certificate itself, which names nobody
)

// Certificate says of an organisation, by its number, that all of it was deleted.
type Certificate struct {
	Organisation flow.ID          `json:"organisation"`
	Closed       time.Time        `json:"closed"`
	Begun        time.Time        `json:"begun"`
	Done         time.Time        `json:"done"`
	Rows         map[string]int64 `json:"rows"` // deleted, by table
	Files        bool             `json:"files"`
	Remains      []Remains        `json:"remains"`
	Program      string           `json:"program"`
}

// Total is how many rows were deleted.
func (c Certificate) Total() (n int64) {
	for _, rows := range c.Rows {
		n += rows
	}
	return n
}

// Certify writes the certificate of a deletion that is done, signed. files says that a store of files was emptied too.
func Certify(k trail.Key, c postgres.Closure, files bool, program string) (string, error) {
	plain := func(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
	text, err := k.Sign(certificateKind, Certificate{
		Organisation: c.Org, Closed: plain(c.At.Time()), Begun: plain(c.Begun), Done: plain(c.Done), Rows: c.Counts, Files: files, Program: program,
		Remains: []Remains{{RemainBackups, plain(c.Done.Add(flow.BackupsFor))}, {RemainLogs, plain(c.Done.Add(flow.LogsFor))}, {What: RemainCertificate}},
	})
	return string(text), err
}

// ReadCertificate reads a certificate and checks it: that it is as it was signed, with a key of the fingerprint it gives; with a
// fingerprint expected, with that one.
func ReadCertificate(r io.Reader, expect string) (c Certificate, fingerprint string, err error) {
	fingerprint, err = trail.Read(r, certificateKind, expect, &c)
	return c, fingerprint, err
}
