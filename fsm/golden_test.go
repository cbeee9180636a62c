package fsm

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The golden files are what releases have written to disks. One that exists is
// never rewritten, not even by -update: a change of a form needs a version of
// its own, with files of its own, and the old ones go on being read.
var update = flag.Bool("update", false, "write the golden files that do not exist yet")

func TestEveryCommandTypeHasAGoldenEntry(t *testing.T) {
	types := slices.Sorted(maps.Keys(commands))
	for name, newCommand := range commands {
		want(t, "type of the command in the table", newCommand().Type(), name)
	}
	golden := slices.Sorted(maps.Keys(goldenProposals))
	var covered []string
	for _, name := range golden {
		commandType, _, _ := strings.Cut(name, "-")
		want(t, "type of golden proposal "+name, goldenProposals[name].Command.Type(), commandType)
		covered = append(covered, commandType)
	}
	slices.Sort(covered)
	if covered = slices.Compact(covered); !slices.Equal(types, covered) {
		t.Errorf("golden proposals of %q, commands %q", covered, types)
	}
	if *update {
		return // its files are being written
	}
	var files []string
	for _, path := range glob(t, entryFile("*")) {
		files = append(files, strings.TrimSuffix(filepath.Base(path), ".bin"))
	}
	slices.Sort(files)
	if !slices.Equal(golden, files) {
		t.Errorf("golden files of %q, proposals %q", files, golden)
	}
}

func TestEntriesOfEveryVersionAreRead(t *testing.T) {
	for _, path := range glob(t, "testdata/entry/v*/*.bin") {
		p, err := Decode(read(t, path))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		name := strings.TrimSuffix(filepath.Base(path), ".bin")
		if !reflect.DeepEqual(p, goldenProposals[name]) {
			t.Errorf("%s: got %+v of %+v, want %+v", path, p, p.Command, goldenProposals[name].Command)
		}
	}
}

func TestEntriesAreWrittenByteForByte(t *testing.T) {
	for name, p := range goldenProposals {
		wantGolden(t, entryFile(name), encode(t, p))
	}
}

func TestSnapshotsOfEveryVersionAreRead(t *testing.T) {
	for _, path := range append(glob(t, "testdata/snapshot/v*.txt"), glob(t, "testdata/snapshot/v*/*.txt")...) {
		end := strings.TrimLeft(strings.TrimPrefix(path, "testdata/snapshot/v"), "0123456789")
		newGolden, known := goldenSnapshots[end]
		if !known {
			t.Errorf("%s: nobody knows what it holds", path)
			continue
		}
		golden, m := newGolden(), New()
		if err := m.Restore(bytes.NewReader(read(t, path))); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		wantContents(t, contentsOf(m.Current()), contentsOf(golden.state))
		wantIndexed(t, m.Current())
		want(t, "index", m.Index(), golden.state.index)
		want(t, "horizon", m.memory.horizon, golden.horizon)
		if got := m.memory.list(); !slices.Equal(got, golden.outcomes) {
			t.Errorf("%s: outcomes %+v", path, got)
		}
	}
}

func TestSnapshotsAreWrittenByteForByte(t *testing.T) {
	version, _ := strings.CutPrefix(strings.TrimSpace(snapshotHeader), "jeton-snapshot ")
	for end, newGolden := range goldenSnapshots {
		wantGolden(t, "testdata/snapshot/v"+version+end, snapshotBytes(t, newGolden()))
	}
}

// Nodes of two releases must forget the same proposals at the same index.
func TestTheSizeOfTheMemoryIsPartOfTheForm(t *testing.T) { want(t, "remembered", Remembered, 8192) }

func TestTheGoldenSnapshotHasEveryKindOfRecord(t *testing.T) {
	data := string(goldenSnapshotBytes(t))
	for kind := range reflect.TypeFor[line]().Fields() {
		key, _, _ := strings.Cut(kind.Tag.Get("json"), ",")
		if !strings.Contains(data, "\n{\""+key+"\":") {
			t.Errorf("no record %q", key)
		}
	}
}

// A field of a record that no golden file has could change its form unseen.
func TestTheGoldenSnapshotHasEveryFieldOfEveryRecord(t *testing.T) {
	records := strings.Split(string(goldenSnapshotBytes(t)), "\n")
	for kind := range reflect.TypeFor[line]().Fields() {
		name, _, _ := strings.Cut(kind.Tag.Get("json"), ",")
		for _, key := range keysOf(kind.Type) {
			has := func(record string) bool {
				return strings.HasPrefix(record, `{"`+name+`":`) && strings.Contains(record, `"`+key+`":`)
			}
			if !slices.ContainsFunc(records, has) {
				t.Errorf("no %s has %q", name, key)
			}
		}
	}
}

// keysOf are the JSON names of a record's fields, and of those within them.
func keysOf(typ reflect.Type) (keys []string) {
	if typ.Kind() == reflect.Pointer {
		return keysOf(typ.Elem())
	}
	if typ.Kind() != reflect.Struct {
		return nil
	}
	for field := range typ.Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		keys = append(append(keys, key), keysOf(field.Type)...)
	}
	return keys
}

func goldenSnapshotBytes(t rapid.TB) []byte { return snapshotBytes(t, goldenSnapshot()) }

func snapshotBytes(t rapid.TB, s *snapshot) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := s.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func entryFile(name string) string {
	return fmt.Sprintf("testdata/entry/v%d/%s.bin", EntryVersion, name)
}

// wantGolden compares with a file, which -update writes if there is none.
func wantGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	golden, err := os.ReadFile(path)
	if *update && errors.Is(err, fs.ErrNotExist) {
		write(t, path, got)
		return
	}
	if err != nil {
		t.Fatalf("%v; a new type or version is written by: go test ./fsm -update", err)
	}
	if !bytes.Equal(got, golden) {
		t.Errorf("%s: a form that is on disks has changed: give it a new version\ngot  %q\nwant %q", path, got, golden)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t rapid.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// glob returns the files of a pattern, sorted; there must be some.
func glob(t rapid.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no file %s: %v", pattern, err)
	}
	return paths
}

func wantContents(t rapid.TB, got, want contents) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		a, b := reflect.ValueOf(got), reflect.ValueOf(want)
		for i := range a.NumField() {
			if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
				x, _ := json.Marshal(a.Field(i).Interface())
				y, _ := json.Marshal(b.Field(i).Interface())
				t.Errorf("%s:\ngot  %s\nwant %s", a.Type().Field(i).Name, x, y)
			}
		}
	}
}
