package blueprint

import "clicarity/internal/flow"

// alarms say after how long what is at a stage counts as stuck. What is left out has the default.
type alarms struct {
	Idle    minutes `yaml:"no_movement,omitempty"` // of working time
	Silent  minutes `yaml:"vendor_silent,omitempty"`
	Waiting minutes `yaml:"approval_waits,omitempty"`
	Leaving minutes `yaml:"not_dispatched,omitempty"`
	Vendor  int     `yaml:"vendor_days,omitempty"`
	Begin   int     `yaml:"begin_days_before_due,omitempty"`
}

func writeAlarms(a flow.Alarms) *alarms {
	if a == (flow.Alarms{}) {
		return nil
	}
	return &alarms{minutes(a.Idle), minutes(a.Silent), minutes(a.Waiting), minutes(a.Leaving), a.Vendor, a.Begin}
}

func (a *alarms) read() flow.Alarms {
	if a == nil {
		return flow.Alarms{}
	}
	return flow.Alarms{Idle: int(a.Idle), Silent: int(a.Silent), Waiting: int(a.Waiting), Leaving: int(a.Leaving), Vendor: a.Vendor, Begin: a.Begin}
}
