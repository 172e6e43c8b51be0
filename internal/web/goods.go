package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"clicarity/internal/flow"
)

// legal is how long goods may stay at a job worker by law, as pages say it.
type legal struct {
	Day   flow.Date // empty for goods without a limit
	Clock flow.Legal
	Says  string
}

// Legal is the day by which goods that were sent at a time must be back, and how near it is.
func (v *view) Legal(g flow.Goods, sent flow.Moment) legal {
	l := legal{Day: g.MustReturn(sent.Time().In(v.Zone))}
	l.Clock = flow.LegalOn(l.Day, flow.DateOf(v.Now.In(v.Zone)))
	switch {
	case l.Day == "":
		l.Says = v.T("no_legal_limit")
	case l.Clock == flow.LegalOver:
		l.Says = v.T("must_have_returned", "date", v.Date(l.Day))
	default:
		l.Says = v.T("must_return", "date", v.Date(l.Day))
	}
	return l
}

// Legal is the day by which the law wants the goods of the challan back.
func (c challan) Legal() legal { return c.view.Legal(c.Goods, c.SentAt()) }

// Legal is the day by which the law wants the goods back.
func (o outLine) Legal() legal { return o.view.Legal(o.Goods, o.Sent) }

// nearer is which of two days comes first, of those that are near; nil for none.
func nearer(a *legal, b legal) *legal {
	if b.Clock == flow.LegalFar || a != nil && a.Day <= b.Day {
		return a
	}
	return &b
}

// AllGoods are the kinds of goods that a challan can be for.
func (*view) AllGoods() []flow.Goods { return flow.AllGoods }

// GoodsName is a kind of goods in words.
func (v *view) GoodsName(g flow.Goods) string {
	if g == flow.Inputs {
		return v.T("goods_inputs")
	}
	return v.T("goods_" + string(g))
}

// maxReminders is how many challans the board reminds of; the vendor desk has all.
const maxReminders = 5

// reminders are the challans whose goods the law wants back within 60 days, the nearest first, and how many more there are.
func (w *Web) reminders(r *http.Request, v *view) (list []challan, more int, err error) {
	if !v.Everything() || !v.Can("vendors") {
		return nil, 0, nil
	}
	soon := v.Now.AddDate(0, 0, 62) // a little more than the law's clock shows; it decides
	aged, err := w.DB.AgedChallans(r.Context(), v.Who.Org, map[flow.Goods]time.Time{
		flow.Inputs: soon.AddDate(-1, 0, 0), flow.CapitalGoods: soon.AddDate(-3, 0, 0)}, maxChallans)
	if err != nil || len(aged) == 0 {
		return nil, 0, err
	}
	if list, err = w.shown(r, v, aged); err != nil {
		return nil, 0, err
	}
	list = slices.DeleteFunc(list, func(c challan) bool { return c.Legal().Clock == flow.LegalFar })
	slices.SortStableFunc(list, func(a, b challan) int { return cmp.Compare(a.Legal().Day, b.Legal().Day) })
	more = max(len(list)-maxReminders, 0)
	return list[:len(list)-more], more, nil
}
