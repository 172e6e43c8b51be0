package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// House is what an organisation's history is looked at with.
type House struct {
	measure.Lens
	Processes []flow.Process
	vendors   map[flow.ID]Vendor
	settings  string // names what of the set-up the facts of a job depend on
}

// House reads the set-up of an organisation that figures depend on: its processes, calendars and vendors. Its lens has
// no period yet.
func (db *DB) House(ctx context.Context, o Organisation) (House, error) {
	processes, err := db.Processes(ctx, o.ID)
	if err != nil {
		return House{}, err
	}
	table, err := db.Timetable(ctx, o)
	if err != nil {
		return House{}, err
	}
	calendars, err := db.Calendars(ctx, o.ID)
	if err != nil {
		return House{}, err
	}
	vendors, err := db.Vendors(ctx, o.ID)
	if err != nil {
		return House{}, err
	}
	stages, names := map[flow.StageRef]flow.Stage{}, map[flow.ID]string{}
	for _, p := range processes {
		names[p.ID] = p.Name
		for _, s := range slices.Concat(p.Retired, p.Stages) {
			stages[flow.StageRef{Process: p.ID, Stage: s.Code}] = s
		}
	}
	h := House{Processes: processes, vendors: vendors, settings: settingsOf(o, processes, calendars)}
	h.Lens = measure.Lens{
		Place: func(process flow.ID, code string) (string, *flow.Hours) {
			s := stages[flow.StageRef{Process: process, Stage: code}]
			return cmp.Or(s.Name, code), table.Hours(s.Calendar)
		},
		Process: func(id flow.ID) string { return cmp.Or(names[id], id.String()) },
		Vendor:  func(id flow.ID) string { return cmp.Or(vendors[id].Name, id.String()) },
		Inspection: func(process flow.ID, code string) bool {
			return stages[flow.StageRef{Process: process, Stage: code}].Inspection
		},
		Zone: Zone(o.Timezone),
	}
	return h, nil
}

// settingsOf names what of the set-up, and of the program, the facts of jobs depend on. Stages that neither inspect nor
// have hours of their own are not in it, so that adding one changes nothing.
func settingsOf(o Organisation, processes []flow.Process, calendars []Calendar) string {
	type place struct {
		Process    flow.ID
		Stage      string
		Calendar   string
		Inspection bool
	}
	type hours struct {
		flow.Calendar
		Standard bool
	}
	var places []place
	for _, p := range processes {
		for _, s := range slices.Concat(p.Retired, p.Stages) {
			if s.Calendar != "" || s.Inspection {
				places = append(places, place{p.ID, s.Code, s.Calendar, s.Inspection})
			}
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.Process.String(), b.Process.String()) })
	var all []hours
	for _, c := range calendars {
		c.Name = ""
		all = append(all, hours{c.Calendar, c.Standard})
	}
	slices.SortFunc(all, func(a, b hours) int { return cmp.Compare(a.Code, b.Code) })
	text, err := json.Marshal([]any{measure.FactsVersion, flow.FoldVersion, o.Timezone, places, all})
	if err != nil { // plain values always marshal
		panic(err)
	}
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:])
}
