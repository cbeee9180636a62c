package rolefile

import (
	"bytes"
	"strings"
)

// segment is the lines of one role.
type segment struct {
	line int // its first one's number, from 1
	text []byte
}

// split cuts the file before each line that begins at the margin. Comments at
// the margin become blank lines, so that the numbers of lines stay right; so
// does the mark of a document's start.
func split(data []byte) (segments []segment) {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		switch {
		case isBlank(line):
			line = []byte("\n")
		case line[0] != ' ' && line[0] != '\t' || len(segments) == 0:
			segments = append(segments, segment{line: number})
		}
		if n := len(segments); n > 0 {
			segments[n-1].text = append(segments[n-1].text, line...)
		}
	}
	return segments
}

func isBlank(line []byte) bool {
	return strings.TrimSpace(string(line)) == "" || line[0] == '#' || strings.TrimRight(string(line), " \t\r\n") == "---"
}
