package leaving

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"html/template"
	"io"
	"path"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/trail"
)

// Files is where an organisation's files are kept when they are not in the database.
type Files interface {
	// Each gives every file of an organisation, one at a time, with a name that is good in an archive.
	Each(ctx context.Context, org flow.ID, f func(name string, content io.Reader) error) error
	// Purge deletes every file of an organisation, in all versions. It may be called again.
	Purge(ctx context.Context, org flow.ID) error
}

const manifestKind = "clicarity export 1"

// The members of an export that have a place of their own.
const (
	manifestName  = "manifest.json"
	readmeName    = "README.html"
	movementsName = "history/movements.jsonl"
	auditName     = "history/audit.jsonl"
)

// Manifest says what is in an export. It is signed, and the last member.
type Manifest struct {
	Organisation flow.ID       `json:"organisation"`
	Name         string        `json:"name"`
	Made         time.Time     `json:"made"`
	Program      string        `json:"program"`
	Movements    Head          `json:"movements"`
	Audit        Head          `json:"audit"`
	Tables       []TableOf     `json:"tables"`
	Members      []MemberOfZIP `json:"members"`
}

// Head is where a chain ends.
type Head struct {
	Seq  int64        `json:"seq"`
	Hash trail.Digest `json:"hash"`
}

// TableOf is a table of the export.
type TableOf struct {
	Name    string            `json:"name"`
	Rows    int64             `json:"rows"`
	LeftOut map[string]string `json:"left_out,omitempty"` // columns, and why
}

// MemberOfZIP is a member of the archive.
type MemberOfZIP struct {
	Name   string       `json:"name"`
	Size   int64        `json:"size"`
	Digest trail.Digest `json:"sha256"`
}

// Exporter writes exports.
type Exporter struct {
	DB      *postgres.DB
	Key     trail.Key
	Files   Files // nil: there are none beside the database
	Program string
	Now     func() time.Time
}

// Export writes all that is kept of an organisation as one archive, as it was at one moment. It holds in memory what the archive's
// directory needs and one picture, whatever the size. An archive without its last member is not whole, and the verifier says so.
func (e Exporter) Export(ctx context.Context, w io.Writer, o postgres.Organisation) error {
	a := archive{zip: zip.NewWriter(w), at: e.Now().UTC().Truncate(2 * time.Second)}
	a.manifest = Manifest{Organisation: o.ID, Name: o.Name, Made: a.at, Program: e.Program}
	err := e.DB.TakeOut(ctx, o.ID, func(t *postgres.Takeout) error {
		return firstOf(
			func() error { return a.tables(ctx, t) },
			func() error { return a.movements(ctx, t) },
			func() error { return a.audit(ctx, t, e.Key) },
			func() error {
				return t.Pictures(ctx, func(name string, content []byte) error {
					return a.put("pictures/"+name, zip.Store, func(w io.Writer) error { _, err := w.Write(content); return err })
				})
			})
	})
	if err == nil && e.Files != nil {
		err = e.Files.Each(ctx, o.ID, func(name string, content io.Reader) error {
			return a.put("files/"+path.Clean("/" + name)[1:], zip.Deflate, func(w io.Writer) error { _, err := io.Copy(w, content); return err })
		})
	}
	if err != nil {
		return err
	}
	return a.end(e.Key)
}

func firstOf(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type archive struct {
	zip      *zip.Writer
	at       time.Time
	manifest Manifest
}

// put writes a member, with its digest for the manifest.
func (a *archive) put(name string, method uint16, write func(w io.Writer) error) error {
	member, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: a.at})
	if err != nil {
		return err
	}
	d := digester{w: bufio.NewWriterSize(member, 64<<10), sum: sha256.New()}
	if err := write(&d); err != nil {
		return err
	}
	a.manifest.Members = append(a.manifest.Members, MemberOfZIP{name, d.size, trail.Digest(d.sum.Sum(nil))})
	return d.w.Flush()
}

type digester struct {
	w    *bufio.Writer
	sum  hash.Hash
	size int64
}

func (d *digester) Write(b []byte) (int, error) {
	d.sum.Write(b)
	d.size += int64(len(b))
	return d.w.Write(b)
}

func (a *archive) tables(ctx context.Context, t *postgres.Takeout) error {
	tables, err := t.Tables(ctx)
	for _, table := range tables {
		if err == nil {
			err = a.put("tables/"+table.Name+".csv", zip.Deflate, func(w io.Writer) error { return t.CSV(ctx, table, w) })
		}
		if err == nil {
			err = a.put("tables/"+table.Name+".jsonl", zip.Deflate, func(w io.Writer) error { return t.JSON(ctx, table, w) })
		}
		a.manifest.Tables = append(a.manifest.Tables, TableOf{table.Name, table.Rows, table.LeftOut})
	}
	return err
}

// link is a movement as the chain has it.
type link struct {
	Seq      int64        `json:"seq"`
	Content  []byte       `json:"content"` // what the hash covers, with the number and the hash before
	Hash     trail.Digest `json:"hash"`
	Redacted bool         `json:"redacted,omitempty"` // texts were written over since: the audit log has the digest of what it says now
}

func (a *archive) movements(ctx context.Context, t *postgres.Takeout) error {
	log, audit, err := t.Heads(ctx)
	if err != nil {
		return err
	}
	a.manifest.Movements, a.manifest.Audit = Head{log.Seq, log.Hash}, Head{audit.Seq, audit.Hash}
	return a.put(movementsName, zip.Deflate, func(w io.Writer) error {
		to := json.NewEncoder(w)
		return t.Movements(ctx, func(m postgres.TakeoutLink) error { return to.Encode(link{m.Seq, m.Content, m.Hash, m.Redacted}) })
	})
}

func (a *archive) audit(ctx context.Context, t *postgres.Takeout, k trail.Key) error {
	m := a.manifest
	return a.put(auditName, zip.Deflate, func(w io.Writer) error {
		file, err := trail.New(w, k, trail.Header{Organisation: m.Organisation, From: 1, Program: m.Program})
		if err == nil {
			err = t.Audit(ctx, func(e postgres.Entry) error { return file.Add(e.Seq, e.Content, e.Hash) })
		}
		if err == nil {
			err = file.Close(m.Audit.Seq, m.Audit.Hash)
		}
		return err
	})
}

// end writes what the archive says of itself.
func (a *archive) end(k trail.Key) error {
	err := a.put(readmeName, zip.Deflate, func(w io.Writer) error {
		return readme.Execute(w, struct {
			Manifest
			Key string
		}{a.manifest, k.Fingerprint()})
	})
	if err != nil {
		return err
	}
	text, err := k.Sign(manifestKind, a.manifest)
	if err != nil {
		return err
	}
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: a.at})
	if err == nil {
		_, err = w.Write(text)
	}
	if err != nil {
		return fmt.Errorf("the export's last member: %w", err)
	}
	return a.zip.Close()
}

var readme = template.Must(template.New(readmeName).Funcs(template.FuncMap{"why": func(why string) string { return leftOutWords[why] }}).Parse(readmeText))

var leftOutWords = map[string]string{
	postgres.LeftSecret: "it lets somebody in or opens something (a password's hash, a token, a key), and is of no use elsewhere",
	postgres.LeftFile:   "it is a file of its own in the folder pictures",
	postgres.LeftCopied: "it waits to be sent; it is sealed until then and forgotten afterwards",
}

const readmeText = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Name}} · export</title>
<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1B1D22}table{border-collapse:collapse}th,td{text-align:left;padding:.25rem .75rem;border-bottom:1px solid #ccc;vertical-align:top}td.n{text-align:right}code{background:#eee;padding:0 .25rem;overflow-wrap:anywhere}</style></head><body>
<h1>{{.Name}}</h1>
<p>This is everything that Clicarity keeps of the organisation, as it was on {{.Made.Format "02-01-2006 15:04"}} (UTC).</p>
<p lang="hi">इसमें कंपनी का सारा डेटा है, जैसा वह {{.Made.Format "02-01-2006 15:04"}} (UTC) को था। Excel में खोलने के लिए tables फ़ोल्डर की .csv फ़ाइलें लें।</p>
<h2>What is where</h2>
<ul>
<li><b>tables/*.csv</b>: every table, for a spreadsheet. A text that a spreadsheet would take for a formula has a ' before it.</li>
<li><b>tables/*.jsonl</b>: the same, a row of JSON on each line, exactly as it is kept.</li>
<li><b>history/movements.jsonl</b>: every movement in order. Each hash is the SHA-256 of the hash before it, the number and the content. Of one in which a name was written over at somebody's request, the audit log has the digest of what it says now.</li>
<li><b>history/audit.jsonl</b>: the audit log, chained the same way and signed.</li>
<li><b>pictures/</b>: every photo and signature, by the id in the table pictures. <b>files/</b>: every other file, if there are any.</li>
<li><b>manifest.json</b>: the SHA-256 of every member, where the two chains end, and the signature over that.</li>
</ul>
<h2>Check it</h2>
<p><code>clicarity verify --export FILE.zip --key {{.Key}}</code> checks the signature, every digest and both chains. It needs this file only.</p>
<h2>Tables</h2>
<table><thead><tr><th>Table</th><th>Rows</th><th>Left out, and why</th></tr></thead><tbody>
{{range .Tables}}<tr><td>{{.Name}}</td><td class="n">{{.Rows}}</td><td>{{range $c, $why := .LeftOut}}<div><b>{{$c}}</b>: {{why $why}}</div>{{end}}</td></tr>
{{end}}</tbody></table>
</body></html>
`
