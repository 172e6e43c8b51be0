package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// again is the part of the write door that knows which commands were taken.
type again struct {
	taken map[ID]Taken
	sent  []Command // in the order they were taken
}

// deliver answers a command: one that was taken gets its first answer, another is decided and, unless it is refused, leaves a
// receipt. seq is the number of the newest movement.
func (a *again) deliver(c Command, seq int64, decide func() (int, error)) (Receipt, error) {
	if first, ok := a.taken[c.ID]; ok {
		return first.Answer(c.Fingerprint())
	}
	n, err := decide()
	if err != nil {
		return Receipt{}, err
	}
	if a.taken == nil {
		a.taken = map[ID]Taken{}
	}
	r := Receipt{Command: c.ID, First: seq + 1, Last: seq + int64(n), Jobs: []JobRef{{Number: "JC-1"}}}
	a.taken[c.ID], a.sent = Taken{c.Fingerprint(), r}, append(a.sent, c)
	return r, nil
}

// wrong sends the newest command and an older one once more, as a phone does that missed the answer, and the newest with
// another content. It says what was not as it should be.
func (a *again) wrong(decide func(Command) (int, error)) string {
	newest := len(a.sent) - 1
	for _, i := range []int{newest, newest * 7 % len(a.sent)} {
		c := a.sent[i]
		want := a.taken[c.ID].Receipt
		want.Again = true
		if r, err := a.deliver(c, 0, func() (int, error) { return decide(c) }); err != nil || !reflect.DeepEqual(r, want) {
			return fmt.Sprintf("sent again, %s is answered %+v (%v), at first it was %+v", c.Action.Name(), r, err, want)
		}
		other := c
		other.Occurred = c.Occurred.Add(time.Second)
		_, err := a.deliver(other, 0, func() (int, error) { return decide(other) })
		if r, ok := err.(*Refusal); !ok || r.Code != Conflict {
			return fmt.Sprintf("another command under the id of one that was taken: %v", err)
		}
	}
	return ""
}

// decide takes a command into the shop: what it causes counts.
func (s *shop) decide(m Mark, c Command) (int, error) {
	before, _ := json.Marshal(s.job)
	moves, err := Decide(s.world(), m, c)
	if now, _ := json.Marshal(s.job); !bytes.Equal(before, now) {
		s.t.Fatalf("deciding changed the job\n%s", s.tell())
	}
	s.story = append(s.story, chapter(fmt.Sprintf(" by %s %d", m.Role, m.Member[0]), c.Action, moves, err))
	if err != nil {
		return 0, err
	}
	if again, err := Decide(s.world(), m, c); err != nil || !reflect.DeepEqual(again, moves) {
		s.t.Fatalf("the same command on the same world decided otherwise\n%s", s.tell())
	}
	was := s.job
	for _, mv := range moves {
		s.take(mv)
	}
	if now, _ := json.Marshal(was); !bytes.Equal(before, now) {
		s.t.Fatalf("what came of it changed the job before it\n%s", s.tell())
	}
	return len(moves), nil
}

// twice checks that a command that is sent again changes nothing, whatever has come meanwhile.
func (s *shop) twice(m Mark) {
	job, n := s.job, len(s.history)
	m.At = s.now.Add(time.Minute)
	if wrong := s.again.wrong(func(c Command) (int, error) { return s.decide(m, c) }); wrong != "" {
		s.t.Fatalf("%s\n%s", wrong, s.tell())
	}
	if len(s.history) != n || !reflect.DeepEqual(job, s.job) {
		s.t.Fatalf("a command that was sent twice counts twice\n%s", s.tell())
	}
}
