package trail

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
)

var (
	ours   = NewKey([ed25519.SeedSize]byte{1})
	theirs = NewKey([ed25519.SeedSize]byte{2})
	org    = flow.ID{7}
)

// contents are what entries may say.
func contents(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"at":"2026-11-26T08:%02d:00.000000Z","what":"process_changed","detail":{"name":{"is":"डिब्बा <%d> & \"tea\"","was":"\\"}}}`, i, i)
	}
	return list
}

// written is a file of a log, from an entry on.
func written(t testing.TB, k Key, from int64, log []string) []byte {
	t.Helper()
	var before, hash [32]byte
	var all []Entry
	for i, c := range log {
		hash = flow.Link(hash, int64(i+1), []byte(c))
		all = append(all, Entry{int64(i + 1), c, hash})
	}
	if from > 1 {
		before = all[from-2].Hash
	}
	var buf bytes.Buffer
	w, err := New(&buf, k, Header{Organisation: org, From: from, Before: before, Program: "v1.2.3"})
	for _, e := range all[from-1:] {
		err = errors.Join(err, w.Add(e.Seq, e.Content, e.Hash))
	}
	if err := errors.Join(err, w.Close(int64(len(log)), hash)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestASoundFile(t *testing.T) {
	t.Parallel()
	for from, entries := range map[int64]int64{1: 5, 4: 2, 6: 0} {
		got, err := Check(bytes.NewReader(written(t, ours, from, contents(5))), ours.Fingerprint())
		if err != nil || got.Entries != entries || got.Head != 5 || got.Organisation != org || got.Program != "v1.2.3" {
			t.Errorf("from %d: %+v %v", from, got, err)
		}
	}
	if got, err := Check(bytes.NewReader(written(t, ours, 1, nil)), strings.ToUpper(strings.ReplaceAll(ours.Fingerprint(), "-", ""))); err != nil || got.Entries != 0 {
		t.Errorf("an empty log: %+v %v", got, err)
	}
}

// noticed checks that a file is refused with words about it.
func noticed(t *testing.T, name string, file []byte, expect, says string) {
	t.Helper()
	_, err := Check(bytes.NewReader(file), expect)
	var fault *Fault
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v, want something about %q", name, err, says)
	}
}

func TestAbuseAuditTamperingOfAnExport(t *testing.T) {
	t.Parallel()
	file := written(t, ours, 1, contents(5))
	lines := bytes.SplitAfter(file, []byte("\n"))
	lines = lines[:len(lines)-1]
	join := func(list ...[]byte) []byte { return bytes.Join(list, nil) }
	without := func(i int) []byte { return join(slices.Delete(slices.Clone(lines), i, i+1)...) }
	swapped := slices.Clone(lines)
	swapped[2], swapped[3] = swapped[3], swapped[2]
	other := contents(5)
	other[2] = strings.Replace(other[2], "डिब्बा", "Duplex", 1)
	forged := bytes.SplitAfter(written(t, theirs, 1, other), []byte("\n"))

	noticed(t, "edited", bytes.Replace(file, []byte("<2>"), []byte("<9>"), 1), "", "line 4: entry 3 was edited")
	noticed(t, "deleted", without(3), "", "line 4: entry 3 is missing")
	noticed(t, "the first deleted", without(1), "", "line 2: entry 1 is missing")
	noticed(t, "in another order", join(swapped...), "", "line 3: entry 2 is missing")
	noticed(t, "twice", join(slices.Insert(slices.Clone(lines), 3, lines[2])...), "", "line 4: entry 2 is not in its place")
	noticed(t, "the last entry cut", without(5), "", "its tail was cut off")
	noticed(t, "the end cut", join(lines[:6]...), "", "without the signed head")
	noticed(t, "cut within a line", file[:len(file)-10], "", "within a line")
	noticed(t, "nothing at all", nil, "", "line 1: the file ends here")
	noticed(t, "something after the end", join(file, []byte("\n")), "", "added after the end")
	noticed(t, "a whole file after the end", join(file, file), "", "added after the end")
	noticed(t, "a head signed for another log", join(append(slices.Clone(lines[:6]), forged[6])...), "", "not that of the entries")
	noticed(t, "a head signed by somebody else", bytes.Join(forged, nil), ours.Fingerprint(), "not with the one expected")
	noticed(t, "somebody else's organisation", bytes.Replace(file, []byte(org.String()), []byte(flow.ID{8}.String()), 1), "", "the signature is not one of this head")
	noticed(t, "another form of file", []byte("Job No,Party\n"), "", "line 1: it was edited")
	noticed(t, "a line without end", bytes.Repeat([]byte("x"), maxLine+1), "", "longer than any line")
}

// Any change of a single byte, of any line, is noticed: each bit turned, each byte left out, each doubled.
func TestAnySingleChangeOfAnExportIsNoticed(t *testing.T) {
	t.Parallel()
	file := written(t, ours, 1, contents(4))
	tried := 0
	check := func(what string, at int, changed []byte) {
		tried++
		if bytes.Equal(changed, file) {
			return
		}
		if _, err := Check(bytes.NewReader(changed), ""); err == nil {
			t.Errorf("byte %d %s and nobody noticed: %q", at, what, changed)
		}
	}
	for i := range file {
		for bit := range 8 {
			changed := bytes.Clone(file)
			changed[i] ^= 1 << bit
			check("changed", i, changed)
		}
		check("left out", i, slices.Delete(bytes.Clone(file), i, i+1))
		check("doubled", i, slices.Insert(bytes.Clone(file), i, file[i]))
		check("pushed aside by a space", i, slices.Insert(bytes.Clone(file), i, ' '))
	}
	t.Logf("%d single changes, all noticed", tried)
}

// And so is any stretch that is replaced, moved or left out.
func TestAnyStretchChangedInAnExportIsNoticed(t *testing.T) {
	t.Parallel()
	file := written(t, ours, 1, contents(4))
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, len(file)).Draw(t, "from")
		to := rapid.IntRange(from, min(from+200, len(file))).Draw(t, "to")
		with := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 40), rapid.Custom(func(t *rapid.T) []byte {
			a := rapid.IntRange(0, len(file)).Draw(t, "a")
			return file[a:rapid.IntRange(a, len(file)).Draw(t, "b")]
		})).Draw(t, "with")
		changed := slices.Concat(file[:from], with, file[to:])
		if _, err := Check(bytes.NewReader(changed), ""); err == nil && !bytes.Equal(changed, file) {
			t.Fatalf("%q", changed)
		}
	})
}

// Whatever the reader is given it answers, and says of nothing that it is sound but of what was written as it stands.
func FuzzCheck(f *testing.F) {
	file := written(f, ours, 1, contents(2))
	f.Add(file)
	f.Add(written(f, ours, 2, contents(2)))
	f.Add([]byte("{\"format\":\"clicarity audit 1\"}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := Check(bytes.NewReader(file), "")
		if err != nil {
			return
		}
		if got.Head != got.From-1+got.Entries || bytes.Count(file, []byte("\n")) != int(got.Entries)+2 {
			t.Errorf("%+v of %q", got, file)
		}
	})
}
