// Package flow holds the rules of the product: what an organisation's processes, stages and jobs are, which
// commands may be given, and what a history of movements adds up to.
//
// Everything here is a pure function of its arguments: no I/O, no clock, no randomness, no globals. Time and
// identity arrive as values. Two functions carry the weight:
//
//	Decide(world, mark, command) -> movements, or a *Refusal
//	Apply(job, movement)         -> the job after it
//
// A job's state is the fold of Apply over its movements (Replay). The movements are the truth; every stored
// state can be thrown away and folded again.
package flow
