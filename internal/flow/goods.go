package flow

import "time"

// Goods is what the law calls what is sent to a job worker, which says how long it may stay there before it counts as
// supplied to him (CGST Act, section 143).
type Goods string

const (
	Inputs       Goods = ""        // one year
	CapitalGoods Goods = "capital" // three years
	Tools        Goods = "tools"   // moulds, dies, jigs, fixtures and tools: no limit
)

// AllGoods are the kinds of goods there are, the usual one first.
var AllGoods = []Goods{Inputs, CapitalGoods, Tools}

// MustReturn is the last day by which the law wants goods back that were sent at a time, by that time's own zone; no date
// for those without a limit.
func (g Goods) MustReturn(sent time.Time) Date {
	switch g {
	case Tools:
		return ""
	case CapitalGoods:
		return DateOf(sent.AddDate(3, 0, 0))
	}
	return DateOf(sent.AddDate(1, 0, 0))
}

// Clock is how near the day is by which goods must be back.
type Clock string

const (
	ClockFar    Clock = ""
	ClockRemind Clock = "remind" // 60 days or fewer
	ClockUrge   Clock = "urge"   // 30 days or fewer
	ClockOver   Clock = "over"   // the day has passed
)

// ClockOn is how near a day is on another; far for no date.
func ClockOn(day, today Date) Clock {
	if day == "" {
		return ClockFar
	}
	switch days := int(day.Time().Sub(today.Time()).Hours() / 24); {
	case days < 0:
		return ClockOver
	case days <= 30:
		return ClockUrge
	case days <= 60:
		return ClockRemind
	}
	return ClockFar
}
