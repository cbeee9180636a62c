package fsm

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func FuzzDecode(f *testing.F) {
	for _, path := range glob(f, "testdata/entry/v*/*.bin") {
		f.Add(read(f, path))
	}
	f.Add(entryText(`{"id":"p","seen":0,"type":"remove_member","command":null}`))
	f.Add(entryText(`{"id":"p","seen":1e9,"type":"","command":[[[]]]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data)
		if err != nil {
			if !errors.Is(err, ErrUnreadable) {
				t.Fatalf("%v is not ErrUnreadable", err)
			}
			return
		}
		if again, err := Decode(encode(t, p)); err != nil || !reflect.DeepEqual(again, p) {
			t.Fatalf("%+v became %+v, %v", p, again, err)
		}
		s := &story{Machine: New(), t: t}
		s.restore(goldenSnapshotBytes(t))
		if err := s.Apply(s.Index()+1, data); err != nil {
			t.Fatal(err)
		}
		wantRestorable(t, s.Machine)
	})
}

func FuzzRestore(f *testing.F) {
	golden := goldenSnapshotBytes(f)
	f.Add(golden, false)
	f.Add(golden[:len(golden)/2], false)
	body := golden[len(snapshotHeader):bytes.LastIndex(golden, []byte(`{"sha256"`))]
	f.Add(body, true)
	for record := range bytes.Lines(body) {
		f.Add(record, true)
	}
	// Where seal is set, the data gets a header and a right checksum: behind
	// the checksum is where the fuzzer would not come by itself.
	f.Fuzz(func(t *testing.T, data []byte, seal bool) {
		if seal {
			data = sealed(string(data))
		}
		s := newStory(t)
		before := s.Current()
		if err := s.Restore(bytes.NewReader(data)); err != nil {
			if !errors.Is(err, ErrUnreadable) || s.Current() != before {
				t.Fatalf("%v is not ErrUnreadable, or the state has changed", err)
			}
			return
		}
		wantRestorable(t, s.Machine)
		for _, p := range goldenProposals {
			s.propose(p)
		}
		wantRestorable(t, s.Machine)
	})
}

// wantRestorable: what a machine writes another one reads, and equals it.
func wantRestorable(t *testing.T, m *Machine) {
	t.Helper()
	other := newStory(t)
	other.restore(saved(t, m))
	wantSame(t, m, other.Machine)
}
