package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// namesIn are the files of the log's directory.
func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestALongFileIsRolledOverAndTheOldestIsRemoved(t *testing.T) {
	o := options(t)
	o.MaxSize, o.MaxFiles = 1, 3 // each line is one too many
	l := opened(t, o)
	// Of another day, and of somebody else.
	for _, name := range []string{"jeton_audit-2020-01-02-10.json", "jeton_audit-2020-01-02-9.json", "jeton_audit-notes.json", "jeton_audit-2020-01-02-9.json.gz"} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), []byte("{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		l.Record(told(i))
		eventually(t, "it is written", func() bool { return l.Stats().Events == uint64(i+1) })
	}
	closed(t, l)
	names := strings.Join(namesIn(t, o.Dir), " ")
	for _, want := range []string{"jeton_audit-2020-01-02-10.json", "jeton_audit-notes.json", ".json.gz", "-1.json", "-2.json", "jeton_audit.json"} {
		if !strings.Contains(names, want) {
			t.Errorf("no %s in %s", want, names)
		}
	}
	if strings.Contains(names, "2020-01-02-9.json ") || strings.Count(names, "jeton_audit-") != 5 {
		t.Errorf("files %s", names)
	}
	if got := actionsIn(t, filepath.Join(o.Dir, "jeton_audit.json")); got != "2" {
		t.Errorf("the present file has %s", got)
	}
}

func TestAFileThatCannotBeRolledOverIsWrittenOn(t *testing.T) {
	out := &output{dir: filepath.Join(t.TempDir(), "logs"), name: "jeton_audit", maxSize: 1, open: openFile}
	if rest, err := out.write([]byte("a\n")); len(rest) != 0 || err != nil {
		t.Fatalf("%q, %v", rest, err)
	}
	defer out.close()
	out.dir = filepath.Join(out.dir, "nowhere") // where nothing can be listed
	if err := out.roll(); err == nil || out.file == nil || out.limit != out.size+out.maxSize {
		t.Errorf("%v, limit %d", err, out.limit)
	}
}
