package flow

import (
	"cmp"
	"slices"
	"strings"
)

// maxStations is how many stations a stage may list.
const maxStations = 40

// Occupied is a job that runs at a station.
type Occupied struct {
	Job   Job
	Stage string
}

// Stationed is implemented by actions that may name the station where the work is done.
type Stationed interface {
	// StationNamed is the work and the station, which is empty when none is named.
	StationNamed(w World) (Work, string)
}

// StationNamed is the station that the work begins at.
func (a Start) StationNamed(World) (Work, string) { return a.Work, a.Station }

// StationNamed is the station that the work goes on at: where it was, when no other is named.
func (a Resume) StationNamed(w World) (Work, string) {
	s, _ := w.Jobs[a.Job].Stage(a.Stage)
	return a.Work, cmp.Or(a.Station, s.Station)
}

// StationNamed is the station that the work was done at.
func (a Report) StationNamed(World) (Work, string) { return a.Work, a.Station }

// StationNamed is the station that the work was done at.
func (a Finish) StationNamed(World) (Work, string) { return a.Work, a.Station }

// StationsAt are the stations of a stage of a job. Machines come and go while jobs run, so they are those of the newest
// version of the process, as long as that has the stage, else those of the job's own version.
func StationsAt(own, newest Process, code string) []string {
	for _, s := range newest.Stages {
		if s.Code == code {
			return s.Stations
		}
	}
	s, _ := own.Stage(code)
	return s.Stations
}

// Occupies is the station that the state keeps busy: a hold frees it, and remembers it.
func (s StageState) Occupies() string {
	if s.Status() != Running {
		return ""
	}
	return s.Station
}

// stationKnown refuses a station that the stage does not list. Where none are listed any name is taken.
func (w World) stationKnown(j Job, code, station string) error {
	if station == "" {
		return nil
	}
	if known := StationsAt(w.Process(j), w.Newest, code); len(known) > 0 && !slices.Contains(known, station) {
		return &Refusal{Code: StationUnknown, Stage: code, Value: station}
	}
	return tooLong("station", station, MaxText)
}

// stationFree asks before a second job runs at a station. It names the job only to those who may see it.
func (w World) stationFree(m Mark, station string, together bool) error {
	if station == "" || together || w.Busy.Job.Number == "" {
		return nil
	}
	r := &Refusal{Code: StationBusy, Value: station}
	if b := w.Busy; m.Scope.At(b.Job, b.Stage) {
		s, _ := b.Job.Stage(b.Stage)
		r.Job, r.Stage, r.By, r.At = b.Job.Number, b.Stage, s.By, s.Started
	}
	return r
}

// place notes where the work of a movement is done, from the movement that says so. A file of the past names stations in
// its own words, which its rows keep.
func (s *StageState) place(m Movement) {
	if m.Facts.Station != "" && m.Mark != MarkImported {
		s.Station = m.Facts.Station
	}
}

// clearStations takes the station off every stage where no run is on.
func (j *Job) clearStations() {
	for i := range j.Stages {
		if s := &j.Stages[i]; s.Started == 0 {
			s.Station = ""
		}
	}
}

// stationsAcceptable checks the stations of a stage: names that a list with commas between them keeps apart.
func stationsAcceptable(stations []string) error {
	if len(stations) > maxStations {
		return &Refusal{Code: TooMany, Name: "stations", Limit: maxStations}
	}
	seen := map[string]bool{}
	for _, name := range stations {
		switch key := NumberKey(name); {
		case key == "" || strings.TrimSpace(name) != name || strings.ContainsAny(name, ",;\n"):
			return &Refusal{Code: ValueWrong, Name: "stations", Value: name}
		case seen[key]:
			return &Refusal{Code: NameTwice, Name: name}
		default:
			seen[key] = true
		}
		if err := tooLong("stations", name, MaxText); err != nil {
			return err
		}
	}
	return nil
}
