package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/privacy"
)

// PackRow is what of a row is about the person, by column. Nothing of anybody else is in it: other people are there by their
// role, and what is about them not at all.
type PackRow map[string]any

// What a pack says in the place of a value.
const (
	PackKept  = "kept, not shown" // it would open something: a secret, or bytes
	PackNamed = "names you"       // a text of which the rest is not the person's
)

// Packer gets what is kept about a person, table by table in the register's order.
type Packer interface {
	Table(t privacy.Table) error
	Row(r PackRow) error
	// Picture is one that the person added, by its id.
	Picture(id flow.ID) error
}

// Pack reads everything that is kept about a member, as it was at one moment: every row of every table that has their id, their
// name or what they log in with, in any column. It holds one row in memory, and
// none of its statements looks at more of a table than a leaf.
func (db *DB) Pack(ctx context.Context, org, member flow.ID, to Packer) error {
	m, err := db.Member(ctx, org, member)
	if err != nil {
		return err
	}
	return db.inSnapshot(ctx, org, func(tx pgx.Tx) error {
		p := packing{tx: tx, org: org, me: m, names: privacy.NewNames(calledBy(m.Name, m.Logins)...), patterns: append(patterns(m.Name, m.Logins), "%"+m.ID.String()+"%"), to: to}
		if err := planLeaves(ctx, tx); err != nil {
			return err
		}
		if err := p.readOthers(ctx); err != nil {
			return err
		}
		for _, t := range privacy.Register {
			if err := p.table(ctx, t); err != nil {
				return fmt.Errorf("the pack's %s: %w", t.Name, err)
			}
		}
		return p.pictures(ctx)
	})
}

type packing struct {
	tx       pgx.Tx
	org      flow.ID
	me       Member
	names    privacy.Names
	patterns []string // what the database looks for: what the person is called, and their id
	to       Packer
	ids      map[string]string // roles of all others by id
	called   []roleNames
}

// roleNames are what the others of a role are called.
type roleNames struct {
	role  string
	names privacy.Names
}

// readOthers learns who else there is, so that they are not in the pack.
func (p *packing) readOthers(ctx context.Context) error {
	rows, err := p.tx.Query(ctx, `select m.id::text, m.name, m.role, coalesce(array_agg(l.login) filter (where l.login is not null), '{}')
		from members m left join logins l on l.org_id = m.org_id and l.member_id = m.id where m.org_id = $1 and m.id <> $2 group by m.org_id, m.id`, p.org, p.me.ID)
	if err != nil {
		return err
	}
	p.ids = map[string]string{}
	called := map[string][]string{}
	var id, name, role string
	var logins []string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name, &role, &logins}, func() error {
		as := "a " + role
		if role == string(flow.Owner) || role == string(flow.Operator) {
			as = "an " + role
		}
		p.ids[id] = as
		if !p.names.In(name) { // one who is called the same stays: it is the person's own name
			called[as] = append(called[as], calledBy(name, logins)...)
		}
		return nil
	}); err != nil {
		return err
	}
	for role, names := range called {
		p.called = append(p.called, roleNames{role, privacy.NewNames(names...)})
	}
	return nil
}

// packTable is a table as a pack reads it.
type packTable struct {
	privacy.Table
	types  map[string]column
	fields map[string]privacy.Field // by column
}

func (p *packing) table(ctx context.Context, of privacy.Table) error {
	t := packTable{Table: of, fields: map[string]privacy.Field{}}
	for _, f := range of.Fields {
		t.fields[f.Column] = f
	}
	var err error
	if t.types, err = columnTypes(ctx, p.tx, t.Name); err != nil {
		return err
	}
	begun := false
	return eachLeaf(ctx, p.tx, p.org, t.Name, func(where string, args []any) error {
		rows, err := p.find(ctx, t, where, args)
		if err != nil {
			return err
		}
		var text string
		_, err = pgx.ForEachRow(rows, []any{&text}, func() error {
			if !begun {
				begun = true
				if err := p.to.Table(of); err != nil {
					return err
				}
			}
			return p.show(t, text)
		})
		return err
	})
}

// find finds those of some rows of a table that have the person somewhere. Names of tables and columns are the register's.
func (p *packing) find(ctx context.Context, t packTable, where string, args []any) (pgx.Rows, error) {
	var has, texts, cells []string
	me, called := len(args)+1, len(args)+2
	for _, c := range t.Columns() {
		q := pgx.Identifier{c}.Sanitize()
		switch k := t.types[c]; {
		case k.name == "uuid":
			has = append(has, fmt.Sprintf("%s = $%d", q, me))
		case k.text, k.name == "text[]":
			texts = append(texts, q)
		}
		if t.types[c].bytes {
			q += " is not null"
		}
		cells = append(cells, "'"+c+"', "+q)
	}
	if texts != nil {
		has = append(has, said(texts, called))
	}
	return p.tx.Query(ctx, fmt.Sprintf("select jsonb_build_object(%s)::text from %s where %s and ($%d::uuid is null or $%d::text[] is null or %s) order by %s",
		strings.Join(cells, ", "), t.Name, where, me, called, strings.Join(has, " or "), order1(t.types)), append(args[:len(args):len(args)], p.me.ID, p.patterns)...)
}

// show gives a row, as far as it is the person's.
func (p *packing) show(t packTable, text string) error {
	var row map[string]any
	if err := json.Unmarshal([]byte(text), &row); err != nil {
		return err
	}
	out, err := p.row(t, row)
	if err != nil {
		return err
	}
	return p.to.Row(out)
}

// order1 is an order of a table's rows that is always the same.
func order1(types map[string]column) string {
	for _, c := range []string{"seq", "at", "opened_at", "created_at"} {
		if _, ok := types[c]; ok {
			return c + ", 1"
		}
	}
	return "1"
}

// row is what of a row is shown.
func (p *packing) row(t packTable, row map[string]any) (PackRow, error) {
	out := PackRow{}
	me := p.me.ID.String()
	for c, value := range row {
		f, personal := t.fields[c]
		switch {
		case c == "org_id" || value == nil:
		case !personal:
			if !t.types[c].bytes {
				out[c] = p.scrub(value)
			}
		case t.Name == "movements" && c == "facts":
			facts, err := p.facts(row, value)
			if err != nil {
				return nil, err
			}
			out[c] = facts
		case f.Erase == privacy.Redact && slices.Contains(derived, t.Name): // the same once more
		case f.Whose == "" || row[f.Whose] != me:
			if v := p.others(f, value); v != nil {
				out[c] = v
			}
		case f.Export == privacy.Said || t.types[c].bytes:
			if value != false {
				out[c] = PackKept
			}
		default:
			out[c] = p.scrub(value)
		}
	}
	return out, nil
}

// others is what is shown of a field that is about somebody else, or about nobody: who it is by their role, and a text that
// names the person.
func (p *packing) others(f privacy.Field, value any) any {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	if role, ok := p.ids[text]; ok {
		return role
	}
	if !p.names.In(text) && !strings.Contains(text, p.me.ID.String()) {
		return nil
	}
	if f.Erase == privacy.Redact && f.Seen != privacy.Colleagues {
		return PackNamed
	}
	return p.scrub(text)
}

// facts are the particulars of a movement: of the person's own all but the customer, of others' the texts that name the person.
func (p *packing) facts(row map[string]any, value any) (any, error) {
	var facts flow.Facts
	if err := json.Unmarshal([]byte(fmt.Sprint(value)), &facts); err != nil {
		return nil, err
	}
	own := row["member_id"] == p.me.ID.String()
	customer := facts.Customer
	facts = facts.Redact(flow.Kind(fmt.Sprint(row["kind"])), func(s string) string {
		if p.names.In(s) || own && s != customer {
			return p.scrubText(s)
		}
		return ""
	})
	return p.scrub(facts.Encode()), nil
}

// scrub takes everybody else out of a value.
func (p *packing) scrub(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	text = p.scrubText(text)
	var parsed any
	if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &parsed) == nil {
		return parsed
	}
	return text
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func (p *packing) scrubText(s string) string {
	for _, r := range p.called {
		s = r.names.Replace(s, r.role)
	}
	return anyID.ReplaceAllStringFunc(s, func(id string) string {
		if role, ok := p.ids[id]; ok {
			return role
		}
		return id
	})
}

// pictures are those that the person added and that are still there.
func (p *packing) pictures(ctx context.Context) error {
	rows, err := p.tx.Query(ctx, "select id from pictures where org_id = $1 and member_id = $2 and erased_at is null order by added_at, id", p.org, p.me.ID)
	if err != nil {
		return err
	}
	var id flow.ID
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { return p.to.Picture(id) })
	return err
}
