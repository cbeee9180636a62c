package httpapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFilterPathKeepsWhatIsNamed(t *testing.T) {
	const doc = `{"b":{"y":1,"x":{"k":"v"}},"a":[{"x":1,"y":2},{"y":3},4],"e":{},"n":null,"dotted.key":{"x":[]}}`
	for filter, want := range map[string]string{
		"":              doc,
		",":             doc,
		"b":             `{"b":{"y":1,"x":{"k":"v"}}}`,
		"b.x,a":         `{"b":{"x":{"k":"v"}},"a":[{"x":1,"y":2},{"y":3},4]}`,
		"a.x":           `{"a":[{"x":1}]}`,
		"*.y":           `{"b":{"y":1},"a":[{"y":2},{"y":3}]}`,
		"**.x":          `{"b":{"x":{"k":"v"}},"a":[{"x":1}],"dotted.key":{"x":[]}}`,
		"**.k":          `{"b":{"x":{"k":"v"}}}`,
		"**":            doc,
		"b.**":          `{"b":{"y":1,"x":{"k":"v"}}}`,
		"b.**.**.k":     `{"b":{"x":{"k":"v"}}}`,
		"e":             `{"e":{}}`,
		"e.x":           `{}`,
		"n":             `{"n":null}`,
		"n.x":           `{}`,
		"b.y.z":         `{}`,
		`dotted\.key.x`: `{"dotted.key":{"x":[]}}`,
		"dotted.key":    `{}`,
		"d*y":           `{"dotted.key":{"x":[]}}`,
		"-a,-b.x":       `{"b":{"y":1},"e":{},"n":null,"dotted.key":{"x":[]}}`,
		"-b.x,-b.y":     `{"a":[{"x":1,"y":2},{"y":3},4],"e":{},"n":null,"dotted.key":{"x":[]}}`,
		"-**.x":         `{"b":{"y":1},"a":[{"y":2},{"y":3},4],"e":{},"n":null}`,
		"-e.x":          doc,
		"b,-b.x":        `{"b":{"y":1}}`,
		"-b,b":          `{}`,
		"-*":            `{}`,
		" b.y , e ":     `{"b":{"y":1},"e":{}}`,
		"b.y,nothing":   `{"b":{"y":1}}`,
	} {
		if got := filtered(t, doc, filter); got != want {
			t.Errorf("filter_path=%s\n got %s\nwant %s", filter, got, want)
		}
	}
}

func TestFilterPathGoesThroughAnOuterArray(t *testing.T) {
	const doc = `[{"name":"a","cpu":"1"},{"name":"b"}]`
	for filter, want := range map[string]string{
		"cpu":   `[{"cpu":"1"}]`,
		"-name": `[{"cpu":"1"}]`,
		"ip":    `[]`,
	} {
		if got := filtered(t, doc, filter); got != want {
			t.Errorf("filter_path=%s: %s", filter, got)
		}
	}
}

func TestFilterPathHasBounds(t *testing.T) {
	if _, err := parseFilterPath(strings.Repeat("a.", maxFilterSegments) + "a"); err == nil {
		t.Error("too many segments were taken")
	}
}

func filtered(t interface{ Fatal(...any) }, doc, filter string) string {
	f, err := parseFilterPath(filter)
	if err != nil {
		t.Fatal(err)
	}
	return string(f.apply([]byte(doc)))
}

// The model: a document is its leaves in order, each with its path. A pattern
// includes a leaf when it matches the path or a beginning of it.
func TestFilterPathAgreesWithItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := string(genDocument(3).Draw(t, "doc"))
		patterns := rapid.SliceOfN(genPattern, 1, 3).Draw(t, "patterns")
		kept := leavesOf(t, filtered(t, doc, strings.Join(patterns, ",")))
		left := leavesOf(t, filtered(t, doc, "-"+strings.Join(patterns, ",-")))
		var wantKept, wantLeft []string
		for _, leaf := range leavesOf(t, doc) {
			if slices.ContainsFunc(patterns, func(p string) bool { return modelMatches(p, leaf) }) {
				wantKept = append(wantKept, leaf)
			} else {
				wantLeft = append(wantLeft, leaf)
			}
		}
		if !slices.Equal(kept, wantKept) {
			t.Errorf("kept %q, want %q", kept, wantKept)
		}
		if !slices.Equal(left, wantLeft) {
			t.Errorf("left %q, want %q", left, wantLeft)
		}
	})
}

// modelMatches turns a pattern into a regular expression over "a.b.c=".
func modelMatches(pattern, leaf string) bool {
	path, _, _ := strings.Cut(leaf, "=")
	expression := regexp.QuoteMeta(pattern)
	expression = strings.ReplaceAll(expression, `\*\*\.`, `<levels>`)
	expression = strings.ReplaceAll(expression, `\.\*\*`, `(?:\.[^.]+)+`)
	expression = strings.ReplaceAll(expression, `\*\*`, `[^.]+(?:\.[^.]+)*`)
	expression = strings.ReplaceAll(expression, `\*`, `[^.]*`)
	expression = strings.ReplaceAll(expression, `<levels>`, `(?:[^.]+\.)*`)
	return regexp.MustCompile(`^` + expression + `(?:\.|$)`).MatchString(path)
}

var (
	genKey     = rapid.SampledFrom([]string{"a", "b", "ab", "ba"})
	genSegment = rapid.SampledFrom([]string{"a", "b", "ab", "*", "a*", "*b", "**"})
	genPattern = rapid.Custom(func(t *rapid.T) string {
		return strings.Join(parsePattern(strings.Join(rapid.SliceOfN(genSegment, 1, 4).Draw(t, "segments"), ".")), ".")
	})
)

// genDocument makes objects of objects and arrays, never empty ones: those
// have no leaf for the model to see.
func genDocument(depth int) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		keys := rapid.SliceOfNDistinct(genKey, 1, 4, rapid.ID).Draw(t, "keys")
		var o object
		for _, key := range keys {
			o = append(o, member{key, genValue(t, depth-1)})
		}
		doc, err := encode(o)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	})
}

func genValue(t *rapid.T, depth int) any {
	kind := "leaf"
	if depth > 0 {
		kind = rapid.SampledFrom([]string{"leaf", "object", "array"}).Draw(t, "kind")
	}
	switch kind {
	case "object":
		return json.RawMessage(genDocument(depth).Draw(t, "object"))
	case "array":
		return []any{genValue(t, 0), json.RawMessage(genDocument(depth).Draw(t, "element"))}
	default:
		return rapid.IntRange(0, 99).Draw(t, "leaf")
	}
}

// leavesOf lists "path=value" in the order of the document; an array adds
// nothing to the path, and what stands in one bare has the array's.
func leavesOf(t interface{ Fatal(...any) }, doc string) []string {
	d := json.NewDecoder(strings.NewReader(doc))
	var leaves []string
	var walk func(path string)
	walk = func(path string) {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err, doc)
		}
		delim, container := token.(json.Delim)
		if !container {
			leaves = append(leaves, fmt.Sprintf("%s=%v", path, token))
			return
		}
		for d.More() {
			if delim == '[' {
				walk(path)
				continue
			}
			key, err := d.Token()
			if err != nil {
				t.Fatal(err, doc)
			}
			walk(strings.TrimPrefix(path+"."+key.(string), "."))
		}
		if _, err := d.Token(); err != nil {
			t.Fatal(err, doc)
		}
	}
	walk("")
	return leaves
}

// Whatever is asked of whatever document, the result is JSON of the same kind.
func FuzzFilterPath(f *testing.F) {
	f.Add(`{"a":{"b":[1,{"c":null}]}}`, "a.**.c,-*.b")
	f.Add(`[{"a":"\u003c"}]`, `\.,..,**.**`)
	f.Fuzz(func(t *testing.T, doc, filter string) {
		var compact any
		if json.Unmarshal([]byte(doc), &compact) != nil {
			t.Skip()
		}
		input, err := encode(json.RawMessage(doc))
		if err != nil || (input[0] != '{' && input[0] != '[') {
			t.Skip()
		}
		parsed, err := parseFilterPath(filter)
		if err != nil {
			return
		}
		out := parsed.apply(input)
		if !json.Valid(out) || out[0] != input[0] {
			t.Fatalf("%s by %q: %s", input, filter, out)
		}
	})
}

func TestGlobsMatchWholeKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*]{0,6}`).Draw(t, "pattern")
		s := rapid.StringMatching(`[ab]{0,8}`).Draw(t, "s")
		want := regexp.MustCompile("^" + strings.ReplaceAll(pattern, "*", ".*") + "$").MatchString(s)
		if got := globMatch(pattern, s); got != want {
			t.Fatalf("%q matches %q: %v", pattern, s, got)
		}
	})
}
