// Package xes reads and writes event logs in XES 1.0 (IEEE 1849-2016), the form in which process-mining tools exchange them.
// Both ways stream: neither holds more than one event and one trace's own attributes in memory.
package xes

import (
	"slices"
	"time"
)

// Attr is one typed attribute. Every kind but a list may have attributes of its own; a list has members.
type Attr struct {
	Kind  string // string, date, int, float, boolean, id, list or container
	Key   string // with the prefix of its extension: concept:name
	Value string // as written; empty for a list and a container
	Attrs []Attr // nested; of a list, its members
}

// The keys of the standard extensions that are understood here.
const (
	Name       = "concept:name"
	Instance   = "concept:instance"
	Timestamp  = "time:timestamp"
	Transition = "lifecycle:transition"
	Resource   = "org:resource"
	Role       = "org:role"
	Group      = "org:group"
	Cost       = "cost:total"
	Currency   = "cost:currency"
	Identity   = "identity:id"
)

// Extension declares where the keys of a prefix are defined.
type Extension struct{ Name, Prefix, URI string }

// Standard are the extensions that every log written here declares.
func Standard() []Extension {
	return []Extension{
		{"Concept", "concept", "http://www.xes-standard.org/concept.xesext"},
		{"Time", "time", "http://www.xes-standard.org/time.xesext"},
		{"Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"},
		{"Organizational", "org", "http://www.xes-standard.org/org.xesext"},
		{"Cost", "cost", "http://www.xes-standard.org/cost.xesext"},
		{"Identity", "identity", "http://www.xes-standard.org/identity.xesext"},
	}
}

// Text is a string attribute.
func Text(key, value string) Attr { return Attr{Kind: "string", Key: key, Value: value} }

// Date is a date attribute, to the microsecond.
func Date(key string, at time.Time) Attr {
	return Attr{Kind: "date", Key: key, Value: at.Format("2006-01-02T15:04:05.000000Z07:00")}
}

// Find is the value of a key, empty when there is none.
func Find(attrs []Attr, key string) string {
	if i := slices.IndexFunc(attrs, func(a Attr) bool { return a.Key == key }); i >= 0 {
		return attrs[i].Value
	}
	return ""
}

func kind(name string) bool {
	switch name {
	case "string", "date", "int", "float", "boolean", "id", "list", "container":
		return true
	}
	return false
}
