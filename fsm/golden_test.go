package fsm

import (
	"bytes"
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

// goldenProposals has one proposal for each command type. The texts hold what
// JSON escapes, because that is part of the form.
var goldenProposals = map[string]Proposal{
	"found_cluster": {ID: "9f1c0001", Seen: 0, Command: &FoundCluster{
		Cluster: Cluster{UUID: "Qm9vdHN0cmFwcGVkLWhlcmU", Name: "jeton"},
		CA: CA{
			Certificate: "-----BEGIN CERTIFICATE-----\nMIIB+golden/==\n-----END CERTIFICATE-----\n",
			Key:         "-----BEGIN GOLDEN KEY-----\nMIGH+golden/==\n-----END GOLDEN KEY-----\n",
		},
		User: User{Name: "elastic", Password: "{bcrypt}$2a$10$golden"},
		Member: Member{
			ID: "0b5e6f5e7a2f4d0f", Name: "node0",
			TransportAddress: "127.0.0.1:9300", HTTPAddress: "127.0.0.1:9200",
		},
	}},
	"create_service_token": {ID: "9f1c0002", Seen: 1, Command: &CreateServiceToken{Token: ServiceToken{
		Account: "elastic/fleet-server", Name: "token-1", Hash: "{SSHA256}golden+/==", Created: 1767225600000,
		Creator: Creator{Principal: "zoë <&> \u2028", Realm: "reserved"},
	}}},
	"delete_service_token": {ID: "9f1c0003", Seen: 2, Command: &DeleteServiceToken{
		Account: "elastic/fleet-server", Name: "token-1",
	}},
	"create_join_token": {ID: "9f1c0004", Seen: 3, Command: &CreateJoinToken{
		Token: JoinToken{
			ID: "jt-1", Hash: "{SSHA256}join+/==", Expires: 1767312000000,
			Creator: Creator{Principal: "elastic", Realm: "reserved"}, UsedBy: "5d41402abc4b2a76",
		},
		Now: 1767225600000,
	}},
	"admit_member": {ID: "9f1c0005", Seen: 4, Command: &AdmitMember{
		TokenID: "jt-1", Now: 1767225600001, Replaces: "7c9e6679f4b1a2d3",
		Member: Member{
			ID: "5d41402abc4b2a76", Name: "node1",
			TransportAddress: "[::1]:9301", HTTPAddress: "[::1]:9201",
		},
	}},
	"update_member": {ID: "9f1c0006", Seen: 1<<64 - 1, Command: &UpdateMember{Member: Member{
		ID: "5d41402abc4b2a76", Name: "node1-renamed",
		TransportAddress: "node1.example:9301", HTTPAddress: "node1.example:9201",
	}}},
	"remove_member": {ID: "9f1c0007", Seen: 6, Command: &RemoveMember{ID: "5d41402abc4b2a76"}},
}

// goldenSnapshot has a record of every kind.
func goldenSnapshot() *snapshot {
	founding := goldenProposals["found_cluster"].Command.(*FoundCluster)
	token := goldenProposals["create_service_token"].Command.(*CreateServiceToken).Token
	second := token
	second.Name = "token-2"
	used := goldenProposals["create_join_token"].Command.(*CreateJoinToken).Token
	unused := JoinToken{ID: "jt-2", Hash: "{SSHA256}unused", Expires: 1767398400000, Creator: used.Creator}
	node1 := goldenProposals["admit_member"].Command.(*AdmitMember).Member
	removed := "7c9e6679f4b1a2d3"

	s := newState()
	s.index = 9007199254740993 // more than a float64 holds
	s.cluster, s.ca = &founding.Cluster, &founding.CA
	s.users = put(s.users, founding.User.Name, &founding.User)
	s.members = put(put(s.members, founding.Member.ID, &founding.Member), node1.ID, &node1)
	s.removed = put(s.removed, removed, &removed)
	s.joinTokens = put(put(s.joinTokens, used.ID, &used), unused.ID, &unused)
	for _, t := range []*ServiceToken{&token, &second} {
		s.tokens = put(s.tokens, tokenKey(t.Account, t.Name), t)
	}
	codes := []Code{OK, Exists, NotFound, NameTaken, TokenUsed, TokenExpired, Removed, Forgotten}
	var outcomes []Outcome
	for i, code := range codes {
		outcomes = append(outcomes, Outcome{ID: fmt.Sprintf("9f1c%04d", i), Index: uint64(40 + i), Code: code})
	}
	return &snapshot{state: s, outcomes: outcomes, horizon: 39}
}

func TestEveryCommandTypeHasAGoldenEntry(t *testing.T) {
	types := slices.Sorted(maps.Keys(commands))
	for name, newCommand := range commands {
		want(t, "type of the command in the table", newCommand().Type(), name)
	}
	if golden := slices.Sorted(maps.Keys(goldenProposals)); !slices.Equal(types, golden) {
		t.Errorf("golden proposals of %q, commands %q", golden, types)
	}
	if *update {
		return // its files are being written
	}
	var files []string
	for _, path := range glob(t, entryFile("*")) {
		files = append(files, strings.TrimSuffix(filepath.Base(path), ".bin"))
	}
	if !slices.Equal(types, files) {
		t.Errorf("golden files of %q, commands %q", files, types)
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
	golden := goldenSnapshot()
	for _, path := range glob(t, "testdata/snapshot/v*.txt") {
		m := New()
		if err := m.Restore(bytes.NewReader(read(t, path))); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		wantContents(t, contentsOf(m.Current()), contentsOf(golden.state))
		want(t, "index", m.Index(), golden.state.index)
		want(t, "horizon", m.memory.horizon, golden.horizon)
		if got := m.memory.list(); !slices.Equal(got, golden.outcomes) {
			t.Errorf("%s: outcomes %+v", path, got)
		}
	}
}

func TestSnapshotsAreWrittenByteForByte(t *testing.T) {
	version, _ := strings.CutPrefix(strings.TrimSpace(snapshotHeader), "jeton-snapshot ")
	wantGolden(t, "testdata/snapshot/v"+version+".txt", goldenSnapshotBytes(t))
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

func goldenSnapshotBytes(t rapid.TB) []byte {
	var out bytes.Buffer
	if _, err := goldenSnapshot().WriteTo(&out); err != nil {
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
		t.Errorf("state:\ngot  %+v\nwant %+v", got, want)
	}
}
