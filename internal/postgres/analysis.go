package postgres

import (
	"context"
	"errors"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// ErrCut says that a cut cannot be read: a period of no day or of more than MaxDays, or a stage without its process.
var ErrCut = errors.New("postgres: no such cut")

// MaxDays is the longest period that is read.
const MaxDays = 400

// Analysis reads the figures of an organisation for one reader. It is narrowed to their scope: of whole processes
// everything, of single stages what happened there and nothing of whole jobs; always only jobs of their sites. Who has
// only what is assigned to them, or only vendors, reads nothing. A cut to what is not theirs finds nothing.
type Analysis struct {
	db    *DB
	org   Organisation
	scope flow.Scope
	now   time.Time
}

// Analysis is what a reader may read at a moment. It reads the processes and calendars once.
func (db *DB) Analysis(ctx context.Context, o Organisation, scope flow.Scope, now time.Time) (*Analysis, error) {
	return &Analysis{db: db, org: o, scope: scope, now: now}, nil
}

// RolledUp is how far the roll-ups of an organisation are.
type RolledUp struct {
	Seq, Head int64     // the last movement in them, and the last there is
	At        time.Time // when that movement was recorded
	Making    bool      // they are being made anew, for the first time or by new calendars: figures are of a part of the jobs
}

// RolledUp tells how far the roll-ups are.
func (a *Analysis) RolledUp(ctx context.Context) (RolledUp, error) { return RolledUp{}, nil }

// KPIs are the figures of a cut.
func (a *Analysis) KPIs(ctx context.Context, c measure.Cut) (measure.KPIs, error) {
	return measure.KPIs{}, nil
}

// Compared are the figures of a cut and those of the period before it.
func (a *Analysis) Compared(ctx context.Context, c measure.Cut) (now, before measure.KPIs, err error) {
	return now, before, nil
}

// Trend are the figures of a cut step by step, every step of the period in order, also those without anything.
func (a *Analysis) Trend(ctx context.Context, c measure.Cut, g measure.Grain) ([]measure.Point, error) {
	return nil, nil
}

// MaxSlices is how many values of a dimension are told at most.
const MaxSlices = 200

// Slices are the figures of a cut by a dimension, at most MaxSlices, those with the most reports first; stages in route
// order. more says that there were others.
func (a *Analysis) Slices(ctx context.Context, c measure.Cut, by measure.Dimension) (list []measure.Slice, more bool, err error) {
	return nil, false, nil
}

// Distribution is a time of a cut as a histogram, in working time or by the clock.
func (a *Analysis) Distribution(ctx context.Context, c measure.Cut, k measure.Kind, working bool) (measure.Distribution, error) {
	return measure.Distribution{}, nil
}

// Flow is the cumulative flow of a cut.
func (a *Analysis) Flow(ctx context.Context, c measure.Cut) (measure.Flow, error) {
	return measure.Flow{}, nil
}

// Ageing is the work in progress of a cut stage by stage, in route order.
func (a *Analysis) Ageing(ctx context.Context, c measure.Cut) ([]measure.Ageing, error) {
	return nil, nil
}

// Reasons are why there was wastage, or why work waited, at most MaxSlices, the largest first.
func (a *Analysis) Reasons(ctx context.Context, c measure.Cut, k measure.ReasonKind) ([]measure.Reason, error) {
	return nil, nil
}

// Stations are load and utilisation of the stations of a cut by name. What runs now counts up to now.
func (a *Analysis) Stations(ctx context.Context, c measure.Cut) ([]measure.StationFigures, error) {
	return nil, nil
}

// Bottleneck is what holds the work of a cut up, three ways.
func (a *Analysis) Bottleneck(ctx context.Context, c measure.Cut) (measure.Bottleneck, error) {
	return measure.Bottleneck{}, nil
}

// Variants are the ways that jobs went which were completed in the period, the commonest first, at most limit. more says that there were
// others.
func (a *Analysis) Variants(ctx context.Context, c measure.Cut, limit int) (list []measure.Variant, more bool, err error) {
	return nil, false, nil
}

// Values are what a dimension can be cut to: what occurs in the period, at most MaxSlices, by name. Of PerCustomer,
// PerProduct and PerStation.
func (a *Analysis) Values(ctx context.Context, c measure.Cut, by measure.Dimension) ([]string, error) {
	return nil, nil
}

// BehindQuery asks for a page of the jobs behind a figure.
type BehindQuery struct {
	Cut    measure.Cut
	Figure measure.Figure
	Reason *string // of wastage and holds: only with this reason, the empty one being "none was given"
	Path   *measure.Variant
	After  BehindPlace // the zero place: from the first
	Limit  int
}

// BehindPlace is a place in such a list.
type BehindPlace struct {
	At  flow.Moment
	Job flow.ID
	N   int
}

// BehindPage is a page of such a list with the jobs themselves, as they are now.
type BehindPage struct {
	Rows []measure.Behind
	Jobs map[flow.ID]flow.Job
	Next BehindPlace // of the next page, the zero place after the last
}

// Behind is a page of the jobs behind a figure, the newest first. A job is there as often as it counts in the figure.
func (a *Analysis) Behind(ctx context.Context, q BehindQuery) (BehindPage, error) {
	return BehindPage{}, nil
}
