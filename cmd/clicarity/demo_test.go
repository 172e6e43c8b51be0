package main

import (
	"bytes"
	"errors"
	"testing"

	"clicarity/internal/demo"
	"clicarity/internal/operator"
)

// The demo is run by somebody made up where it is alone and no file says who runs the service; nowhere else.
func TestTheDemoBringsItsOperator(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	cfg, err := readConfig(func(name string) string { return s.env[name] })
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	e := env{cfg, &told, &told}
	h, err := openHouse(t.Context(), e, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	if err := demoLogins(t.Context(), e, h); err != nil {
		t.Fatal(err)
	}
	if e, err := e.asDemo(t.Context(), h); err != nil || e.operator != demo.Operator() || !e.trying() {
		t.Errorf("%+v %v", e.operator, err)
	}
	filed := e
	filed.operated, filed.operator = true, operator.Operator{Name: "Konkan Software"}
	if e, err := filed.asDemo(t.Context(), h); err != nil || e.operator.Name != "Konkan Software" || e.trying() {
		t.Errorf("%+v %v", e.operator, err)
	}
	_, err = s.run("org", "add", "konkan", "--name", "Konkan Foils", "--owner", "ravi@konkan.example")
	after, err2 := e.asDemo(t.Context(), h)
	if err := errors.Join(err, err2); err != nil || after.operator != (operator.Operator{}) {
		t.Errorf("beside another organisation: %+v %v", after.operator, err)
	}
}
