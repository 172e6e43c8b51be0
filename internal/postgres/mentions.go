package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/privacy"
)

// Mention is a text in which somebody is named and which they did not write. Place and Key name it.
type Mention struct {
	Place string // the table
	Key   string // the row
}

// Mentioned is a mention as a person decides about it.
type Mentioned struct {
	Mention
	Column string
	Text   string
	By     flow.ID // who wrote it, zero when it is nobody's
	Job    flow.ID // of a movement
	Fixed  bool    // nothing takes the name out: it is part of the set-up, and is renamed there, or it stays
}

// Columns of what stays as it is: the number of a job and the name of a stage that was added to one, by which papers and the
// history go.
const (
	StaysInNumber = "number"
	StaysInStage  = "stage"
)

// MostMentions is how many texts are listed at once. When these are decided and the person is erased, nothing else is lost:
// what names somebody who is gone can still be written over.
const MostMentions = 200

// Mentions looks for texts that name a member and that others wrote.
func (db *DB) Mentions(ctx context.Context, org, member flow.ID) ([]Mentioned, error) {
	m, err := db.Member(ctx, org, member)
	if err != nil {
		return nil, err
	}
	return db.Naming(ctx, org, m.ID, m.Name, m.Logins)
}

// Naming looks for texts in which somebody is named: by a name, addresses or numbers. What the member wrote is left out.
func (db *DB) Naming(ctx context.Context, org, member flow.ID, name string, contacts []string) ([]Mentioned, error) {
	s := naming{org: org, member: member, names: privacy.NewNames(calledBy(name, contacts)...), like: patterns(name, contacts)}
	if s.names.None() {
		return nil, nil
	}
	err := db.inTenant(ctx, org, func(tx pgx.Tx) error {
		s.tx = tx
		if err := planLeaves(ctx, tx); err != nil {
			return err
		}
		if err := s.movements(ctx); err != nil {
			return err
		}
		for _, t := range privacy.Register {
			if slices.Contains(derived, t.Name) || slices.Contains(recorded, t.Name) || s.full() {
				continue
			}
			if err := s.table(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
	return s.list[:min(len(s.list), MostMentions)], err
}

// recorded are the tables in which the program notes for itself what happened: they say nothing of people but ids and job numbers.
var recorded = []string{"audit", "receipts"}

// naming looks for texts in which somebody is named.
type naming struct {
	tx     pgx.Tx
	org    flow.ID
	member flow.ID // whose texts are left out
	names  privacy.Names
	like   []string // what the database looks for
	list   []Mentioned
}

func (s *naming) full() bool { return len(s.list) >= MostMentions }

// movements looks through the history, the newest first, some at a time: their numbers have no gaps.
func (s *naming) movements(ctx context.Context) error {
	var to int64
	if err := s.tx.QueryRow(ctx, "select coalesce(max(seq), 0) from movements where org_id = $1", s.org).Scan(&to); err != nil {
		return err
	}
	for ; to > 0 && !s.full(); to -= leafRows {
		rows, err := s.tx.Query(ctx, selectMovements+" where org_id = $1 and seq > $2 and seq <= $3 and "+said([]string{"facts"}, 4)+" order by seq desc", s.org, to-leafRows, to, s.like)
		if err != nil {
			return err
		}
		if err := eachMovement(rows, func(r Record) error { s.movement(r); return nil }); err != nil {
			return err
		}
	}
	return nil
}

// movement notes the first text of a movement in which they are named and which they did not write, and what stays of it whoever
// wrote it.
func (s *naming) movement(r Record) {
	m := Mentioned{Mention: Mention{"movements", strconv.FormatInt(r.Seq, 10)}, By: r.Member, Job: r.Job}
	texts := r.Facts.Texts(r.Kind)
	if i := slices.IndexFunc(texts, s.names.In); i >= 0 && r.Member != s.member && !s.full() {
		m.Text = texts[i]
		s.list = append(s.list, m)
	}
	m.Fixed = true
	if m.Column, m.Text = StaysInNumber, r.Facts.Number; s.names.In(m.Text) && !s.full() {
		s.list = append(s.list, m)
	}
	if m.Column, m.Text = StaysInStage, r.Facts.Name; r.Kind == flow.KindStageAdded && s.names.In(m.Text) && !s.full() {
		s.list = append(s.list, m)
	}
}

// table looks through the texts of a table that others wrote, and those of the set-up and of records that stay, whoever wrote
// them: all columns at once.
func (s *naming) table(ctx context.Context, t privacy.Table) error {
	types, err := columnTypes(ctx, s.tx, t.Name)
	if err != nil {
		return err
	}
	key, err := rowKey(ctx, s.tx, t.Name)
	if err != nil {
		return err
	}
	var look lookedAt
	for _, c := range t.Columns() {
		i := slices.IndexFunc(t.Fields, func(f privacy.Field) bool { return f.Column == c })
		fixed := i < 0 || staysAsRecord(t.Fields[i])
		if !types[c].text || !fixed && t.Fields[i].Erase != privacy.Redact {
			continue
		}
		own := "false"
		if !fixed {
			own = ownRow(t.Fields[i], "$me")
		}
		look.columns, look.fixed = append(look.columns, c), append(look.fixed, fixed)
		look.texts = append(look.texts, "case when not "+own+" then "+c+"::text end")
	}
	if look.columns == nil {
		return nil
	}
	return eachLeaf(ctx, s.tx, s.org, t.Name, func(where string, args []any) error {
		if s.full() {
			return nil
		}
		me, like := len(args)+1, len(args)+2
		sql := strings.ReplaceAll(fmt.Sprintf("select %s::text, array[%s] from %s where %s and $me::uuid is not null and %s order by 1",
			key, strings.Join(look.texts, ", "), t.Name, where, said(look.columns, like)), "$me", "$"+strconv.Itoa(me))
		rows, err := s.tx.Query(ctx, sql, append(args[:len(args):len(args)], s.member, s.like)...)
		if err != nil {
			return err
		}
		var row string
		var texts []*string
		_, err = pgx.ForEachRow(rows, []any{&row, &texts}, func() error { s.row(t.Name, row, look, texts); return nil })
		return err
	})
}

// staysAsRecord reports whether a text is of a record that stays as it is, of a breach.
func staysAsRecord(f privacy.Field) bool {
	return f.Erase == privacy.Stays && f.Purpose == privacy.Security && f.Seen == privacy.Owners
}

// lookedAt are the columns of a table in which names are looked for.
type lookedAt struct {
	columns []string
	texts   []string // in SQL; null where the member wrote it
	fixed   []bool   // part of the set-up, or of a record that stays
}

// row notes the texts of a row in which they are named.
func (s *naming) row(table, key string, look lookedAt, texts []*string) {
	for i, text := range texts {
		if text != nil && s.names.In(*text) {
			s.list = append(s.list, Mentioned{Mention: Mention{Place: table, Key: key}, Column: look.columns[i], Text: *text, Fixed: look.fixed[i]})
		}
	}
}

// seqsOf are the movements among some mentions.
func seqsOf(list []Mention) []int64 {
	var seqs []int64
	for _, m := range list {
		if n, err := strconv.ParseInt(m.Key, 10, 64); m.Place == "movements" && err == nil {
			seqs = append(seqs, n)
		}
	}
	return seqs
}
