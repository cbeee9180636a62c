package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"pgregory.net/rapid"
)

func TestTheManualHasAPageForEachCommandThatHelpShows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	jeton(t, nil, "", "man", dir).expect(t, exitOK, "", "")
	names := []string{"jeton", "jeton-start", "jeton-node-list", "jeton-service-tokens-create", "jeton-users-useradd", "jeton-completion-bash"}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name+".1")); err != nil {
			t.Error(err)
		}
	}
	for _, hidden := range []string{"jeton-man", "jeton-help"} {
		if _, err := os.Stat(filepath.Join(dir, hidden+".1")); err == nil {
			t.Errorf("%s has a page", hidden)
		}
	}
}

func TestAPageTellsWhatHelpTells(t *testing.T) {
	dir := t.TempDir()
	jeton(t, nil, "", "man", dir).expect(t, exitOK, "", "")
	page, err := os.ReadFile(filepath.Join(dir, "jeton-node-remove.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`.TH "JETON\-NODE\-REMOVE" "1"`,
		`jeton\-node\-remove \- `,
		`\fBjeton node remove\fR NAME [flags]`,
		`\fB\-h\fR, \fB\-\-help\fR`,
		`\fB\-\-password\-file\fR \fIfile\fR`, // of the group
		`\fBjeton\-node\fR(1)`,
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

func TestTheManualIsHiddenFromHelp(t *testing.T) {
	if o := jeton(t, nil, "", "--help"); strings.Contains(o.stdout, "manual") {
		t.Error(o.stdout)
	}
	jeton(t, nil, "", "man").expect(t, exitUsage, "", "accepts 1 arg(s), received 0")
}

func TestADirectoryThatCannotBeMadeIsAFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	jeton(t, nil, "", "man", filepath.Join(file, "man1")).expect(t, exitFailed, "", "not a directory")
}

func TestIndentedLinesOfHelpStayAsTheyAre(t *testing.T) {
	page := manPage(&cobra.Command{Use: "do", Short: "Do", Long: "First:\n\n    do --this\n    do that\n\nThen rest."})
	want := "First:\n.PP\n.RS 4\n.nf\ndo \\-\\-this\ndo that\n.fi\n.RE\n.PP\nThen rest.\n"
	if !strings.Contains(page, want) {
		t.Errorf("%s\nwant in it\n%s", page, want)
	}
}

// plain takes roffText back, as a formatter would.
func plain(text string) string {
	text = strings.TrimPrefix(text, `\&`)
	return strings.NewReplacer(`\e`, `\`, `\-`, `-`, `\(aq`, `'`, `\(dq`, `"`, `\(ga`, "`", `\(ha`, `^`, `\(ti`, `~`).Replace(text)
}

func TestAnyTextStandsForItselfInAPage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z .'"\\^~-]{0,12}`).Draw(t, "text")
		escaped := roffText(text)
		if strings.HasPrefix(escaped, ".") || strings.HasPrefix(escaped, "'") {
			t.Fatalf("%q is a request", escaped)
		}
		if got := plain(escaped); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestAFormatterHasNothingToSayAboutThePages(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not installed")
	}
	dir := t.TempDir()
	jeton(t, nil, "", "man", dir).expect(t, exitOK, "", "")
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	args := append([]string{"-man", "-Tutf8", "-ww", "-z"}, pages...)
	if out, err := exec.Command(groff, args...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
