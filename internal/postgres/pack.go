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
// name or what they log in with, in any column. It holds one row in memory.
func (db *DB) Pack(ctx context.Context, org, member flow.ID, to Packer) error {
	m, err := db.Member(ctx, org, member)
	if err != nil {
		return err
	}
	return db.inSnapshot(ctx, org, func(tx pgx.Tx) error {
		p := packing{tx: tx, org: org, me: m, names: privacy.NewNames(calledBy(m.Name, m.Logins)...), to: to}
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
	tx     pgx.Tx
	org    flow.ID
	me     Member
	names  privacy.Names
	to     Packer
	ids    map[string]string // roles of all others by id
	called []roleNames
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

func (p *packing) table(ctx context.Context, t privacy.Table) error {
	types, err := columnTypes(ctx, p.tx, t.Name)
	if err != nil {
		return err
	}
	sql, fields := p.query(t, types)
	rows, err := p.tx.Query(ctx, sql, p.org, p.me.ID, p.me.ID.String(), patterns(p.me.Name, p.me.Logins))
	if err != nil {
		return err
	}
	var text string
	begun := false
	_, err = pgx.ForEachRow(rows, []any{&text}, func() error {
		var row map[string]any
		if err := json.Unmarshal([]byte(text), &row); err != nil {
			return err
		}
		if !begun {
			begun = true
			if err := p.to.Table(t); err != nil {
				return err
			}
		}
		out, err := p.row(t, fields, types, row)
		if err != nil {
			return err
		}
		return p.to.Row(out)
	})
	return err
}

// query finds the rows of a table that have the person somewhere. Names of tables and columns are the register's.
func (p *packing) query(t privacy.Table, types map[string]column) (sql string, fields map[string]privacy.Field) {
	var has, cells []string
	fields = map[string]privacy.Field{}
	for _, f := range t.Fields {
		fields[f.Column] = f
	}
	for _, c := range t.Columns() {
		q := pgx.Identifier{c}.Sanitize()
		switch k := types[c]; {
		case k.name == "uuid":
			has = append(has, q+" = $2")
		case k.text, k.name == "text[]":
			has = append(has, "strpos("+q+"::text, $3) > 0", q+"::text ilike any($4)")
		}
		if types[c].bytes {
			q += " is not null"
		}
		cells = append(cells, "'"+c+"', "+q)
	}
	if has == nil {
		has = []string{"$2::uuid is null"}
	}
	return "select jsonb_build_object(" + strings.Join(cells, ", ") + ")::text from " + t.Name + " where org_id = $1 and ($3::text is null or $4::text[] is null or $2::uuid is null or " +
		strings.Join(has, " or ") + ") order by " + order1(types), fields
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
func (p *packing) row(t privacy.Table, fields map[string]privacy.Field, types map[string]column, row map[string]any) (PackRow, error) {
	out := PackRow{}
	me := p.me.ID.String()
	for c, value := range row {
		f, personal := fields[c]
		switch {
		case c == "org_id" || value == nil:
		case !personal:
			if !types[c].bytes {
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
		case f.Export == privacy.Said || types[c].bytes:
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
