package keys

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

func fetching(sealed []byte) Fetch {
	return func(offset, length int64) (io.ReadCloser, error) {
		end := min(offset+length, int64(len(sealed)))
		return io.NopCloser(bytes.NewReader(sealed[min(offset, end):end])), nil
	}
}

func sealAll(t testing.TB, key [Size]byte, belongs string, plain []byte) []byte {
	t.Helper()
	r, err := SealStream(key, belongs, bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func openAll(key [Size]byte, belongs string, sealed []byte, offset, length int64) ([]byte, error) {
	r, err := OpenStream(key, belongs, int64(len(sealed)), Part{offset, length}, fetching(sealed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func plainOf(n int) []byte {
	random := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // test data
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func TestStreamsOpenWholeAndInParts(t *testing.T) {
	t.Parallel()
	key := [Size]byte{1}
	for _, n := range []int{0, 1, 100, Segment - 1, Segment, Segment + 1, 3 * Segment, 3*Segment + 17} {
		plain := plainOf(n)
		sealed := sealAll(t, key, "org file", plain)
		if int64(len(sealed)) != SealedSize(int64(n)) {
			t.Errorf("%d bytes are sealed in %d, not %d", n, len(sealed), SealedSize(int64(n)))
		}
		if got, err := openAll(key, "org file", sealed, 0, int64(n)); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d come back, %v", n, len(got), err)
		}
		for range 40 {
			from := rand.IntN(n + 1) //nolint:gosec // test data
			length := rand.IntN(n - from + 1)
			if got, err := openAll(key, "org file", sealed, int64(from), int64(length)); err != nil || !bytes.Equal(got, plain[from:from+length]) {
				t.Errorf("%d from %d of %d: %v", length, from, n, err)
			}
		}
		if _, err := openAll(key, "org file", sealed, 0, int64(n)+1); !errors.Is(err, ErrWrong) {
			t.Errorf("more than there is: %v", err)
		}
	}
}

func TestStreamsThatWereTouchedDoNotOpen(t *testing.T) {
	t.Parallel()
	key, plain := [Size]byte{1}, plainOf(3*Segment+9)
	sealed, other := sealAll(t, key, "org file", plain), sealAll(t, key, "org file", plain)
	part := func(b []byte, i int) []byte {
		return b[streamHead+i*sealedPart : min(streamHead+(i+1)*sealedPart, len(b))]
	}
	swapped := slices.Concat(sealed[:streamHead], part(sealed, 1), part(sealed, 0), part(sealed, 2), part(sealed, 3))
	exchanged := slices.Concat(sealed[:streamHead], part(sealed, 0), part(other, 1), part(sealed, 2), part(sealed, 3))
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	head := bytes.Clone(sealed)
	head[10] ^= 1
	for name, b := range map[string][]byte{
		"two segments in the other order": swapped, "a segment of another stream": exchanged, "a bit": flipped, "the header": head,
		"cut off": sealed[:len(sealed)-1], "without the last segment": sealed[:streamHead+3*sealedPart], "nothing": {}, "the header alone": sealed[:streamHead],
		"with more": slices.Concat(sealed, part(sealed, 3)),
	} {
		n, _ := PlainSize(int64(len(b)))
		if got, err := openAll(key, "org file", b, 0, max(n, 0)); !errors.Is(err, ErrWrong) || !bytes.HasPrefix(plain, got) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if _, err := openAll(key, "org another", sealed, 0, 10); !errors.Is(err, ErrWrong) {
		t.Errorf("as another file: %v", err)
	}
	if _, err := openAll([Size]byte{2}, "org file", sealed, 0, 10); !errors.Is(err, ErrWrong) {
		t.Errorf("with another key: %v", err)
	}
	r, err := OpenStream(key, "org file", int64(len(sealed)), Part{0, int64(len(plain))}, fetching(sealed[:streamHead+2*sealedPart])) // the store has less than it said
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, ErrWrong) {
		t.Errorf("a store that gives less: %v", err)
	}
}

func FuzzOpenStream(f *testing.F) {
	key, plain := [Size]byte{1}, plainOf(Segment+50)
	sealed := sealAll(f, key, "x", plain)
	f.Add(sealed, int64(0), int64(Segment+50))
	f.Add(sealed[:len(sealed)-7], int64(10), int64(20))
	f.Add([]byte(streamMark), int64(-1), int64(1<<62))
	f.Fuzz(func(t *testing.T, b []byte, offset, length int64) {
		got, err := openAll(key, "x", b, offset, length)
		if err != nil {
			return
		}
		if offset+length > int64(len(plain)) || !bytes.Equal(got, plain[offset:offset+length]) {
			t.Error("something opens that was not sealed")
		}
	})
}

type failing struct{ after int }

func (f *failing) Read(p []byte) (int, error) {
	if f.after <= 0 {
		return 0, fmt.Errorf("the line broke")
	}
	n := min(len(p), f.after)
	f.after -= n
	return n, nil
}

func TestSealingWhatBreaksOffFails(t *testing.T) {
	t.Parallel()
	r, err := SealStream([Size]byte{1}, "x", &failing{Segment + 5})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err == nil {
		t.Error("half a stream is sealed as a whole")
	}
}
