package postgres

import (
	"context"
	"slices"
	"strconv"

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
	Fixed  bool    // it is part of the set-up, and is renamed where it is set up
}

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
	names, like := privacy.NewNames(calledBy(name, contacts)...), patterns(name, contacts)
	if names.None() {
		return nil, nil
	}
	var list []Mentioned
	err := db.inTenant(ctx, org, func(tx pgx.Tx) error {
		found, err := namingMovements(ctx, tx, org, member, names, like)
		if err != nil {
			return err
		}
		list = found
		for _, t := range privacy.Register {
			if slices.Contains(derived, t.Name) || t.Name == "audit" || len(list) >= MostMentions {
				continue
			}
			found, err := namingTable(ctx, tx, org, member, t, names, like)
			if err != nil {
				return err
			}
			list = append(list, found...)
		}
		return nil
	})
	return list[:min(len(list), MostMentions)], err
}

func namingMovements(ctx context.Context, tx pgx.Tx, org, member flow.ID, names privacy.Names, like []string) ([]Mentioned, error) {
	rows, err := tx.Query(ctx, selectMovements+" where org_id = $1 and member_id <> $2 and facts ilike any($3) order by seq desc limit $4", org, member, like, MostMentions)
	if err != nil {
		return nil, err
	}
	var list []Mentioned
	err = eachMovement(rows, func(r Record) error {
		for _, text := range r.Facts.Texts(r.Kind) {
			if names.In(text) {
				list = append(list, Mentioned{Mention: Mention{"movements", strconv.FormatInt(r.Seq, 10)}, Text: text, By: r.Member, Job: r.Job})
				return nil
			}
		}
		return nil
	})
	return list, err
}

// namingTable looks through the texts of a table that others wrote, and those of the set-up.
func namingTable(ctx context.Context, tx pgx.Tx, org, member flow.ID, t privacy.Table, names privacy.Names, like []string) ([]Mentioned, error) {
	types, err := columnTypes(ctx, tx, t.Name)
	if err != nil {
		return nil, err
	}
	key, err := rowKey(ctx, tx, t.Name)
	if err != nil {
		return nil, err
	}
	var list []Mentioned
	for _, c := range t.Columns() {
		i := slices.IndexFunc(t.Fields, func(f privacy.Field) bool { return f.Column == c })
		if !types[c].text || i >= 0 && t.Fields[i].Erase != privacy.Redact {
			continue
		}
		own := "$2::uuid is null"
		if i >= 0 {
			own = ownRow(t.Fields[i], "$2")
		}
		rows, err := tx.Query(ctx, "select "+key+"::text, "+c+"::text from "+t.Name+" where org_id = $1 and not "+own+" and "+c+"::text ilike any($3) order by 1 limit $4", org, member, like, MostMentions)
		if err != nil {
			return nil, err
		}
		m := Mentioned{Mention: Mention{Place: t.Name}, Column: c, Fixed: i < 0}
		if _, err := pgx.ForEachRow(rows, []any{&m.Key, &m.Text}, func() error {
			if names.In(m.Text) {
				list = append(list, m)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return list, nil
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
