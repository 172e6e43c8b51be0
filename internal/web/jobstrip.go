package web

import (
	"math/big"
	"strings"

	"clicarity/internal/flow"
)

// strip is one stage in the quantity strip.
type strip struct {
	place
	Chip                   chip
	GoodW, WasteW, OnHandW int // share of what came, in percent, for the bar
	CanOpen                bool
	Time                   *stageTime // nil when nothing has been there, or the history is too long to say
}

// strips shows the stages within the reader's scope.
func (p *jobPage) strips() {
	for _, s := range p.Job.Stages {
		if !p.sees(s.Code) {
			continue
		}
		at := p.place(p.Job, p.Process, s.Code, p.Vendors)
		one := strip{place: at, Chip: p.Chip(s.Status()), CanOpen: s.Live()}
		if came := s.Received + s.Found; came > 0 {
			one.GoodW, one.WasteW = percent(s.Good, came), percent(s.Wasted, came)
			one.OnHandW = percent(s.OnHand, came)
		}
		p.Stages = append(p.Stages, one)
		if s.Live() {
			p.Live = append(p.Live, one)
		}
	}
	for _, s := range p.Stages {
		p.Scaled, p.LastUnit = p.Scaled || !s.State.Yields.IsZero(), s.Unit()
		p.Rework, p.Short = p.Rework || s.State.SentBack > 0, p.Short || s.State.Short > 0
	}
	if p.Job.Quantity > 0 && p.Job.Wasted() > 0 {
		p.Lost = share(p.Job.Wasted(), p.Job.Quantity)
	}
}

// percent is a share in whole percent, for the width of a bar.
func percent(part, whole flow.Quantity) int { return int(float64(part) / float64(whole) * 100) }

// share is a share in percent, rounded half up to two decimals, of which a last zero is not written: 24.8, 21.95.
func share(part, whole flow.Quantity) string {
	exact := new(big.Rat).Mul(big.NewRat(int64(part), max(int64(whole), 1)), big.NewRat(100, 1))
	return strings.TrimSuffix(exact.FloatString(2), "0")
}
