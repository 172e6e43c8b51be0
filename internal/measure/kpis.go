package measure

import "clicarity/internal/flow"

// amounts are the shares of a tally: at a stage what was wasted is told of what the jobs that were there began with, of
// all stages together of what came to the first.
func (t *Tally) amounts(stage bool) Amounts {
	l := ledgerSum{Amounts: Amounts{Reports: int(t.sums[sumReports]), Came: t.quantity(sumCame), Good: t.quantity(sumGood), Wasted: t.quantity(sumWasted),
		Short: t.quantity(sumShort), SentBack: t.quantity(sumSentBack)}, left: t.quantity(sumLeft), second: t.quantity(sumSecond), first: t.quantity(sumFirst),
		start: t.quantity(sumFresh)}
	if stage {
		l.start = t.quantity(sumBase)
	}
	return l.amounts()
}

func (t *Tally) quantity(at int) flow.Quantity { return flow.Quantity(t.sums[at]) }

// KPIs are the figures of a tally. days is how many working days the period had; stage says that it is of single stages;
// stages are tallies of the stages of one process, when the yield through all of them is to be told.
func (t *Tally) KPIs(days float64, stage bool, stages []*Tally) KPIs {
	jobs := int(t.sums[sumCompleted])
	k := KPIs{TAT: t.Lengths(KindTAT), Queue: t.Lengths(KindQueue), Run: t.Lengths(KindRun), Hold: t.Lengths(KindHold), Away: t.Lengths(KindAway),
		Waiting: t.load(sumWaits), Held: t.load(sumHolds), Vendor: t.vendor()}
	k.Figures = Figures{Jobs: int(t.sums[sumCreated]), Completed: jobs, Dispatched: t.quantity(sumDispatched),
		Lead: t.Lengths(KindLead), Cycle: t.Lengths(KindCycle), Amounts: t.amounts(stage),
		OnTime: counts(int(t.sums[sumMet]), int(t.sums[sumDue])), OnTimeNow: counts(int(t.sums[sumMetNow]), int(t.sums[sumDue])),
		Efficiency: Eff{hours(micros(t.sums[sumOwn]), t.hours(KindLead, false), jobs), hours(micros(t.sums[sumOwnWorking]), t.hours(KindLead, true), jobs)},
		Inspected:  quantities(t.quantity(sumInspectedWasted), t.quantity(sumInspectedGood)+t.quantity(sumInspectedWasted), int(t.sums[sumInspectedReports])),
		Open:       Open{Jobs: int(t.sums[sumOpenJobs]), Quantity: t.quantity(sumOpenQuantity)}}
	if stage {
		k.Open = Open{Jobs: int(t.sums[sumHere]), Quantity: t.quantity(sumHereQuantity)}
	} else if days > 0 {
		rate := float64(jobs) / days
		k.PerDay = Share{jobs, &rate}
	}
	k.RolledYield = rolledOf(stages)
	return k
}

func rolledOf(stages []*Tally) Share {
	y, product := Share{}, 1.0
	for _, t := range stages {
		if first := t.amounts(true).FirstPass; first.Share != nil {
			product *= *first.Share
			y.N++
		}
	}
	if y.N > 0 {
		y.Share = &product
	}
	return y
}

func (t *Tally) vendor() VendorFigures {
	return VendorFigures{Sent: t.quantity(sumSent), TAT: t.Lengths(KindTrip), OnTime: counts(int(t.sums[sumTripsMet]), int(t.sums[sumTripsDue])),
		Loss: quantities(t.quantity(sumLost), t.quantity(sumWhole), t.Count(KindTrip)), Open: Open{Jobs: int(t.sums[sumOut]), Quantity: t.quantity(sumOutQuantity)}}
}

// steps are how wide the bars of a histogram may be, in hours.
var steps = []float64{1.0 / 60, 1.0 / 12, 0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 7 * 24, 14 * 24, 28 * 24, 56 * 24, 112 * 24, 364 * 24}

// mostBars is how many bars a histogram has at most; what is longer than 19 of them is in the last one, which has no end.
const mostBars = 20

// Distribution is a time as a histogram. Its bars are cut so that 95 of 100 values have one of their own.
func (t *Tally) Distribution(k Kind, working bool) Distribution {
	at := distAt(k, working)
	h := t.dists[at]
	d := Distribution{Dist: t.dist(k, working)}
	n := h.N()
	if n == 0 {
		return d
	}
	d.Mean = t.hours(k, working) / float64(n)
	width, most := steps[len(steps)-1], h.percentile(0.95, n)
	for _, s := range steps {
		if most < s*(mostBars-1) {
			width = s
			break
		}
	}
	bar := func(hours float64, n int) {
		i := min(int(hours/width), mostBars-1)
		for len(d.Bars) <= i {
			from := float64(len(d.Bars)) * width
			d.Bars = append(d.Bars, Bar{From: from, To: from + width})
		}
		d.Bars[i].N += n
	}
	if len(t.values(at)) == n {
		for _, v := range t.values(at) {
			bar(v, 1)
		}
		return d
	}
	for _, c := range h {
		bar(middle(c.At), int(c.N))
	}
	return d
}
