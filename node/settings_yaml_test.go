package node

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestYAMLValuesAreTakenAsWritten(t *testing.T) {
	s := mustLoad(t, "node.name: 010\ncluster:\n  name: 1e3\nhttp:\n  port: '9201'\nlogger: {level: WARN}\nxpack: # nothing yet\n", nil, nil)
	if s.NodeName != "010" || s.ClusterName != "1e3" || s.HTTPPort != 9201 || s.LoggerLevel.String() != "WARN" {
		t.Errorf("got %q, %q, %d, %v", s.NodeName, s.ClusterName, s.HTTPPort, s.LoggerLevel)
	}
}

func TestAnEmptyFileSetsNothing(t *testing.T) {
	for _, file := range []string{"\n", "# comment\n", "---\n", "{}\n", "null\n"} {
		if s := mustLoad(t, file, nil, nil); s.ClusterName != "jeton" {
			t.Errorf("%q: %q", file, s.ClusterName)
		}
	}
}

func TestYAMLThatIsNotPlainSettingsIsRefused(t *testing.T) {
	for name, file := range map[string]string{
		"no mapping":         "- node.name\n",
		"two documents":      "node.name: a\n---\nhttp.port: 1\n",
		"alias":              "node.name: &n a\ncluster.name: *n\n",
		"merge":              "http: &h {port: 1}\ntransport: {<<: *h}\n",
		"tag":                "node.name: !env HOST\n",
		"list of lists":      "node.name: [[a]]\n",
		"key that is a list": "[a, b]: c\n",
		"group with a value": "http: 9200\n",
		"value with a group": "http.port: {a: 1}\n",
		"not YAML":           "node.name: [a\n",
		"too large":          strings.Repeat("# comment\n", maxSettingsFile/10+1),
	} {
		if _, _, err := load(t, file, nil, nil, fakeMachine()); err == nil {
			t.Errorf("%s was taken", name)
		} else if !strings.Contains(err.Error(), "jeton.yml") {
			t.Errorf("%s: the error does not name the file: %v", name, err)
		}
	}
}

// Whatever mixture of flat and nested a file uses, its settings are the same.
func TestFlatNestedAndMixedFilesMeanTheSame(t *testing.T) {
	var names []string
	for _, row := range new(Settings).table() {
		names = append(names, row.name)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{}
		var file strings.Builder
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, len(names), rapid.ID[string]).Draw(t, "names") {
			text := rapid.StringMatching(`[a-z0-9][a-z0-9 :#._-]{0,12}`).Draw(t, "text")
			want[name] = text
			writeNested(t, &file, name, text)
		}
		d := settingsFile{path: "f", values: map[string]string{}, lines: map[string]int{}}
		if err := d.read([]byte(file.String())); err != nil {
			t.Fatalf("%v\n%s", err, file.String())
		}
		if !maps.Equal(d.values, want) {
			t.Fatalf("got %v\nwant %v\n%s", d.values, want, file.String())
		}
	})
}

// writeNested writes `a.b.c: text` with any number of its dots as levels in
// flow style, on one line.
func writeNested(t *rapid.T, w *strings.Builder, name, text string) {
	depth := 0
	for i, part := range strings.Split(name, ".") {
		if i > 0 {
			if rapid.Bool().Draw(t, "nest") {
				w.WriteString(": {")
				depth++
			} else {
				w.WriteString(".")
			}
		}
		w.WriteString(part)
	}
	fmt.Fprintf(w, ": %q%s\n", text, strings.Repeat("}", depth))
}

func FuzzSettingsFile(f *testing.F) {
	for _, seed := range []string{
		"", "node.name: a", "http:\n  port: 9200\n", "a: &a [*a]", "? [a]\n: b", "---\n...\n---", "xpack.security.http.ssl.certificate_authorities: [a, b]",
		"node.name: !!binary aGk=", "\xff\xfeh\x00", "http: {port: 1, port: 2}", "node.name: |\n  a\n",
	} {
		f.Add([]byte(seed))
	}
	path := filepath.Join("dir", "jeton.yml")
	f.Fuzz(func(t *testing.T, data []byte) {
		d := settingsFile{path: path, values: map[string]string{}, lines: map[string]int{}}
		if d.read(data) != nil {
			return
		}
		for name := range d.values {
			if !isSetting(name) {
				t.Errorf("unknown setting %q was taken", name)
			}
		}
	})
}
