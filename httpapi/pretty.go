package httpapi

import (
	"bytes"
	"strings"
)

// prettyPrint lays compact JSON out as Elasticsearch does: two spaces a level,
// spaces on both sides of a colon, every element on a line of its own, and a
// newline at the end.
func prettyPrint(compact []byte) []byte {
	var b bytes.Buffer
	depth, quoted := 0, false
	newline := func() { b.WriteString("\n" + strings.Repeat("  ", depth)) }
	for i := 0; i < len(compact); i++ {
		c := compact[i]
		switch {
		case quoted:
			b.WriteByte(c)
			if c == '\\' {
				i++
				b.WriteByte(compact[i])
			}
			quoted = c != '"'
		case c == '"':
			b.WriteByte(c)
			quoted = true
		case c == '{' || c == '[':
			b.WriteByte(c)
			if next := compact[i+1]; next == '}' || next == ']' {
				i++
				b.WriteByte(' ')
				b.WriteByte(next)
				continue
			}
			depth++
			newline()
		case c == '}' || c == ']':
			depth--
			newline()
			b.WriteByte(c)
		case c == ',':
			b.WriteByte(c)
			newline()
		case c == ':':
			b.WriteString(" : ")
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\n')
	return b.Bytes()
}
