package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Challan is a delivery note for job work at a vendor.
type Challan struct {
	Number   string
	Vendor   flow.ID
	Expected flow.Date // when it is to be back, empty when nobody said
	Note     string
	Goods    flow.Goods
	Sent     time.Time
	By       flow.ID
	Open     int // how many of its lines have something that is still there
	Lines    []ChallanLine
}

// ChallanLine is a job on a challan. Jobs carry what is still there in their own state.
type ChallanLine struct {
	Job      flow.Job
	Stage    string
	Quantity flow.Quantity // that went
	Left     flow.Quantity // that is still there
}

const selectChallans = `select c.number, c.vendor_id, coalesce(to_char(c.expected, 'YYYY-MM-DD'), ''), c.note, c.goods, c.sent_at, c.sent_by,
	(select count(*) from challan_lines l where l.org_id = c.org_id and l.number = c.number and l.left_there > 0) as open from challans c`

// OpenChallans are the challans that have something at a vendor, the oldest first, at most limit; of all vendors for the
// zero ID.
func (db *DB) OpenChallans(ctx context.Context, org, vendor flow.ID, limit int) ([]Challan, error) {
	return db.challans(ctx, org, selectChallans+` where c.org_id = $1 and (c.vendor_id = $2 or $3) and c.number in
		(select number from challan_lines where org_id = $1 and left_there > 0) order by c.sent_at, c.number limit $4`, org, vendor, vendor.IsZero(), limit)
}

// AgedChallans are the open challans of goods that went to job workers before a moment, by what the goods are: those whose
// day by law may be near. The oldest come first, at most limit. Kinds that are not named have no day.
func (db *DB) AgedChallans(ctx context.Context, org flow.ID, before map[flow.Goods]time.Time, limit int) ([]Challan, error) {
	return db.challans(ctx, org, selectChallans+` where c.org_id = $1 and (c.goods = $2 and c.sent_at < $3 or c.goods = $4 and c.sent_at < $5) and c.number in
		(select number from challan_lines where org_id = $1 and left_there > 0) order by c.sent_at, c.number limit $6`,
		org, flow.Inputs, before[flow.Inputs], flow.CapitalGoods, before[flow.CapitalGoods], limit)
}

// ChallanQuery asks for a page of a vendor's challans: those that have something there, the oldest first, or those that are
// over, the newest first.
type ChallanQuery struct {
	Vendor flow.ID
	Over   bool
	After  ChallanPlace // keyset: the page after this one
	Limit  int
}

// ChallanPlace is a position in a list of challans; the zero one is its beginning.
type ChallanPlace struct {
	Sent   time.Time
	Number string
}

// Challans is a page of a vendor's challans, and whether there are more.
func (db *DB) Challans(ctx context.Context, org flow.ID, q ChallanQuery) (list []Challan, more bool, err error) {
	there, beyond, order := "in", ">", "c.sent_at, c.number"
	if q.Over {
		there, beyond, order = "not in", "<", "c.sent_at desc, c.number desc"
	}
	list, err = db.challans(ctx, org, selectChallans+` where c.org_id = $1 and c.vendor_id = $2 and c.number `+there+`
		(select number from challan_lines where org_id = $1 and left_there > 0) and ($3 = '' or (c.sent_at, c.number) `+beyond+` ($4, $3))
		order by `+order+" limit $5", org, q.Vendor, q.After.Number, q.After.Sent, q.Limit+1)
	if more = len(list) > q.Limit; more {
		list = list[:q.Limit]
	}
	return list, more, err
}

func (db *DB) challans(ctx context.Context, org flow.ID, sql string, args ...any) ([]Challan, error) {
	var list []Challan
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
			var c Challan
			_, err := pgx.ForEachRow(rows, []any{&c.Number, &c.Vendor, &c.Expected, &c.Note, &c.Goods, &c.Sent, &c.By, &c.Open}, func() error {
				list = append(list, c)
				return nil
			})
			return err
		})
	})
	return list, err
}

// Lines adds the lines to challans, all in one question.
func (db *DB) Lines(ctx context.Context, org flow.ID, list []Challan) error {
	at, numbers := map[string]int{}, make([]string, len(list))
	for i, c := range list {
		at[c.Number], numbers[i] = i, c.Number
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select l.number, l.stage, trim_scale(l.quantity)::text, trim_scale(l.left_there)::text, j.state from challan_lines l
			join jobs j on j.org_id = l.org_id and j.id = l.job_id where l.org_id = $1 and l.number = any($2) order by l.number, j.number, l.stage`, org, numbers).
			Query(func(rows pgx.Rows) error {
				for rows.Next() {
					line, number, err := scanLine(rows)
					if err != nil {
						return err
					}
					list[at[number]].Lines = append(list[at[number]].Lines, line)
				}
				return rows.Err()
			})
	})
}

func scanLine(rows pgx.Rows) (line ChallanLine, number string, err error) {
	var quantity, left, state string
	if err := rows.Scan(&number, &line.Stage, &quantity, &left, &state); err != nil {
		return line, number, err
	}
	if line.Quantity, err = flow.ParseQuantity(quantity); err != nil {
		return line, number, err
	}
	if line.Left, err = flow.ParseQuantity(left); err != nil {
		return line, number, err
	}
	line.Job, err = decodeJob(state)
	return line, number, err
}

// Challan is one challan with its lines.
func (db *DB) Challan(ctx context.Context, org flow.ID, number string) (Challan, error) {
	list, err := db.challans(ctx, org, selectChallans+" where c.org_id = $1 and c.number = $2", org, number)
	if err != nil {
		return Challan{}, err
	}
	if len(list) == 0 {
		return Challan{}, ErrNotFound
	}
	err = db.Lines(ctx, org, list)
	return list[0], err
}

// DuePlace is a position in the list of what is at a vendor: after the challan of that number, expected back that day.
type DuePlace struct {
	Expected flow.Date
	Number   string
}

// AtVendors is a page of the challans that have something at some vendors, what is expected first before the rest, and
// those that nobody expects on a day last; and whether there are more.
func (db *DB) AtVendors(ctx context.Context, org flow.ID, vendors []flow.ID, after DuePlace, limit int) (list []Challan, more bool, err error) {
	if after.Expected == "" {
		after.Expected = "0001-01-01"
	}
	list, err = db.challans(ctx, org, selectChallans+` where c.org_id = $1 and c.vendor_id = any($2)
		and c.number in (select number from challan_lines where org_id = $1 and left_there > 0)
		and (coalesce(c.expected, '`+noDue+`'), c.number) > ($3::text::date, $4) order by coalesce(c.expected, '`+noDue+`'), c.number limit $5`,
		org, uuids(vendors), string(after.Expected), after.Number, limit+1)
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	return list, more, err
}

// Place is where a challan is in the list of what is at vendors.
func (c Challan) Place() DuePlace {
	if c.Expected == "" {
		return DuePlace{noDue, c.Number}
	}
	return DuePlace{c.Expected, c.Number}
}

// ChallansOf are the challans of some numbers with their lines, the oldest first.
func (db *DB) ChallansOf(ctx context.Context, org flow.ID, numbers []string) ([]Challan, error) {
	list, err := db.challans(ctx, org, selectChallans+" where c.org_id = $1 and c.number = any($2) order by c.sent_at, c.number", org, numbers)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list, db.Lines(ctx, org, list)
}
