package flow

import "slices"

// KnownBy is what of a job's history in log order was known at a moment: all that had been recorded by then, whenever it
// happened. A command that waited for another at its job is recorded before one that was committed first, so what is
// known ends where the first movement stands that was not: the rest could not be told without it.
func KnownBy(history []Movement, at Moment) []Movement {
	if i := slices.IndexFunc(history, func(m Movement) bool { return m.Recorded > at }); i >= 0 {
		return history[:i:i]
	}
	return history
}

// KnownSince is, of each movement of a job's history in log order, the first moment at which KnownBy has it.
func KnownSince(history []Movement) []Moment {
	since := make([]Moment, len(history))
	var last Moment
	for i, m := range history {
		last = max(last, m.Recorded)
		since[i] = last
	}
	return since
}
