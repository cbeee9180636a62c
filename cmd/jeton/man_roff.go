package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// roff is a manual page while it is written, in the language of man(7).
type roff struct{ strings.Builder }

// roffText makes text stand for itself. In roff a backslash begins an escape, a
// dot or an apostrophe at the beginning of a line a request, and a bare hyphen
// may be printed as another sign, which could not be copied into a terminal.
func roffText(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, `"`, `\(dq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

// line writes one line of roff.
func (r *roff) line(text string) { r.WriteString(text + "\n") }

func (r *roff) title(name, source, manual string) {
	r.line(fmt.Sprintf(`.TH "%s" "1" "" "%s" "%s"`, roffText(strings.ToUpper(name)), roffText(source), roffText(manual)))
	r.line(".nh") // words of a command line are not divided
	r.line(".ad l")
}

func (r *roff) section(name string) { r.line(`.SH "` + roffText(name) + `"`) }

// prose writes text as help shows it: an empty line ends a paragraph, and
// indented lines stand as they are.
func (r *roff) prose(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			r.line(".PP")
		}
		r.paragraph(strings.Split(paragraph, "\n"))
	}
}

// paragraph writes runs of indented lines as examples, and others as text.
func (r *roff) paragraph(lines []string) {
	for len(lines) > 0 {
		n := 0
		for n < len(lines) && isIndented(lines[n]) {
			n++
		}
		if n > 0 {
			r.verbatim(lines[:n])
			lines = lines[n:]
			continue
		}
		if text := strings.TrimSpace(lines[0]); text != "" {
			r.line(roffText(text))
		}
		lines = lines[1:]
	}
}

func isIndented(line string) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
}

// verbatim writes lines that are not filled.
func (r *roff) verbatim(lines []string) {
	r.line(".RS 4")
	r.line(".nf")
	for _, line := range lines {
		r.line(roffText(strings.TrimSpace(line)))
	}
	r.line(".fi")
	r.line(".RE")
}

// item writes a term, in roff, and what it means, in plain text.
func (r *roff) item(term, meaning string) {
	r.line(".TP")
	r.line(term)
	r.paragraph(strings.Split(meaning, "\n"))
}

// flags writes a section with the flags that are not hidden, if there are any.
func (r *roff) flags(section string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	r.section(section)
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Deprecated == "" {
			r.flag(f)
		}
	})
}

func (r *roff) flag(f *pflag.Flag) {
	value, usage := pflag.UnquoteUsage(f)
	term := `\fB` + roffText("--"+f.Name) + `\fR`
	if f.Shorthand != "" {
		term = `\fB` + roffText("-"+f.Shorthand) + `\fR, ` + term
	}
	if value != "" {
		term += ` \fI` + roffText(value) + `\fR`
	}
	switch f.DefValue {
	case "", "false", "0", "0s", "[]":
	default:
		usage += " (default " + f.DefValue + ")"
	}
	r.item(term, usage)
}
