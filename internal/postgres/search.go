package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

const (
	maxSearchWords = 5    // that are looked for; more only narrow
	maxKnownWords  = 40   // words of the organisation that one of them may stand for
	maxPartWords   = 3000 // words that are read for a part
	enoughWords    = 3    // beginnings of words, from which on nobody has misspelt one
	maxFoundIDs    = 600  // jobs that are looked at, the newest of each word
	maxOpening     = 300  // jobs of which the number, or a word, begins with what was typed
)

// Find searches jobs by number (whole, then the beginning or the last digits) and by words of customer and item: each word
// given must begin one of the job's, lie in it, or be spelt nearly like it. The exact number comes first, then open jobs by
// due date, then completed ones. With sites, only jobs of these.
func (db *DB) Find(ctx context.Context, org flow.ID, q string, sites []string, limit int) ([]flow.Job, error) {
	whole := strings.ToLower(flow.NumberKey(q))
	if whole == "" {
		return nil, nil
	}
	meant, err := db.meant(ctx, org, whole)
	if err != nil {
		return nil, err
	}
	var exact, found []flow.Job
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		sql, args := atSites(sites, "select j.state from jobs j where j.org_id = $1 and j.number_key = $2", org, strings.ToUpper(whole))
		queueJobs(b, &exact, sql, args...)
		sql, args = findWords(org, whole, meant)
		sql, args = atSites(sites, sql, args...)
		args = append(args, limit)
		queueJobs(b, &found, sql+" order by j.status desc, j.due, j.id limit $"+itoa(len(args)), args...)
	})
	if err != nil {
		return nil, err
	}
	for _, j := range found {
		if len(exact) == 0 || j.ID != exact[0].ID {
			exact = append(exact, j)
		}
	}
	return exact, nil
}

// meant is a word somebody typed, and the organisation's words that it may stand for: those that it begins, else also those
// that it lies in or that are spelt nearly like it, the likeliest first.
type meant struct {
	typed string
	known []string
}

func (db *DB) meant(ctx context.Context, org flow.ID, whole string) ([]meant, error) {
	var words []meant
	for _, w := range flow.SearchWords(whole) {
		if len(words) < maxSearchWords {
			words = append(words, meant{typed: w})
		}
	}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		for i, w := range words {
			first := string([]rune("  " + w.typed)[:3])
			queueTexts(b, &words[i].known, "select word from word_parts where org_id = $1 and part = $2 and word >= $3 and word < $4 order by word limit $5",
				org, first, w.typed, beyond(w.typed), maxKnownWords)
		}
	})
	if err != nil {
		return nil, err
	}
	near := make([][]string, len(words))
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		for i, w := range words {
			if parts := lookedFor(w.typed); len(w.known) < enoughWords && len(parts) > 0 {
				queueTexts(b, &near[i], `select x.word from unnest($2::text[]) p (part) cross join lateral (
					select word from word_parts where org_id = $1 and part = p.part limit $3) x group by x.word order by count(*) desc, length(x.word) limit $4`,
					org, parts, maxPartWords, maxKnownWords)
			}
		}
	})
	for i, w := range words {
		words[i].known = append(w.known, likely(w.typed, near[i])...)
	}
	return words, err
}

// lookedFor are the parts by which other spellings of a word are found: all of it. Of words with digits in them there are
// none, for 10x12 is not nearly 10x14.
func lookedFor(word string) []string {
	if strings.ContainsAny(word, "0123456789") {
		return nil
	}
	return flow.Parts(word)
}

// likely are those of some words that a word lies in or is spelt nearly like.
func likely(word string, near []string) []string {
	near = slices.DeleteFunc(near, func(w string) bool { return strings.HasPrefix(w, word) || !flow.Resembles(w, word) })
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(flow.Alike(b, word), flow.Alike(a, word)) })
	return near
}

// findWords is the query for jobs whose number begins with what was typed or ends in it, and for those that have, for each
// word, one of the words it stands for. Of the most telling word the newest jobs are looked at, so that one letter does not
// read the whole organisation.
func findWords(org flow.ID, whole string, words []meant) (string, []any) {
	args := []any{org, whole, beyond(whole), maxOpening}
	ids := "(select job_id from job_words where org_id = $1 and word >= $2 and word < $3 limit $4)"
	if len(words) > 0 {
		w := slices.MaxFunc(words, func(a, b meant) int { return len(a.typed) - len(b.typed) })
		args = append(args, w.known, maxFoundIDs/max(1, len(w.known)))
		ids += ` union (select x.job_id from unnest($5::text[]) a (word) cross join lateral (
			select job_id from job_words where org_id = $1 and word = a.word order by job_id desc limit $6) x)`
		if w.typed != whole {
			args = append(args, w.typed, beyond(w.typed))
			ids += " union (select job_id from job_words where org_id = $1 and word >= $7 and word < $8 limit $4)"
		}
	}
	sql := "select j.state from jobs j where j.org_id = $1 and j.id in (" + ids + ")"
	if len(words) > 1 {
		for _, w := range words {
			args = append(args, w.typed, beyond(w.typed), w.known)
			n := len(args)
			sql += " and exists (select from job_words w where w.org_id = $1 and w.job_id = j.id and (w.word >= $" + itoa(n-2) + " and w.word < $" + itoa(n-1) +
				" or w.word = any($" + itoa(n) + ")))"
		}
	}
	return sql, args
}

// atSites is a query of jobs j for those of some sites; none: of any.
func atSites(sites []string, sql string, args ...any) (string, []any) {
	if len(sites) > 0 {
		args = append(args, sites)
		sql += " and j.site = any($" + itoa(len(args)) + ")"
	}
	return sql, args
}

// beyond is the least text that does not begin with a word.
func beyond(word string) string { return word + "\U0010FFFF" }

func queueTexts(b *pgx.Batch, into *[]string, sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		var text string
		_, err := pgx.ForEachRow(rows, []any{&text}, func() error { *into = append(*into, text); return nil })
		return err
	})
}

// queueParts makes the words of jobs be found by their parts. Words that are known cost a look; the others are written in
// their order, so that two commands never wait for each other.
func queueParts(b *pgx.Batch, org flow.ID, words []string) {
	if slices.Sort(words); len(words) == 0 {
		return
	}
	b.Queue(`insert into word_parts select $1, p.part, w.word from unnest($2::text[]) w (word) cross join lateral parts_of(w.word) p (part)
		where not exists (select from word_parts x where x.org_id = $1 and x.part = p.part and x.word = w.word) order by w.word, p.part on conflict do nothing`,
		org, slices.Compact(words))
}
