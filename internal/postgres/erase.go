package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/privacy"
)

// derived are the tables whose texts are made from the movements, and are made anew with them.
var derived = []string{"movements", "jobs", "job_words", "word_parts", "job_terms", "facts"}

// erasePage is how many movements are written over in one transaction: the jobs concerned are locked meanwhile.
const erasePage = 200

// erased is somebody who is being erased.
type erased struct {
	id        flow.ID
	name      string
	logins    []string
	names     privacy.Names
	pseudonym string
	at        time.Time
}

// Erase makes a member a pseudonym: whatever lets them in goes, their names are taken out of the texts they wrote and out of
// the chosen texts of others, and everything else of theirs goes or becomes empty as the register of personal data says.
// What they did stays, under the pseudonym; nothing adds up differently. It can be interrupted at any moment and called again.
//
// Refusals: last_owner, not_found.
func (db *DB) Erase(ctx context.Context, o Organisation, member flow.ID, chosen []Mention, now time.Time) error {
	h, err := db.House(ctx, o)
	if err != nil {
		return err
	}
	e, err := db.beginErasure(ctx, o.ID, member, now)
	if err != nil || e.id.IsZero() {
		return err
	}
	if err := db.eraseHistory(ctx, o.ID, h, e); err != nil {
		return err
	}
	return db.inTenant(ctx, o.ID, func(tx pgx.Tx) error {
		if err := e.eraseRest(ctx, tx, o.ID, h, chosen); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "update members set erased_at = $3 where org_id = $1 and id = $2", o.ID, member, now)
		return err
	})
}

// eraseRest is all but what the member themselves wrote on jobs.
func (e erased) eraseRest(ctx context.Context, tx pgx.Tx, org flow.ID, h House, chosen []Mention) error {
	if err := redact(ctx, tx, org, h, e.redaction(seqsOf(chosen), nil)); err != nil {
		return err
	}
	for _, t := range privacy.Register {
		if err := e.eraseTable(ctx, tx, org, t, chosen); err != nil {
			return err
		}
	}
	return nil
}

// EraseNamed takes the name and the address of somebody who is no member out of the texts that were chosen for their
// request, and forgets what was addressed to them.
func (db *DB) EraseNamed(ctx context.Context, o Organisation, id, by flow.ID, chosen []Mention, now time.Time) error {
	h, err := db.House(ctx, o)
	if err != nil {
		return err
	}
	return db.underLock(ctx, o.ID, id, func(tx pgx.Tx, r RightsRequest) error {
		if r.State != RightsOpen || !r.Member.IsZero() || r.Kind != AskErasure {
			return ErrOver
		}
		e := erased{id: id, name: r.Name, logins: []string{r.Contact}, names: privacy.NewNames(calledBy(r.Name, []string{r.Contact})...), at: now}
		if e.pseudonym, err = freePseudonym(ctx, tx, o.ID, id); err != nil {
			return err
		}
		if err := e.eraseRest(ctx, tx, o.ID, h, chosen); err != nil {
			return err
		}
		return step(ctx, tx, o.ID, id, RightsStep{now, by, "erased"})
	})
}

// beginErasure closes the door behind the member, before anything of theirs is touched. One who is erased already is nobody.
func (db *DB) beginErasure(ctx context.Context, org, member flow.ID, now time.Time) (e erased, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := oneAtATime(ctx, tx, org); err != nil {
			return err
		}
		var gone bool
		err := tx.QueryRow(ctx, `select name, erased_at is not null, (select coalesce(array_agg(login order by login), '{}') from logins l where l.org_id = $1 and l.member_id = $2)
			from members where org_id = $1 and id = $2 and role not in ('support', 'program') for update`, org, member).Scan(&e.name, &gone, &e.logins)
		if err != nil || gone {
			return notFound(err)
		}
		if _, err := tx.Exec(ctx, "update members set left_at = coalesce(left_at, $3) where org_id = $1 and id = $2", org, member, now); err != nil {
			return err
		}
		if err := ownerLeft(ctx, tx, org); err != nil {
			return err
		}
		if e.pseudonym, err = freePseudonym(ctx, tx, org, member); err != nil {
			return err
		}
		e.id, e.names, e.at = member, privacy.NewNames(calledBy(e.name, e.logins)...), now
		_, err = tx.Exec(ctx, "delete from sessions where org_id = $1 and member_id = $2", org, member)
		return err
	})
	return e, err
}

// calledBy is what somebody is called in texts: an Indian number is written without its country too.
func calledBy(name string, logins []string) []string {
	list := append([]string{name}, logins...)
	for _, l := range logins {
		if short, ok := strings.CutPrefix(l, "+91"); ok {
			list = append(list, short)
		}
	}
	return list
}

// freePseudonym is what a member is called once their name is gone: Person 4F7K. It comes from the id alone.
func freePseudonym(ctx context.Context, tx pgx.Tx, org, member flow.ID) (string, error) {
	sum := sha256.Sum256(member[:])
	code := base32.StdEncoding.EncodeToString(sum[:])
	for n := 4; ; n++ {
		name := "Person " + code[:n]
		var taken bool
		err := tx.QueryRow(ctx, "select exists (select from members where org_id = $1 and name = $2 and id <> $3)", org, name, member).Scan(&taken)
		if err != nil || !taken {
			return name, err
		}
	}
}

func (e erased) redaction(seqs []int64, pictures []flow.ID) Redaction {
	return Redaction{Seqs: seqs, Pictures: pictures, Reason: ForErasure, At: e.at,
		Write: func(_ int64, s string) string { return e.names.Replace(s, e.pseudonym) }}
}

// eraseHistory takes the names out of what the member wrote on jobs, and lets their drawn signatures go, page by page.
func (db *DB) eraseHistory(ctx context.Context, org flow.ID, h House, e erased) error {
	forms := signatureFields(h)
	for after := int64(0); ; {
		var page []Record
		err := db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue(selectMovements+" where org_id = $1 and member_id = $2 and seq > $3 order by seq limit $4", org, e.id, after, erasePage).Query(func(rows pgx.Rows) error {
				return eachMovement(rows, func(r Record) error { page = append(page, r); return nil })
			})
		})
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Seq
		of, err := db.processesOf(ctx, org, page)
		if err != nil {
			return err
		}
		var seqs []int64
		var pictures []flow.ID
		for _, m := range page {
			if slices.ContainsFunc(m.Facts.Texts(m.Kind), e.names.In) {
				seqs = append(seqs, m.Seq)
			}
			pictures = append(pictures, forms.drawn(m, of[m.Job])...)
		}
		if len(seqs)+len(pictures) == 0 {
			continue
		}
		err = db.inTenant(ctx, org, func(tx pgx.Tx) error { return redact(ctx, tx, org, h, e.redaction(seqs, pictures)) })
		if err != nil {
			return err
		}
	}
}

// signatureForms are the fields of forms that people sign in: process, stage and code.
type signatureForms map[string]bool

func signatureFields(h House) signatureForms {
	fields := signatureForms{}
	for _, p := range h.Processes {
		for _, s := range slices.Concat(p.Stages, p.Retired) {
			for _, f := range s.Fields {
				fields[p.ID.String()+" "+s.Code+" "+f.Code] = f.Type == flow.SignatureField
			}
		}
		for _, f := range p.Fields {
			fields[p.ID.String()+"  "+f.Code] = f.Type == flow.SignatureField
		}
	}
	return fields
}

// drawn are the pictures of a movement that are drawn signatures.
func (s signatureForms) drawn(m Record, process flow.ID) []flow.ID {
	var list []flow.ID
	look := func(stage string, values map[string]string) {
		for code, value := range values {
			if p, ok := flow.ParsePictures(value); ok && s[process.String()+" "+stage+" "+code] {
				list = append(list, p[0].ID)
			}
		}
	}
	look(m.Stage, m.Facts.Values)
	look("", m.Facts.Fields)
	return list
}

// processesOf says which process the jobs of some movements follow.
func (db *DB) processesOf(ctx context.Context, org flow.ID, page []Record) (map[flow.ID]flow.ID, error) {
	jobs, of := make([]flow.ID, len(page)), map[flow.ID]flow.ID{}
	for i, m := range page {
		jobs[i] = m.Job
	}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id, process_id from jobs where org_id = $1 and id = any($2)", org, uuids(jobs)).Query(func(rows pgx.Rows) error {
			var job, process flow.ID
			_, err := pgx.ForEachRow(rows, []any{&job, &process}, func() error { of[job] = process; return nil })
			return err
		})
	})
	return of, err
}

// eraseTable does with the rows of a table what the register says. Names of tables and columns are the register's.
func (e erased) eraseTable(ctx context.Context, tx pgx.Tx, org flow.ID, t privacy.Table, chosen []Mention) error {
	for _, whose := range t.People() {
		if err := e.eraseOwn(ctx, tx, org, t, whose); err != nil {
			return err
		}
	}
	types, err := columnTypes(ctx, tx, t.Name)
	if err != nil {
		return err
	}
	for _, f := range t.Fields {
		if f.Erase == privacy.Row && types[f.Column].text { // what is addressed to them and nobody's row yet
			if _, err := tx.Exec(ctx, "delete from "+t.Name+" where org_id = $1 and "+f.Column+" = any($2)"+nobodys(f), org, e.logins); err != nil {
				return err
			}
		}
		if f.Erase == privacy.Redact && types[f.Column].text && !slices.Contains(derived, t.Name) {
			if err := e.redactColumn(ctx, tx, org, t, f, chosen); err != nil {
				return err
			}
		}
	}
	return nil
}

// nobodys is the condition that a row is no member's, for a field of rows that can be some.
func nobodys(f privacy.Field) string {
	if f.Whose == "" {
		return ""
	}
	return " and " + f.Whose + " is null"
}

// eraseOwn deletes the member's rows of a table, or empties what the register says is emptied.
func (e erased) eraseOwn(ctx context.Context, tx pgx.Tx, org flow.ID, t privacy.Table, whose string) error {
	types, err := columnTypes(ctx, tx, t.Name)
	if err != nil {
		return err
	}
	var sets []string
	for _, f := range t.Fields {
		switch {
		case f.Whose != whose:
		case f.Erase == privacy.Row:
			_, err := tx.Exec(ctx, "delete from "+t.Name+" where org_id = $1 and "+whose+" = $2", org, e.id)
			return err
		case f.Erase == privacy.Pseudonym:
			sets = append(sets, f.Column+" = $3")
		case f.Erase == privacy.Clear:
			sets = append(sets, f.Column+" = "+types[f.Column].empty())
		}
	}
	if len(sets) == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, "update "+t.Name+" set "+strings.Join(sets, ", ")+" where org_id = $1 and "+whose+" = $2 and $3::text is not null", org, e.id, e.pseudonym)
	return err
}

// redactColumn takes the names out of a text of a table that can be changed: where the member wrote it, where nobody reads
// it, and where somebody decided so.
func (e erased) redactColumn(ctx context.Context, tx pgx.Tx, org flow.ID, t privacy.Table, f privacy.Field, chosen []Mention) error {
	key, err := rowKey(ctx, tx, t.Name)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, "select "+key+"::text, "+f.Column+"::text, "+ownRow(f, "$2")+" from "+t.Name+" where org_id = $1 and "+said([]string{f.Column}, 3)+" for update",
		org, e.id, patterns(e.name, e.logins))
	if err != nil {
		return err
	}
	type row struct {
		Key, Text string
		Own       bool
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return err
	}
	for _, r := range list {
		if !r.Own && !slices.Contains(chosen, Mention{Place: t.Name, Key: r.Key}) || !e.names.In(r.Text) {
			continue
		}
		_, err := tx.Exec(ctx, "update "+t.Name+" set "+f.Column+" = $3 where org_id = $1 and "+key+"::text = $2", org, r.Key, e.names.Replace(r.Text, e.pseudonym))
		if err != nil {
			return err
		}
	}
	return nil
}

// ownRow is the condition that a text of a table is the member's own, or one that colleagues do not read.
func ownRow(f privacy.Field, member string) string {
	switch {
	case f.Whose != "":
		return "coalesce(" + f.Whose + " = " + member + ", false)"
	case f.Seen != privacy.Colleagues:
		return member + "::uuid is not null"
	}
	return member + "::uuid is null"
}

// patterns are names as like looks for them, and as JSON writes them.
func patterns(name string, logins []string) []string {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	var list []string
	for _, c := range calledBy(name, logins) {
		if c == "" {
			continue
		}
		text := strings.Trim(string(mustJSON(c)), `"`)
		list = append(list, "%"+escape.Replace(c)+"%")
		if text != c {
			list = append(list, "%"+escape.Replace(text)+"%")
		}
	}
	return list
}
