package web

import (
	"strconv"

	"clicarity/internal/blueprint"
	"clicarity/internal/flow"
)

// alarmInput is one alarm of a stage in the form.
type alarmInput struct {
	Name, Value, Standard string
	Days                  bool
}

// Alarms are the inputs that say after how long the stage's work is stuck. What is left empty has the standard.
func (s designStage) Alarms() []alarmInput {
	idle := max(flow.IdleMinutes, s.targetMinutes())
	return []alarmInput{
		{"idle", s.Idle, blueprint.Minutes(idle), false}, {"silent", s.Silent, blueprint.Minutes(flow.SilentMinutes), false},
		{"waiting", s.Waiting, blueprint.Minutes(flow.WaitingMinutes), false}, {"leaving", s.Leaving, blueprint.Minutes(flow.LeavingMinutes), false},
		{"vendordays", s.VendorDays, strconv.Itoa(flow.VendorDays), true}, {"begin", s.Begin, "0", true},
	}
}

// StuckOpen reports whether one of them was set.
func (s designStage) StuckOpen() bool {
	return s.Idle+s.Silent+s.Waiting+s.Leaving+s.VendorDays+s.Begin != ""
}

func (s designStage) targetMinutes() int {
	n, err := blueprint.ParseMinutes(s.Target)
	if err != nil { // said when it is saved
		return 0
	}
	return n
}

func (s *designStage) setAlarms(a flow.Alarms) {
	s.Idle, s.Silent, s.Waiting, s.Leaving = blueprint.Minutes(a.Idle), blueprint.Minutes(a.Silent), blueprint.Minutes(a.Waiting), blueprint.Minutes(a.Leaving)
	if a.Vendor > 0 {
		s.VendorDays = strconv.Itoa(a.Vendor)
	}
	if a.Begin > 0 {
		s.Begin = strconv.Itoa(a.Begin)
	}
}

func (s designStage) alarms() (flow.Alarms, error) {
	var a flow.Alarms
	for _, one := range []struct {
		to         *int
		name, text string
		read       func(name, text string) (int, error)
	}{
		{&a.Idle, "stuck_idle", s.Idle, lengthOfTime}, {&a.Silent, "stuck_silent", s.Silent, lengthOfTime},
		{&a.Waiting, "stuck_waiting", s.Waiting, lengthOfTime}, {&a.Leaving, "stuck_leaving", s.Leaving, lengthOfTime},
		{&a.Vendor, "stuck_vendor", s.VendorDays, wholeNumber}, {&a.Begin, "stuck_begin", s.Begin, wholeNumber},
	} {
		var err error
		if *one.to, err = one.read(one.name, one.text); err != nil {
			return a, err
		}
	}
	return a, nil
}
