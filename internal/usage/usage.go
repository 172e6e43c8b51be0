// Package usage counts how often which part of the product is used: a number for each organisation, week and part. It knows
// neither who asked nor for what, and no time but the week.
package usage

import (
	"maps"
	"sync"
	"time"

	"clicarity/internal/flow"
)

// Feature is a part of the product.
type Feature string

// features are the routes that are counted, by the part they belong to. What is not here is not counted: a new page is nobody's
// business until somebody says what for.
var features = map[Feature][]string{
	"pulse":     {"GET /pulse", "GET /pulse/{list}"},
	"board":     {"GET /board"},
	"views":     {"POST /board/views"},
	"bulk":      {"POST /bulk/do"},
	"myjobs":    {"GET /my"},
	"queue":     {"GET /stages/{process}/{stage}"},
	"search":    {"GET /find"},
	"newjob":    {"POST /jobs"},
	"intake":    {"POST /intake/{upload}/confirm"},
	"job":       {"GET /jobs/{job}"},
	"report":    {"POST /jobs/{job}/at/{stage}", "POST /stages/{process}/{stage}/together"},
	"undo":      {"POST /jobs/{job}/undo"},
	"photos":    {"POST /jobs/{job}/pictures"},
	"vendors":   {"POST /stages/{process}/{stage}/send", "POST /work/{number}"},
	"quality":   {"GET /quality", "POST /jobs/{job}/at/{stage}/nc"},
	"trace":     {"GET /trace"},
	"forecast":  {"GET /forecast"},
	"analytics": {"GET /reports", "GET /reports/{report}"},
	"export":    {"GET /board/export", "GET /reports/{report}/export", "GET /api/v1/export"},
	"designer":  {"POST /processes/{process}", "POST /processes"},
	"api": {"GET /api/v1/jobs", "GET /api/v1/jobs/{job}", "GET /api/v1/movements", "POST /api/v1/jobs", "PATCH /api/v1/jobs/{job}",
		"POST /api/v1/jobs/{job}/stages/{stage}/start", "POST /api/v1/jobs/{job}/stages/{stage}/reports"},
}

var byRoute = func() map[string]Feature {
	m := map[string]Feature{}
	for f, routes := range features {
		for _, r := range routes {
			m[r] = f
		}
	}
	return m
}()

// Of is the part of the product that a route belongs to, empty for one that is not counted.
func Of(route string) Feature { return byRoute[route] }

// Routes are all routes that are counted.
func Routes() []string {
	list := make([]string, 0, len(byRoute))
	for r := range maps.Keys(byRoute) {
		list = append(list, r)
	}
	return list
}

// Features are all parts there are.
func Features() []Feature {
	list := make([]Feature, 0, len(features))
	for f := range maps.Keys(features) {
		list = append(list, f)
	}
	return list
}

// Cell is a part of the product in a week.
type Cell struct {
	Week    flow.Date // its Monday
	Feature Feature
}

// Week is the Monday of the week of a moment, by the world's clock.
func Week(at time.Time) flow.Date {
	at = at.UTC()
	return flow.DateOf(at.AddDate(0, 0, -(int(at.Weekday())+6)%7))
}

// Counter counts in memory until somebody takes the counts. Its zero value counts; nil counts nothing.
type Counter struct {
	mu     sync.Mutex
	counts map[flow.ID]map[Cell]int64
}

// Count counts a use of a part by an organisation.
func (c *Counter) Count(org flow.ID, f Feature, at time.Time) {
	if c == nil || f == "" || org.IsZero() {
		return
	}
	c.Add(org, map[Cell]int64{{Week(at), f}: 1})
}

// Add puts counts in that were taken and could not be kept.
func (c *Counter) Add(org flow.ID, more map[Cell]int64) {
	if c == nil || len(more) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[flow.ID]map[Cell]int64{}
	}
	if c.counts[org] == nil {
		c.counts[org] = map[Cell]int64{}
	}
	for cell, n := range more {
		c.counts[org][cell] += n
	}
}

// Take gives the counts of an organisation, and forgets them.
func (c *Counter) Take(org flow.ID) map[Cell]int64 {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.counts[org]
	delete(c.counts, org)
	return got
}
