package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var keepFolds = flag.Bool("folds", false, "write anew what the kept histories add up to; with another FoldVersion only")

const foldsFile = "testdata/folds.json"

// foldsKept are histories of every kind, what each added up to when FoldVersion was last raised, and the fields of a Job.
type foldsKept struct {
	Version   int
	Fields    []string
	Histories []keptHistory
}

type keptHistory struct {
	Moves []keptMove
	Sum   string // of the states after each movement
}

// keptMove is what Apply reads of a movement.
type keptMove struct {
	Job, Command, Member ID
	Kind                 Kind
	Stage, Mark          string
	Occurred             Moment
	Facts                Facts
}

// sum folds the history, movement by movement.
func (h keptHistory) sum(see func(state []byte)) (string, error) {
	all := sha256.New()
	var past []Movement
	for _, m := range h.Moves {
		past = append(past, Movement{Job: m.Job, Command: m.Command, Member: m.Member, Kind: m.Kind, Stage: m.Stage, Mark: m.Mark, Occurred: m.Occurred, Facts: m.Facts})
		j, err := Replay(past)
		if err != nil {
			return "", err
		}
		state, err := json.Marshal(j)
		if err != nil {
			return "", err
		}
		all.Write(state)
		see(state)
	}
	return hex.EncodeToString(all.Sum(nil)[:12]), nil
}

// The states that the program before this one stored are those that this one folds, or FoldVersion was raised and they are
// folded anew.
func TestFoldVersionIsRaised(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(foldsFile)
	if err != nil && !*keepFolds {
		t.Fatal(err)
	}
	var kept foldsKept
	if err == nil {
		if err := json.Unmarshal(text, &kept); err != nil {
			t.Fatal(err)
		}
	}
	differ := !slices.Equal(kept.Fields, fieldsOf(reflect.TypeFor[Job](), "", nil))
	for i, h := range kept.Histories {
		sum, err := h.sum(func([]byte) {})
		if err != nil {
			t.Fatalf("history %d does not apply any more: nobody's states could be folded anew: %v", i+1, err)
		}
		differ = differ || sum != h.Sum
	}
	switch {
	case differ && kept.Version == FoldVersion:
		t.Error("what histories add up to has changed: raise FoldVersion in fold.go, then run go test ./internal/flow -run FoldVersion -folds")
	case kept.Version != FoldVersion && !*keepFolds:
		t.Error("FoldVersion was raised: run go test ./internal/flow -run FoldVersion -folds")
	case kept.Version != FoldVersion:
		keepAnew(t)
	}
}

// keepAnew writes the file: of many random histories those that add something no other had.
func keepAnew(t *testing.T) {
	kept := foldsKept{Version: FoldVersion, Fields: fieldsOf(reflect.TypeFor[Job](), "", nil)}
	seen := map[string]bool{}
	for seed := range 1500 {
		for _, moves := range anyHistory.Example(seed) {
			h := keptHistory{Moves: moves}
			news := false
			note := func(what string) { news, seen[what] = news || !seen[what], true }
			for _, m := range moves {
				note(string(m.Kind))
			}
			var err error
			if h.Sum, err = h.sum(func(state []byte) { notePaths(state, note) }); err != nil {
				t.Fatal(err)
			}
			if news {
				kept.Histories = append(kept.Histories, h)
			}
		}
	}
	var b []byte
	b = append(b, fmt.Sprintf("{\"Version\": %d,\n\"Fields\": ", kept.Version)...)
	fields, err := json.Marshal(kept.Fields)
	b = append(append(b, fields...), ",\n\"Histories\": [\n"...)
	for i, h := range kept.Histories {
		line, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			b = append(b, ",\n"...)
		}
		b = append(b, line...)
	}
	if b = append(b, "\n]}\n"...); err != nil || os.WriteFile(foldsFile, b, 0o644) != nil { //nolint:gosec // a source file
		t.Fatal("the file cannot be written")
	}
	t.Logf("%d histories of %d kinds and fields are kept", len(kept.Histories), len(seen))
}

// notePaths tells the names of all that a state holds.
func notePaths(state []byte, note func(string)) {
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				walk(path+"."+name, inner)
			}
		case []any:
			for _, inner := range v {
				walk(path, inner)
			}
		default:
			note(path)
		}
	}
	var v any
	if json.Unmarshal(state, &v) == nil {
		walk("", v)
	}
}

// fieldsOf are the names of all that a state can hold.
func fieldsOf(t reflect.Type, path string, names []string) []string {
	switch {
	case t.PkgPath() == "clicarity/internal/flow" && t.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).IsExported():
		for i := range t.NumField() {
			names = fieldsOf(t.Field(i).Type, path+"."+t.Field(i).Tag.Get("json"), names)
		}
		return names
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		return fieldsOf(t.Elem(), path, names)
	}
	return append(names, path+" "+t.String())
}

// anyHistory draws what random commands make of a job, or of a job with its components and lots.
var anyHistory = rapid.Custom(func(t *rapid.T) [][]keptMove {
	var all [][]keptMove
	keep := func(history []Movement) {
		var moves []keptMove
		for _, m := range history {
			moves = append(moves, keptMove{Job: m.Job, Command: m.Command, Member: m.Member, Kind: m.Kind, Stage: m.Stage, Mark: m.Mark, Occurred: m.Occurred, Facts: m.Facts})
		}
		all = append(all, moves)
	}
	if rapid.Bool().Draw(t, "family") {
		c := anyFamily(t, 40)
		for _, id := range c.order {
			keep(c.history[id])
		}
		return all
	}
	s := openShop(t)
	for range 40 {
		s.step()
	}
	keep(s.history)
	return all
})
