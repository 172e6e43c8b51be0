package sheets

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLook(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for values, want := range map[string]Column{
		"300|280|350":                        {Type: "number", Full: true},
		"1,200|300|":                         {Type: "number"},
		"300 gsm|280 gsm":                    {Type: "text", Full: true},
		"12/12/26|14-12-2026":                {Type: "date", Full: true},
		"Yes|no|Y":                           {Type: "yesno", Full: true},
		"हाँ|नहीं":                           {Type: "yesno", Full: true},
		"Matt|Gloss|Matt|Gloss|Matt":         {Type: "choice", Choices: []string{"Matt", "Gloss"}, Full: true},
		"Kaju box|Tea carton|Soap wrap|Card": {Type: "text", Full: true},
		"|||":                                {Type: "text"},
		"":                                   {Type: "text"},
	} {
		if got := Look(strings.Split(values, "|"), now); !reflect.DeepEqual(got, want) {
			t.Errorf("%s looks like %+v, want %+v", values, got, want)
		}
	}
}

func FuzzLook(f *testing.F) {
	f.Add("300|280 gsm|x")
	f.Add("1/1/26||Yes")
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, values string) {
		c := Look(strings.Split(values, "|"), now)
		if (c.Type == "choice") != (len(c.Choices) > 0) || len(c.Choices) > maxGuessChoices {
			t.Errorf("%q looks like %+v", values, c)
		}
	})
}
