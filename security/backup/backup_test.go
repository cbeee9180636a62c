package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"jeton/fsm"
)

// world is a state with a record of each kind, some of them.
func world(t testing.TB, tokens int) *fsm.State {
	t.Helper()
	m := fsm.New()
	commands := []fsm.Command{
		&fsm.FoundCluster{
			Cluster: fsm.Cluster{UUID: "uuid", Name: "<jeton>"}, CA: fsm.CA{Certificate: "certificate", Key: "the key of the CA"},
			User: fsm.User{Name: "elastic", Password: "{bcrypt}1"}, Member: fsm.Member{ID: "member-1", Name: "node0"},
		},
		&fsm.CreateJoinToken{Token: fsm.JoinToken{ID: "join-1", Hash: "hash of a join token", Expires: 5}},
		&fsm.PutRole{Role: fsm.Role{Name: "r", Descriptor: []byte(`{"cluster":["\u003c"]}`)}},
		&fsm.PutApplicationPrivilege{Privilege: fsm.ApplicationPrivilege{Application: "app", Name: "read", Actions: []string{"a:b"}}},
		&fsm.PutServiceAccount{Account: fsm.ServiceAccount{Name: "apps/worker", Roles: []string{"r"}}},
		&fsm.CreateOAuthToken{Token: fsm.OAuthToken{ID: "1", Access: "a", Refresh: "b", Created: 7, Until: 9}},
		&fsm.RefreshOAuthToken{ID: "1", Refresh: "b", New: fsm.OAuthToken{ID: "2", Until: 9}, Sealed: "s"},
	}
	for i := range tokens {
		commands = append(commands, &fsm.CreateServiceToken{Token: fsm.ServiceToken{Account: "elastic/fleet-server", Name: fmt.Sprint("t", i), Hash: "h"}})
	}
	for i, c := range commands {
		entry, err := fsm.Encode(fsm.Proposal{ID: fmt.Sprint("p", i), Command: c})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Apply(uint64(i+1), entry); err != nil {
			t.Fatal(err)
		}
	}
	return m.Current()
}

func written(t testing.TB, b Backup) []byte {
	t.Helper()
	var out bytes.Buffer
	n, err := b.WriteTo(&out)
	if err != nil || n != int64(out.Len()) {
		t.Fatalf("%d of %d bytes, %v", n, out.Len(), err)
	}
	return out.Bytes()
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	state := world(t, 3)
	r, err := NewReader(bytes.NewReader(written(t, Backup{State: state, Made: 1767225600000, Version: "1.0.0"})))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []fsm.Restorable
	for record := range state.Restorables {
		want = append(want, record)
	}
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, record)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d records are not the %d that were written", len(got), len(want))
	}
	if m := r.Meta(); m.ClusterUUID != "uuid" || m.Index != state.Index() || m.Counts != state.Counts() || m.MadeAt().Year() != 2026 || m.Version != "1.0.0" {
		t.Errorf("%+v", m)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the end: %v", err)
	}
}

func TestWhatBelongsToOneClusterIsNotInIt(t *testing.T) {
	text := string(written(t, Backup{State: world(t, 1)}))
	for _, secret := range []string{"the key of the CA", "join", "member-1", "outcome"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in it", secret)
		}
	}
}

// Whatever is changed, cut off or added: nothing of it counts as whole.
func TestADamagedBackupIsNeverWhole(t *testing.T) {
	whole := written(t, Backup{State: world(t, 2)})
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		wantRefused(t, fmt.Sprint("flipped at ", i), flipped)
		wantRefused(t, fmt.Sprint("cut at ", i), whole[:i])
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for i := range lines[:len(lines)-1] {
		without := append(append([][]byte{}, lines[:i]...), lines[i+1:]...)
		wantRefused(t, fmt.Sprint("without line ", i), bytes.Join(without, nil))
	}
	wantRefused(t, "twice", append(bytes.Clone(whole), whole...))
}

func wantRefused(t *testing.T, what string, text []byte) {
	t.Helper()
	_, err := Check(bytes.NewReader(text))
	if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) && !errors.Is(err, ErrNoBackup) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestOtherTextsAreToldApart(t *testing.T) {
	for text, want := range map[string]error{
		"":                     ErrNoBackup,
		"jeton-snapshot 1\n{}": ErrNoBackup,
		"jeton-backup 2\n":     ErrVersion,
		"jeton-backup 1\n":     ErrDamaged,
		"jeton-backup 1\n{\"meta\":{\"cluster_uuid\":\"u\"}}\n{\"ca\":{}}\n{\"settings\":{\"new\":1}}\n": ErrVersion,
		strings.Repeat("x", 1<<20):                                 ErrNoBackup,
		"jeton-backup 1\n" + strings.Repeat(" ", MaxRecord) + "\n": ErrDamaged,
	} {
		if _, err := Check(strings.NewReader(text)); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
}

func TestARecordThatCouldNotComeBackIsRefusedAtOnce(t *testing.T) {
	m := fsm.New()
	entry, err := fsm.Encode(fsm.Proposal{ID: "p", Command: &fsm.PutRole{Role: fsm.Role{
		Name: "r", Descriptor: []byte(`{"d":"` + strings.Repeat("x", MaxRecord) + `"}`),
	}}})
	if err == nil {
		err = m.Apply(1, entry)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Backup{State: m.Current()}).WriteTo(io.Discard); err == nil || !strings.Contains(err.Error(), "could not be restored") {
		t.Errorf("%v", err)
	}
}

func TestAFileHasItsNameOnlyOnceItIsWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "b")
	b := Backup{State: world(t, 1)}
	fill := func(w io.Writer) error { _, err := b.WriteTo(w); return err }
	full := errors.New("the disk is full")
	for what, bad := range map[string]func(io.Writer) error{
		"cut short": func(w io.Writer) error { _, err := w.Write(written(t, b)[:100]); return err },
		"full":      func(w io.Writer) error { _, _ = io.WriteString(w, header); return full },
	} {
		if _, _, err := WriteFile(path, false, bad); !errors.Is(err, ErrDamaged) && !errors.Is(err, full) {
			t.Errorf("%s: %v", what, err)
		}
		wantFiles(t, dir)
	}
	if _, size, err := WriteFile(path, false, fill); err != nil || size != int64(len(written(t, b))) {
		t.Fatal(size, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && filepath.Separator == '/' {
		t.Errorf("%v, %v", info, err)
	}
	if _, _, err := WriteFile(path, false, fill); !errors.Is(err, ErrFileExists) {
		t.Errorf("a second time: %v", err)
	}
	if _, _, err := WriteFile(path, true, fill); err != nil {
		t.Errorf("by force: %v", err)
	}
	wantFiles(t, dir, "b")
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if err != nil || !reflect.DeepEqual(names, want) {
		t.Errorf("%q, %v; want %q", names, err, want)
	}
}

func FuzzReader(f *testing.F) {
	whole := written(f, Backup{State: world(f, 2)})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	for line := range bytes.Lines(whole) {
		f.Add(append([]byte(header), line...))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := Check(bytes.NewReader(text))
		if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) && !errors.Is(err, ErrNoBackup) {
			t.Fatal(err)
		}
	})
}
