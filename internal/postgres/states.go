package postgres

import (
	"sync"

	"clicarity/internal/flow"
)

// states remembers the jobs that were changed last, each beside the text that it is stored as. Who works on a job gives
// several commands in a row, and reading the text costs more than deciding. A state is believed only while the text under
// the lock is the very same, so it does not matter who else writes. Nobody changes a Job that was handed out: Apply and
// Decide make new ones.
type states struct {
	mu       sync.Mutex
	new, old map[flow.ID]state // when the new ones are full they become the old ones, and the old ones go
}

type state struct {
	text string
	job  flow.Job
}

const (
	maxStates    = 300      // in each of the two; a few megabytes
	maxStateText = 16 << 10 // bytes; a larger job is rare, and would count for many
)

// decode is the job of a stored text.
func (s *states) decode(id flow.ID, text string) (flow.Job, error) {
	s.mu.Lock()
	known, ok := s.new[id]
	if !ok {
		known = s.old[id]
	}
	s.mu.Unlock()
	if known.text == text {
		return known.job, nil
	}
	return decodeJob(text)
}

// keep remembers a job as it was committed.
func (s *states) keep(text string, j flow.Job) {
	if len(text) > maxStateText {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.new == nil || len(s.new) >= maxStates {
		s.new, s.old = make(map[flow.ID]state, maxStates), s.new
	}
	s.new[j.ID] = state{text, j}
}
