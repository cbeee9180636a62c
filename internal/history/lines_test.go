package history

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	ops := []Op{
		{Kind: Create, Key: "1", Name: "n", Scope: "s", Client: "c", Node: "x", Start: 1, End: 2, Outcome: OK},
		{Kind: List, Scope: "s", Seen: []string{"n"}, Start: 3, End: 4, Outcome: OK},
	}
	var b bytes.Buffer
	if err := Write(&b, ops); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&b)
	if err != nil || !reflect.DeepEqual(got, ops) {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestWhatIsNoOperationIsRefused(t *testing.T) {
	for _, line := range []string{
		`{"kind":"create","key":"k","start":1,"end":2,"outcome":"perhaps"}`,
		`{"kind":"destroy","key":"k","start":1,"end":2,"outcome":"ok"}`,
		`{"kind":"create","key":"k","start":2,"end":1,"outcome":"ok"}`,
		`{"kind":"create","key":"k","start":-1,"end":1,"outcome":"ok"}`,
		`{"kind":"create","start":1,"end":2,"outcome":"ok"}`,
		`{"kind":"create","key":"k","start":1,"end":2,"outcome":"ok","more":1}`,
		`{"kind":"create"`,
	} {
		if ops, err := Read(strings.NewReader(line)); err == nil {
			t.Errorf("%s was read as %v", line, ops)
		}
	}
}

func FuzzReadWrite(f *testing.F) {
	f.Add([]byte(`{"kind":"create","key":"k","start":1,"end":2,"outcome":"ok"}`))
	f.Add([]byte(`{"kind":"list","seen":["a","b"],"start":1,"end":2,"outcome":"ok"}` + "\n" + `{"kind":"delete","name":"n","start":3,"end":9,"outcome":"not found"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ops, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		Check(ops) // whatever was read can be judged
		var b bytes.Buffer
		if err := Write(&b, ops); err != nil {
			t.Fatal(err)
		}
		again, err := Read(&b)
		if err != nil || len(again) != len(ops) {
			t.Fatalf("%d operations became %d: %v", len(ops), len(again), err)
		}
		for i := range ops {
			if len(ops[i].Seen) == 0 && len(again[i].Seen) == 0 {
				ops[i].Seen, again[i].Seen = nil, nil
			}
			if !reflect.DeepEqual(ops[i], again[i]) {
				t.Errorf("%v became %v", ops[i], again[i])
			}
		}
	})
}
