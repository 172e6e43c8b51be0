package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// BoardQuery asks for a page of the jobs of a process, the earliest due first.
type BoardQuery struct {
	Process flow.ID
	Done    bool        // completed jobs instead of open ones
	Sites   []string    // of these sites only; none: of any
	Filter  flow.Filter // and of those only what it asks for
	Now     flow.Moment // for how long nothing has moved
	After   Place       // keyset: the page after this place
	Before  Place       // or the page before it
	Limit   int
}

func (q BoardQuery) status() string {
	if q.Done {
		return "done"
	}
	return "open"
}

// BoardPage is a page of jobs in the order of the board.
type BoardPage struct {
	Jobs []flow.Job
	More bool  // there may be more in the direction asked: beyond End
	End  Place // how far was looked
}

// A page looks through at most maxSteps times stepRows jobs of one list. Only where nothing but large lists have few jobs in
// common does it end before it is full, and says how far it came.
const (
	stepRows = 2000
	maxSteps = 4
	rare     = 2000 // a list as short as this is looked through whole
)

// Board is a page of the board under a filter. TooBroad is a filter that too many words begin with.
//
// The shortest of the lists that the filter names leads: its jobs are looked at in the order of the board, and of each it is
// asked whether the others have it.
func (db *DB) Board(ctx context.Context, org flow.ID, q BoardQuery) (BoardPage, error) {
	s := &boardSearch{BoardQuery: q, org: org, back: q.Before != Place{}}
	s.at = q.After
	if s.back {
		s.at = q.Before
	}
	if q.Done && q.Filter.OfOpen() {
		return BoardPage{}, nil
	}
	terms := q.Filter.Terms()
	if len(q.Sites) > 0 {
		var sites []string
		for _, site := range q.Sites {
			sites = append(sites, flow.TermSite(site))
		}
		terms = append(terms, flow.TermSearch{Terms: sites})
	}
	var err error
	if s.terms, err = db.begun(ctx, org, q, terms); err != nil {
		return BoardPage{}, err
	}
	for _, t := range s.terms {
		if len(t.Terms) == 0 {
			return BoardPage{}, nil
		}
	}
	if err := db.choose(ctx, s); err != nil {
		return BoardPage{}, err
	}
	return db.walk(ctx, s)
}

// boardSearch is one page being looked for.
type boardSearch struct {
	BoardQuery
	org   flow.ID
	terms []flow.TermSearch
	lead  int  // which of terms leads, or one of the below
	back  bool // towards earlier dates
	at    Place
	args  []any

	counting bool // only how long a list is matters
}

// What leads when no list of terms does.
const (
	leadAll   = -1 - iota // all jobs of the process
	leadStage             // what is at the stage
	leadStill             // what came to where it is before, which is few
)

func (s *boardSearch) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + itoa(len(s.args))
}

func (s *boardSearch) order(due, id string) string {
	switch {
	case s.counting:
		return ""
	case s.back:
		return " order by " + due + " desc, " + id + " desc"
	}
	return " order by " + due + ", " + id
}

// bounds hold a list to the due dates and to what is beyond the place. On the side where reading begins there is one bound
// only: with two the database may begin at the looser one.
func (s *boardSearch) bounds(due, id string) string {
	from, to, at := string(s.Filter.From), string(s.Filter.To), s.at
	if to == "" && from != "" {
		to = lastDue // what has no date is not due then
	}
	switch {
	case at == Place{}:
	case s.back && to != "" && string(at.Due) > to, !s.back && string(at.Due) < from:
		at = Place{}
	case s.back:
		to = ""
	default:
		from = ""
	}
	sql := ""
	if at != (Place{}) {
		way := ">"
		if s.back {
			way = "<"
		}
		sql = " and (" + due + ", " + id + ") " + way + " (" + s.arg(string(at.Due)) + "::text::date, " + s.arg(at.Job) + ")"
	}
	if from != "" {
		sql += " and " + due + " >= " + s.arg(from) + "::text::date"
	}
	if to != "" {
		sql += " and " + due + " <= " + s.arg(to) + "::text::date"
	}
	return sql
}

// lastDue is the last day before that of jobs without a due date.
const lastDue = "9999-12-30"

func (s *boardSearch) moved() any { return s.Now.Add(-s.Filter.Still).Time() }

// list is the beginning of what leads: due and job_id, in order, at most so many.
func (s *boardSearch) list(lead, limit int) string {
	key := "org_id = " + s.arg(s.org) + " and process_id = " + s.arg(s.Process)
	most := " limit " + s.arg(limit)
	switch lead {
	case leadAll:
		return "select due, id job_id from jobs where " + key + " and status = " + s.arg(s.status()) + s.bounds("due", "id") + s.order("due", "id") + most
	case leadStage:
		return "select due, job_id from work where " + key + " and stage = " + s.arg(s.Filter.Stage) + s.bounds("due", "job_id") + s.order("due", "job_id") + most
	case leadStill: // where something of every stage is, from stage to stage in the index; and what is nowhere
		return `select due, job_id from (
			with recursive stages as ((select stage from work where ` + key + ` order by stage limit 1)
				union all select (select w.stage from work w where w.` + strings.Replace(key, "and ", "and w.", 1) + ` and w.stage > s.stage order by w.stage limit 1) from stages s where s.stage is not null)
			select l.due, l.job_id from stages s cross join lateral (select due, job_id from work where ` + key + " and stage = s.stage and ready_at <= " + s.arg(s.moved()) +
			s.bounds("due", "job_id") + most + `) l
			union select due, job_id from job_terms where ` + key + " and status = 'open' and term = " + s.arg(flow.TermIdle) + s.bounds("due", "job_id") + ") still" +
			s.order("due", "job_id") + most
	}
	terms := s.terms[lead].Terms
	one := "select due, job_id from job_terms where " + key + " and status = " + s.arg(s.status()) + " and term = "
	if len(terms) == 1 {
		return one + s.arg(terms[0]) + s.bounds("due", "job_id") + s.order("due", "job_id") + most
	}
	return "select distinct l.due, l.job_id from unnest(" + s.arg(terms) + "::text[]) x cross join lateral (" + one + "x" + s.bounds("due", "job_id") +
		s.order("due", "job_id") + most + ") l" + s.order("l.due", "l.job_id") + most
}

// asks are what is asked of each entry d of the list that leads. Each is one look into an index: as scalar subqueries, so that
// the database does not read a whole list instead.
func (s *boardSearch) asks() string {
	var b strings.Builder
	for i, t := range s.terms {
		if i == s.lead {
			continue
		}
		b.WriteString(" and (select true from job_terms t where t.org_id = " + s.arg(s.org) + " and t.process_id = " + s.arg(s.Process) + " and t.status = " + s.arg(s.status()))
		if len(t.Terms) == 1 {
			b.WriteString(" and t.term = " + s.arg(t.Terms[0]))
		} else {
			b.WriteString(" and t.term = any(" + s.arg(t.Terms) + ")")
		}
		b.WriteString(" and t.due = d.due and t.job_id = d.job_id limit 1)")
	}
	f := s.Filter
	if f.Stage != "" && s.lead != leadStage || count(f.Stage != "", f.Held, f.Away, f.Rework) > 1 { // all of it at one stage
		b.WriteString(" and (select true from work w where w.org_id = " + s.arg(s.org) + " and w.job_id = d.job_id")
		if f.Held {
			b.WriteString(" and w.status = 'hold'")
		}
		if f.Stage != "" {
			b.WriteString(" and w.stage = " + s.arg(f.Stage))
		}
		if f.Away {
			b.WriteString(" and w.away")
		}
		if f.Rework {
			b.WriteString(" and w.again")
		}
		b.WriteString(" limit 1)")
	}
	return b.String()
}

func count(flags ...bool) (n int) {
	for _, on := range flags {
		if on {
			n++
		}
	}
	return n
}

// choose finds what leads: the shortest list, as far as it matters.
func (db *DB) choose(ctx context.Context, s *boardSearch) error {
	var leads []int
	for i := range s.terms {
		leads = append(leads, i)
	}
	if s.Filter.Stage != "" {
		leads = append(leads, leadStage)
	}
	if s.Filter.Still != 0 {
		leads = append(leads, leadStill)
	}
	s.lead = leadAll
	switch {
	case len(leads) == 0:
		return nil
	case len(leads) == 1 && leads[0] != leadStill:
		s.lead = leads[0]
		return nil
	}
	sizes := make([]int, len(leads))
	s.counting = true
	defer func() { s.counting = false }()
	err := db.tenant(ctx, s.org, func(b *pgx.Batch) {
		for i, lead := range leads {
			s.args = nil
			b.Queue("select count(*) from ("+s.list(lead, rare+1)+") l", s.args...).QueryRow(func(row pgx.Row) error { return row.Scan(&sizes[i]) })
		}
	})
	shortest := slices.Index(sizes, slices.Min(sizes))
	if s.lead = leads[shortest]; s.lead == leadStill && sizes[shortest] > rare {
		s.lead = leadAll
	}
	return err
}

// walk goes through the list that leads, step by step, until the page is full.
func (db *DB) walk(ctx context.Context, s *boardSearch) (BoardPage, error) {
	step := stepRows + 1
	if s.asks() == "" && s.Filter.Still == 0 {
		step = s.Limit + 1
	}
	page := BoardPage{}
	var err error
	if s.lead == leadStage {
		if page, err = db.dense(ctx, s); err != nil || page.More {
			return page, err
		}
	}
	for looked := 0; ; {
		n, err := db.step(ctx, s, step, &page)
		if err != nil {
			return page, err
		}
		looked += n
		page.End = s.at
		if page.More = n == step; page.full(s) || !page.More || looked >= stepRows*maxSteps {
			break
		}
	}
	if s.back {
		slices.Reverse(page.Jobs)
	}
	return page, nil
}

// full cuts a page that has more than it may.
func (p *BoardPage) full(s *boardSearch) bool {
	if len(p.Jobs) <= s.Limit {
		return false
	}
	p.Jobs = p.Jobs[:s.Limit]
	p.More, p.End = true, PlaceOf(p.Jobs[s.Limit-1])
	return true
}

// dense tries to fill the page from the next jobs of the process. The list of a stage is in another order than the board's,
// so that each page of it sorts all that is there; where much is there, this is sooner done.
func (db *DB) dense(ctx context.Context, s *boardSearch) (BoardPage, error) {
	try := *s
	try.lead = leadAll
	var page BoardPage
	_, err := db.step(ctx, &try, stepRows+1, &page)
	if err != nil || !page.full(s) {
		return BoardPage{}, err
	}
	if s.back {
		slices.Reverse(page.Jobs)
	}
	return page, nil
}

// step adds what matches of the next jobs of the list that leads, and goes on to the last of them. It reports how many they
// were.
func (db *DB) step(ctx context.Context, s *boardSearch, step int, page *BoardPage) (n int, err error) {
	var last Place
	var due string
	err = db.tenant(ctx, s.org, func(b *pgx.Batch) {
		s.args = nil
		still := ""
		list := s.list(s.lead, step)
		if s.Filter.Still != 0 {
			still = " and moved_at <= " + s.arg(s.moved())
		}
		sql := `select j.state from (` + list + `) d cross join lateral (select state from jobs where org_id = ` + s.arg(s.org) +
			` and id = d.job_id` + still + ` offset 0) j where true` + s.asks() + s.order("d.due", "d.job_id") + " limit " + s.arg(s.Limit+1-len(page.Jobs))
		queueJobs(b, &page.Jobs, sql, s.args...)
		s.args = nil
		sql = "select due::text, job_id, count(*) over () from (" + s.list(s.lead, step) + ") l"
		s.back = !s.back
		sql += s.order("due", "job_id") + " limit 1"
		s.back = !s.back
		b.Queue(sql, s.args...).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&due, &last.Job, &n}, func() error { return nil })
			return err
		})
	})
	if n > 0 {
		last.Due = flow.Date(due)
		s.at = last
	}
	return n, err
}
