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

// Legal is how near the day is by which goods must be back.
type Legal string

const (
	LegalFar    Legal = ""
	LegalRemind Legal = "remind" // 60 days or fewer
	LegalUrge   Legal = "urge"   // 30 days or fewer
	LegalOver   Legal = "over"   // the day has passed
)

// LegalOn is how near a day is on another; far for no date.
func LegalOn(day, today Date) Legal {
	if day == "" {
		return LegalFar
	}
	switch days := int(day.Time().Sub(today.Time()).Hours() / 24); {
	case days < 0:
		return LegalOver
	case days <= 30:
		return LegalUrge
	case days <= 60:
		return LegalRemind
	}
	return LegalFar
}
