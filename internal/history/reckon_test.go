package history_test

import (
	"maps"
	"slices"
	"sort"
	"time"
)

// reckon is every key figure of the file, by the path it has in the JSON.
func reckon(all []line) expected {
	byJob := map[string][]line{}
	for _, l := range all {
		byJob[l.job] = append(byJob[l.job], l)
	}
	var orders []*order
	for _, rows := range byJob {
		orders = append(orders, follow(rows))
	}
	e := expected{}
	from, to := period(all)
	for _, name := range []string{"all", "processes/Machining"} {
		e.group(name, orders, func(time.Time) bool { return true }, pair{from, to})
		e.open(name, orders, to)
	}
	for m := time.January; m <= time.March; m++ {
		begin := time.Date(2012, m, 1, 0, 0, 0, 0, from.Location())
		in := pair{begin, begin.AddDate(0, 1, 0)}
		if in.from.Before(from) {
			in.from = from
		}
		if in.to.After(to) {
			in.to = to
		}
		e.group("months/"+begin.Format("2006-01"), orders, func(t time.Time) bool { return t.Month() == m }, in)
	}
	e.stages(orders, to)
	e.stations(orders, all, pair{from, to})
	return e
}

// group reckons the figures of the things that happened at some times.
func (e expected) group(path string, orders []*order, when func(time.Time) bool, in pair) {
	var leads, cycles []pair
	var run, lead, runW, leadW float64
	created, done, shipped := 0, 0, 0
	for _, o := range orders {
		if when(o.created) {
			created++
		}
		if o.ended.IsZero() || !when(o.ended) {
			continue
		}
		done++
		shipped += o.shipped
		leads = append(leads, pair{o.created, o.ended})
		began := time.Time{}
		for _, s := range o.stays {
			if s.run.IsZero() {
				continue
			}
			if began.IsZero() || s.run.Before(began) {
				began = s.run
			}
			run, runW = run+s.out.Sub(s.run).Hours(), runW+working(s.run, s.out)
		}
		cycles = append(cycles, pair{began, o.ended})
		lead, leadW = lead+o.ended.Sub(o.created).Hours(), leadW+working(o.created, o.ended)
	}
	e[path+"/jobs"], e[path+"/completed"], e[path+"/dispatched"] = float64(created), float64(done), float64(shipped)
	e.both(path+"/lead_time", leads)
	e.both(path+"/cycle_time", cycles)
	e.share(path+"/flow_efficiency/elapsed", run, lead, done)
	e.share(path+"/flow_efficiency/working", runW, leadW, done)
	e.share(path+"/per_working_day", float64(done), days(in), done)
	e.amounts(path+"/amounts", orders, when, "")
	e.rolled(path, orders, when)
	e.dist(path+"/wip/age/elapsed_hours", nil)
	e.dist(path+"/wip/age/working_hours", nil)
}

// days are the stretches of 24 hours from a time on in which there is work.
func days(in pair) float64 {
	n := 0.0
	for day := in.from; day.Before(in.to); day = day.Add(24 * time.Hour) {
		end := day.Add(24 * time.Hour)
		if end.After(in.to) {
			end = in.to
		}
		if working(day, end) > 0 {
			n++
		}
	}
	return n
}

// amounts adds up the rows of one stage, or of all.
func (e expected) amounts(path string, orders []*order, when func(time.Time) bool, stage string) {
	var reports, came, good, bad, rework, start float64
	for _, o := range orders {
		was, first := false, 0.0
		for _, r := range o.rows {
			if !when(r.to) || stage != "" && r.at != stage {
				continue
			}
			was = true
			reports, good, bad, rework = reports+1, good+float64(r.good), bad+float64(r.bad), rework+float64(r.rework)
		}
		for _, c := range o.comings {
			if stage == "" && !when(c.day) {
				continue
			}
			if c.at == o.route[0] {
				first += float64(c.n)
			}
			if stage == "" || c.at == stage {
				was = true
				came += float64(c.n)
			}
		}
		if was || stage == "" {
			start += first
		}
	}
	n := int(reports)
	e[path+"/reports"], e[path+"/came"], e[path+"/good"], e[path+"/wasted"], e[path+"/sent_back"] = reports, came, good, bad, rework
	e.share(path+"/rejection_rate", bad, good+bad, n)
	e.share(path+"/wastage", bad, came, n)
	e.share(path+"/fall_off", bad, start, n)
	e.share(path+"/rework", rework, came, n)
	e.share(path+"/first_pass_yield", good-rework, good+bad, n)
}

func (e expected) rolled(path string, orders []*order, when func(time.Time) bool) {
	good, all := map[string]float64{}, map[string]float64{}
	for _, o := range orders {
		for _, r := range o.rows {
			if when(r.to) {
				good[r.at] += float64(r.good - r.rework)
				all[r.at] += float64(r.good + r.bad)
			}
		}
	}
	product, n := 1.0, 0
	for at, whole := range all {
		if whole > 0 {
			product, n = product*good[at]/whole, n+1
		}
	}
	e.share(path+"/rolled_throughput_yield", product, 1, n)
}

// open reckons what is not completed at the end of the file.
func (e expected) open(path string, orders []*order, to time.Time) {
	n, left := 0, 0
	var ages []pair
	for _, o := range orders {
		if !o.ended.IsZero() {
			continue
		}
		n++
		began := time.Time{}
		for _, s := range o.stays {
			left += s.left
			if !s.run.IsZero() && (began.IsZero() || s.run.Before(began)) {
				began = s.run
			}
		}
		if !began.IsZero() {
			ages = append(ages, pair{began, to})
		}
	}
	e[path+"/wip/jobs"], e[path+"/wip/quantity"] = float64(n), float64(left)
	e.both(path+"/wip/age", ages)
}

// split is a stay as two stretches, the wait and the run, told up to the end of the file.
func (s *sojourn) split(to time.Time) (wait, run pair) {
	out := s.out
	if out.IsZero() {
		out = to
	}
	if s.run.IsZero() {
		return pair{s.came, out}, pair{out, out}
	}
	return pair{s.came, s.run}, pair{s.run, out}
}

func (e expected) stages(orders []*order, to time.Time) {
	stays, names := map[string][]*sojourn{}, map[string]bool{}
	for _, o := range orders {
		for _, at := range o.route {
			names[at] = true
		}
		for _, s := range o.stays {
			stays[s.at] = append(stays[s.at], s)
		}
	}
	var queue, active named
	for _, at := range slices.Sorted(maps.Keys(names)) {
		path := "stages/" + at
		var tat, waits, runs, none, ages, load []pair
		var on []pair
		left := 0
		for _, s := range stays[at] {
			wait, run := s.split(to)
			if wait.from.Before(wait.to) || s.run.After(s.came) || s.run.IsZero() || s.machine != "" {
				load = append(load, wait)
			}
			if !s.run.IsZero() {
				on = append(on, run)
			}
			if s.out.IsZero() {
				ages, left = append(ages, pair{s.came, to}), left+s.left
				continue
			}
			tat, waits, runs, none = append(tat, pair{s.came, s.out}), append(waits, wait), append(runs, run), append(none, pair{s.out, s.out})
		}
		for name, list := range map[string][]pair{"tat": tat, "queue": waits, "run": runs, "hold": none, "at_vendor": none, "wip/age": ages} {
			e.both(path+"/"+name, list)
		}
		e[path+"/wip/jobs"], e[path+"/wip/quantity"] = float64(len(ages)), float64(left)
		e.load(path+"/queue_load", load)
		e.amounts(path+"/amounts", orders, func(time.Time) bool { return true }, at)
		queue.most(at, e[path+"/queue_load/working_hours"], len(load), len(ages), 5)
		active.most(at, longest(on), len(on), len(ages), 1)
	}
	queue.tell(e, "bottleneck/longest_queue")
	active.tell(e, "bottleneck/longest_active")
}

// named is where there is the most of something.
type named struct {
	name    string
	value   float64
	n, jobs int
}

func (m *named) most(name string, value float64, n, jobs, enough int) {
	if n >= enough && value > m.value+1e-9 { // the first by name of those that are equal
		*m = named{name, value, n, jobs}
	}
}

func (m *named) tell(e expected, path string) {
	e[path+"/value"], e[path+"/n"], e[path+"/jobs"] = m.value, float64(m.n), float64(m.jobs)
}

// longest is the most working hours in which one stretch followed another without working time between them.
func longest(list []pair) float64 {
	sort.Slice(list, func(i, j int) bool { return list[i].from.Before(list[j].from) })
	most := 0.0
	for i := 0; i < len(list); {
		end, j := list[i].to, i+1
		for ; j < len(list) && (!list[j].from.After(end) || working(end, list[j].from) == 0); j++ {
			if list[j].to.After(end) {
				end = list[j].to
			}
		}
		most = max(most, working(list[i].from, end))
		i = j
	}
	return most
}

func (e expected) stations(orders []*order, all []line, in pair) {
	waits, runs := map[string][]pair{}, map[string][]pair{}
	for _, o := range orders {
		for _, s := range o.stays {
			if s.machine != "" {
				waits[s.machine] = append(waits[s.machine], pair{s.came, s.run})
			}
		}
	}
	for _, l := range all {
		if l.from.Before(l.to) {
			runs[l.machine] = append(runs[l.machine], pair{l.from, l.to})
		}
	}
	var busy named
	for _, machine := range slices.Sorted(maps.Keys(runs)) {
		list := runs[machine]
		// every minute in which it ran, once
		minutes := map[int64]bool{}
		for _, p := range list {
			for m := p.from.Unix() / 60; m < p.to.Unix()/60; m++ {
				minutes[m] = true
			}
		}
		elapsed, work := 0.0, 0.0
		for m := range minutes {
			at := time.Unix(m*60, 0).In(in.from.Location())
			elapsed += 1.0 / 60
			if at.Weekday() != time.Sunday && at.Hour() >= 9 && at.Hour() < 18 {
				work += 1.0 / 60
			}
		}
		path := "stations/" + machine
		e[path+"/run/elapsed_hours"], e[path+"/run/working_hours"] = elapsed, work
		e.load(path+"/queue", waits[machine])
		e[path+"/run/n"], e[path+"/utilisation/n"] = float64(len(list)), float64(len(list))
		if len(list) >= 5 {
			e[path+"/utilisation/share"] = work / working(in.from, in.to)
			busy.most(machine, work/working(in.from, in.to), len(list), 0, 5)
		}
	}
	busy.tell(e, "bottleneck/highest_utilisation")
}
