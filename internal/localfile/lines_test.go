package localfile_test

import (
	"testing"

	"jeton/internal/localfile"
)

func TestAnEntryIsALineWithoutWhatMeansNothing(t *testing.T) {
	for line, want := range map[string]string{
		"":                "",
		"\n":              "",
		" \t \r\n":        "",
		"# a:b\n":         "",
		"#":               "",
		"a:b":             "a:b",
		" a:b\t\r\n":      "a:b",
		"  # a:b\n":       "# a:b",
		"é:b\n":           "é:b",
		"#\xff in a \x00": "",
	} {
		if got, err := localfile.Entry([]byte(line)); got != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", line, got, err, want)
		}
	}
}

func TestALineThatIsNoTextIsRefused(t *testing.T) {
	for _, line := range []string{"a\xff\n", "a\x00b\n", "a\x1bb", "a\u0085b", "\uFEFFa:b\n"} {
		if got, err := localfile.Entry([]byte(line)); err == nil || got != "" {
			t.Errorf("%q is %q, %v", line, got, err)
		}
	}
}
