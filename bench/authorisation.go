package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
)

// authorisation is how long the answer to "who may do this on which" takes for one stage update, in nanoseconds of one
// processor: what an operator with forty stages was given is found, and all that a tap on a stage card asks is asked.
func authorisation() float64 {
	var given flow.Given
	p := flow.Process{ID: newID()}
	j := flow.Job{ID: newID(), Process: p.ID, Fields: map[string]string{"gsm": "300", "rate": "41.50"}}
	p.Fields = []flow.Field{{Code: "gsm"}, {Code: "rate", For: []flow.Role{flow.Manager}}}
	for i := range 40 {
		code := fmt.Sprintf("stage-%02d", i+1)
		given.Stages = append(given.Stages, flow.StageRef{Process: p.ID, Stage: code})
		if i < stages {
			p.Stages = append(p.Stages, flow.Stage{Code: code, Name: code})
			j.Stages = append(j.Stages, flow.StageState{Code: code, Received: flow.One})
		}
	}
	text, member := given.Encode(), newID()
	known := map[string]flow.Scope{text: given.Scope(flow.Operator, member)} // as the database's reader remembers it
	const rounds = 20_000
	allowed := 0
	began := time.Now()
	for range rounds {
		who := flow.Person{Role: flow.Operator, Member: member, Scope: known[string([]byte(text))]}
		shown := p.As(who.Role).Show(who.Role, p.Show(who.Role, j))
		if who.May(flow.MayReport) && who.Scope.Sees(j) && who.Scope.At(j, "stage-03") && len(shown.Fields) == 1 {
			allowed++
		}
	}
	took := time.Since(began)
	if allowed != rounds {
		return 0
	}
	return float64(took.Nanoseconds()) / rounds
}

// ticksPerSecond is the unit of processor time in /proc, the same on every Linux.
const ticksPerSecond = 100

// processorTime is what a process has used of processors so far, and its children that have ended; 0 where /proc does not say.
func processorTime(pid int) time.Duration {
	fields := processStat(pid)
	var ticks int64
	for _, i := range []int{11, 12, 13, 14} { // utime, stime, cutime and cstime, counted behind the name
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64) // the kernel writes numbers
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// processStat are the fields of /proc/PID/stat behind the name; none where it is not there.
func processStat(pid int) []string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// databaseTime is what the PostgreSQL server of a data directory and its backends have used of processors so far.
func databaseTime(dir string) time.Duration {
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid")) //nolint:gosec // made by this run
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return 0
	}
	spent := processorTime(pid)
	list, _ := filepath.Glob("/proc/[0-9]*")
	for _, path := range list {
		child, _ := strconv.Atoi(filepath.Base(path)) // it matched
		if fields := processStat(child); len(fields) > 1 && fields[1] == line {
			spent += processorTime(child)
		}
	}
	return spent
}
