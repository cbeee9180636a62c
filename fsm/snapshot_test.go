package fsm

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestMoreOutcomesThanAreRememberedAreRefused(t *testing.T) {
	many := &snapshot{state: newState()}
	for i := range Remembered + 1 {
		many.outcomes = append(many.outcomes, Outcome{ID: fmt.Sprint(i), Code: OK})
	}
	var out bytes.Buffer
	if _, err := many.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, &out)
}

func TestForeignTextIsNoSnapshot(t *testing.T) {
	sealed := string(sealed(`{"meta":{"index":1,"horizon":0}}` + "\n"))
	newStory(t).restore([]byte(sealed)) // the cases below differ from it in one thing each
	for name, text := range map[string]string{
		"empty":             "",
		"another version":   strings.Replace(sealed, snapshotHeader, "jeton-snapshot 2\n", 1),
		"no header":         strings.TrimPrefix(sealed, snapshotHeader),
		"no end":            snapshotHeader + `{"meta":{"index":1,"horizon":0}}` + "\n",
		"data after it":     sealed + "\n",
		"an unknown record": string(sealedText(`{"api_key":{}}`)),
		"an unknown field":  string(sealedText(`{"meta":{"index":1,"horizon":0,"term":3}}`)),
		"a line of nothing": string(sealedText(`{}`)),
		"a null record":     string(sealedText(`{"member":null}`)),
		"an empty line":     string(sealedText(``)),
		"an endless line":   snapshotHeader + strings.Repeat(" ", maxLine+1) + "\n",
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, strings.NewReader(text)) })
	}
}

func TestAReadersOwnErrorComesThrough(t *testing.T) {
	broken := errors.New("broken disk")
	whole := goldenSnapshotBytes(t)
	for _, at := range []int{0, 5, 100, len(whole)} {
		r := io.MultiReader(bytes.NewReader(whole[:at]), iotest.ErrReader(broken))
		if err := New().Restore(r); !errors.Is(err, broken) || errors.Is(err, ErrUnreadable) {
			t.Errorf("after %d bytes: got %v, want the reader's error", at, err)
		}
	}
}

func TestAWritersErrorComesThrough(t *testing.T) {
	broken := errors.New("broken disk")
	if _, err := goldenSnapshot().WriteTo(failingWriter{broken}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestATruncatedSnapshotIsRefused(t *testing.T) {
	whole := snapshotBytes(t, firstSnapshot())
	m := New()
	for length := range whole {
		if err := m.Restore(bytes.NewReader(whole[:length])); !errors.Is(err, ErrUnreadable) {
			t.Fatalf("%d of %d bytes: got %v, want ErrUnreadable", length, len(whole), err)
		}
	}
}

func TestASnapshotWithOneFlippedBitIsRefused(t *testing.T) {
	whole := snapshotBytes(t, firstSnapshot())
	m := New()
	before := m.Current()
	for at := range whole {
		for _, bit := range []int{0, 5, 7} { // 5 is upper and lower case
			damaged := bytes.Clone(whole)
			damaged[at] ^= 1 << bit
			if err := m.Restore(bytes.NewReader(damaged)); !errors.Is(err, ErrUnreadable) {
				t.Fatalf("bit %d of byte %d, in %q: got %v, want ErrUnreadable", bit, at, around(damaged, at), err)
			}
		}
	}
	if m.Current() != before {
		t.Error("a refused snapshot changed the state")
	}
}

func around(data []byte, at int) []byte { return data[max(0, at-10):min(len(data), at+10)] }

func TestADamagedSnapshotIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &story{Machine: New(), t: t}
		for _, c := range rapid.SliceOfN(anyCommand(), 0, 20).Draw(t, "commands") {
			s.do(c)
		}
		data := saved(t, s.Machine)
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		data[at] ^= rapid.ByteRange(1, 255).Draw(t, "damage")
		if err := New().Restore(bytes.NewReader(data)); !errors.Is(err, ErrUnreadable) {
			t.Fatalf("got %v, want ErrUnreadable", err)
		}
	})
}

// sealed is a snapshot of that body, with a right last line.
func sealed(body string) []byte {
	text := snapshotHeader + body
	return fmt.Appendf(nil, "%s{\"sha256\":\"%x\"}\n", text, sha256.Sum256([]byte(text)))
}

func sealedText(line string) []byte { return sealed(line + "\n") }

func wantRefused(t rapid.TB, r io.Reader) {
	t.Helper()
	m := New()
	before := m.Current()
	if err := m.Restore(r); !errors.Is(err, ErrUnreadable) {
		t.Errorf("got %v, want ErrUnreadable", err)
	}
	if m.Current() != before {
		t.Error("a refused snapshot changed the state")
	}
}
