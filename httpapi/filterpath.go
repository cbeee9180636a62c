package httpapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// filterPath is the parameter `filter_path`: which parts of an answer to keep.
// What excludes name is taken out first, then what includes name is kept.
type filterPath struct {
	includes []pattern
	excludes []pattern
}

// pattern is a dotted path. A segment is a key, in which `*` stands for any
// characters, or `**` for any number of levels, none included. Arrays are
// passed through: the path goes on in each element.
type pattern []string

const anyDepth = "**"

// maxFilterSegments bounds the work of one answer.
const maxFilterSegments = 256

// parseFilterPath reads patterns separated by commas; a leading `-` makes one
// an exclusion, and `\.` is a dot that belongs to a key.
func parseFilterPath(text string) (filterPath, error) {
	var f filterPath
	segments := 0
	for item := range strings.SplitSeq(text, ",") {
		path, exclude := strings.CutPrefix(strings.TrimSpace(item), "-")
		if path == "" {
			continue
		}
		p := parsePattern(path)
		if exclude {
			f.excludes = append(f.excludes, p)
		} else {
			f.includes = append(f.includes, p)
		}
		segments += len(p)
	}
	if segments > maxFilterSegments {
		return filterPath{}, illegalArgument("[filter_path] has [%d] segments, more than the [%d] that are allowed", segments, maxFilterSegments)
	}
	return f, nil
}

func parsePattern(path string) pattern {
	const dot = "\x00" // stands for an escaped dot while splitting
	path = strings.ReplaceAll(path, `\.`, dot)
	p := strings.Split(path, ".")
	for i := range p {
		p[i] = strings.ReplaceAll(p[i], dot, ".")
	}
	return slices.CompactFunc(p, func(a, b string) bool { return a == anyDepth && b == anyDepth })
}

// apply filters compact JSON. An object or array of which nothing is left is
// left out; the document itself becomes empty.
func (f filterPath) apply(doc []byte) []byte {
	kept, ok := doc, true
	if len(f.excludes) > 0 {
		kept, ok = without(kept, f.excludes)
	}
	if ok && len(f.includes) > 0 {
		kept, ok = only(kept, f.includes)
	}
	switch {
	case ok:
		return kept
	case doc[0] == '[':
		return []byte("[]")
	default:
		return []byte("{}")
	}
}

// only keeps what the patterns match; ok is false when that is nothing.
func only(value []byte, patterns []pattern) (kept []byte, ok bool) {
	return rebuild(value, func(key string, child []byte, inArray bool) ([]byte, bool) {
		if inArray {
			return only(child, patterns)
		}
		next, whole := step(patterns, key)
		switch {
		case whole:
			return child, true
		case len(next) == 0:
			return nil, false
		default:
			return only(child, next)
		}
	}, false)
}

// without takes out what the patterns match; ok is false when nothing is left.
func without(value []byte, patterns []pattern) (kept []byte, ok bool) {
	return rebuild(value, func(key string, child []byte, inArray bool) ([]byte, bool) {
		if inArray {
			return without(child, patterns)
		}
		next, whole := step(patterns, key)
		switch {
		case whole:
			return nil, false
		case len(next) == 0:
			return child, true
		default:
			return without(child, next)
		}
	}, true)
}

// rebuild writes an object or array again, in its order, with what keep leaves
// of its children. childless says what becomes of a value without children.
func rebuild(value []byte, keep func(key string, child []byte, inArray bool) ([]byte, bool), childless bool) ([]byte, bool) {
	d := json.NewDecoder(bytes.NewReader(value))
	opening, err := d.Token()
	delim, container := opening.(json.Delim)
	if err != nil || !container || !d.More() {
		return value, childless
	}
	inArray := delim == '['
	out := []byte{value[0]}
	for d.More() {
		var key string
		if !inArray {
			t, _ := d.Token()
			key, _ = t.(string)
		}
		var child json.RawMessage
		if err := d.Decode(&child); err != nil {
			return nil, false
		}
		kept, ok := keep(key, child, inArray)
		if !ok {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		if !inArray {
			out = append(append(out, quote(key)...), ':')
		}
		out = append(out, kept...)
	}
	return append(out, value[len(value)-1]), len(out) > 1
}

// step follows the patterns through a key. whole means that one of them ends
// here; otherwise next is what has to match below.
func step(patterns []pattern, key string) (next []pattern, whole bool) {
	for _, p := range patterns {
		if p[0] == anyDepth {
			next = append(next, p) // each is there once
		}
	}
	for _, p := range patterns {
		if p[0] == anyDepth && len(p) > 1 {
			p = p[1:]
		}
		if p[0] != anyDepth && !globMatch(p[0], key) {
			continue
		}
		if len(p) == 1 {
			return nil, true
		}
		same := func(q pattern) bool { return &q[0] == &p[1] }
		if !slices.ContainsFunc(next, same) {
			next = append(next, p[1:])
		}
	}
	return next, false
}
