package postgres

import (
	"slices"
	"strings"
	"testing"
)

func TestTablesAreEmptiedInAnOrderThatTheirKeysAllow(t *testing.T) {
	t.Parallel()
	got, err := inOrder([]tableOf{{"audit", nil}, {"jobs", []string{"movements", "work"}}, {"movements", nil}, {"organisations", []string{"jobs", "org_keys", "sessions"}},
		{"work", nil}, {"org_keys", []string{"files"}}, {"files", nil}, {"sessions", nil}})
	if err != nil || strings.Join(got, " ") != "files org_keys sessions movements work jobs audit organisations" {
		t.Errorf("%v %v", got, err)
	}
	got, err = inOrder([]tableOf{{"jobs", nil}, {"organisations", []string{"org_keys", "jobs"}}, {"org_keys", nil}})
	if err != nil || !slices.Equal(got, []string{"org_keys", "jobs", "organisations"}) {
		t.Errorf("the keys come first: %v %v", got, err)
	}
	if _, err := inOrder([]tableOf{{"a", []string{"b"}}, {"b", []string{"a"}}}); err == nil {
		t.Error("a circle has an order")
	}
}
