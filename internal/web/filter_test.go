package web

import (
	"net/url"
	"reflect"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// Whatever an address asks for, what is taken over of it reads the same again, without anything wrong.
func FuzzFilter(f *testing.F) {
	ws, err := readWords(files)
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 11, 26, 16, 0, 0, 0, time.UTC)
	w := &Web{Config: Config{Now: func() time.Time { return now }}}
	v := &view{w: w, words: ws, Lang: "en", Now: now, Zone: postgres.Zone("Asia/Kolkata")}
	p := flow.Process{Stages: []flow.Stage{{Code: "printing", Name: "Printing"}}, Fields: []flow.Field{{Code: "gsm", Type: flow.NumberField}, {Code: "note", Type: flow.TextField},
		{Code: "day", Type: flow.DateField}, {Code: "uv", Type: flow.YesNoField}, {Code: "inks", Type: flow.ChoicesField, Choices: []string{"Cyan", "Spot red"}}}}
	for _, query := range []string{"late=1&hold=1&customer=mithai", "from=1-1-26&to=2/1/2026&due=week", "still=24&stage=printing&site=vasai", "is.gsm=1,250.50&has.note=a+b&is.day=5 Dec 2026&is.uv=yes&is.inks=Spot red;Cyan", "still=%e0%a5%a8"} {
		f.Add(query, false)
	}
	f.Fuzz(func(t *testing.T, query string, done bool) {
		asked, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		sites := []postgres.Site{{Code: "vasai", Name: "Vasai"}}
		first := v.readFilter(asked, p, sites, done)
		again := v.readFilter(first.Asked, p, sites, done)
		if len(again.Wrong) > 0 || !reflect.DeepEqual(first.Filter, again.Filter) || !reflect.DeepEqual(first.Asked, again.Asked) {
			t.Errorf("%q is %+v, read again %+v", query, first, again)
		}
		if first.Active() == first.Empty() && first.Active() {
			t.Errorf("%q: %v leaves nothing out", query, first.Asked)
		}
	})
}
