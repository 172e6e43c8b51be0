package flow_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
)

func TestWordsAreAlike(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"alphonso", "alfonso"}, {"kaju", "kajju"}, {"lakshmi", "laxmi"}, {"डिब्बा", "डिबा"}, {"metalised", "metallised"}} {
		if n := flow.Alike(pair[0], pair[1]); n < 26 {
			t.Errorf("%v are alike by %d", pair, n)
		}
	}
	for _, pair := range [][2]string{{"alphonso", "carton"}, {"kaju", "soap"}, {"a", "a"}, {"", "x"}} {
		if n := flow.Alike(pair[0], pair[1]); n >= 26 {
			t.Errorf("%v are alike by %d", pair, n)
		}
	}
	if got := flow.Parts("box"); !slices.Equal(got, []string{"  b", " bo", "box", "ox "}) {
		t.Errorf("%q", got)
	}
}

func TestAlikeIsFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-zक-ह0-9]{0,45}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if flow.Alike(a, b) != flow.Alike(b, a) || flow.Alike(a, b) > 100 {
			t.Errorf("%q and %q: %d, %d", a, b, flow.Alike(a, b), flow.Alike(b, a))
		}
		if len(flow.Parts(a)) > 0 && flow.Alike(a, a) != 100 {
			t.Errorf("%q is not like itself", a)
		}
	})
}
