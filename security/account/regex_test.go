package account

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestARegexHasLucenesMeaning(t *testing.T) {
	for pattern, want := range map[string]struct{ yes, no string }{
		"/~(([.]|ilm-history-).*)/":  {"logs a", ".a . ilm-history-1"},
		"/metrics-(beats|kibana).*/": {"metrics-beats metrics-kibana-1", "metrics-es xmetrics-beats"},
		"/logs-[0-9]{2,3}/":          {"logs-12 logs-123", "logs-1 logs-1234 logs-ab"},
		"/a{2}b{1,}/":                {"aab aabbb", "aa ab"},
		"/[^a-c]+/":                  {"d xyz", "a da"},
		`/a\.b|"c.d"/`:               {"a.b c.d", "axb cxd"},
		"/(a.*)&(.*b)/":              {"ab axb", "a b ba"},
		"/a@/":                       {"a abc", "b"},
		"/a#|b/":                     {"b", "a"},
		`/\d\w/`:                     {"1a 1_", "a1 1-"},
		`/[\D]x?/`:                   {"a ax", "1 1x"},
		"/é?x/":                      {"x éx", "éé"},
		"/<1-5>/":                    {"", "1 <1-5>"}, // not supported: covers nothing
		"/a(b/":                      {"", "a ab a(b"},
		"/[z-a]/":                    {"", "a z -"},
		"/a{3,2}/":                   {"", "aa aaa"},
		"/a":                         {"", "a /a"},
		"/":                          {"", "/"},
		"/" + strings.Repeat("(", 50) + "a" + strings.Repeat(")", 50) + "/": {"a", "b"},
	} {
		for _, name := range strings.Fields(want.yes) {
			if !covers(pattern, name) {
				t.Errorf("%s does not cover %s", pattern, name)
			}
		}
		for _, name := range strings.Fields(want.no) {
			if covers(pattern, name) {
				t.Errorf("%s covers %s", pattern, name)
			}
		}
	}
}

// What both know the same way, Go's own regexes decide.
func TestARegexAgreesWithGos(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(a|b|\.|\[ab\]|\[\^a\]|\(a\|b\)|\(ab\)){1,6}[*+?]?(a|\(b\|a\))?`).Draw(t, "regex")
		name := rapid.StringOfN(rapid.SampledFrom([]rune("abc")), 0, 8, -1).Draw(t, "name")
		want := regexp.MustCompile("^(" + text + ")$").MatchString(name)
		if got := covers("/"+text+"/", name); got != want {
			t.Fatalf("/%s/ covers %q: %v, want %v", text, name, got, want)
		}
	})
}

func TestAPatternLiesInsideAnotherIfEveryShortNameSaysSo(t *testing.T) {
	names := []string{""}
	for i := 0; len(names[i]) < 4; i++ {
		names = append(names, names[i]+"a", names[i]+"b", names[i]+"c")
	}
	pattern := rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune("ab*?")), 0, 4, -1),
		rapid.SampledFrom([]string{"/~(a.*)/", "/a+/", "/(a|b)*/", "/[^c]*/", "/(ab)*&a.*/", "/.{2}/"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		narrow := pattern.Draw(t, "narrow")
		wide := rapid.SliceOfN(pattern, 1, 3).Draw(t, "wide")
		want := true
		for _, name := range names {
			if covers(narrow, name) && !anyCovers(wide, name) {
				want = false
			}
		}
		ls := newLanguages(requestWork)
		asked, _ := ls.pattern(narrow)
		if got := ls.inside(asked, ls.patterns(wide)); got && !want {
			t.Fatalf("%q is said to lie inside %q", narrow, wide)
		} else if !got && narrow == wide[0] {
			t.Fatalf("%q does not lie inside itself", narrow)
		}
	})
}

func anyCovers(patterns []string, name string) bool {
	for _, p := range patterns {
		if covers(p, name) {
			return true
		}
	}
	return false
}

func TestNoRegexTakesLong(t *testing.T) {
	start := time.Now()
	name := strings.Repeat("a", 1000)
	for _, regex := range []string{
		"/" + strings.Repeat("(a?", 300) + strings.Repeat(")*", 300) + "a/",
		"/(.*a.{900}){2}/",
		"/((((a{1000}){1000}){1000}){1000}){1000}/",
		"/~(.*" + strings.Repeat("~(.*a", 150) + strings.Repeat(")", 151) + "/",
	} {
		covers(regex, name)
		newJudge(nil, nil).coversNames([]string{regex}, []string{"/.*b.{500}/", "a*", regex + "x"})
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// The limit of the work is for all patterns of a question together, and not for
// each of them.
func TestNoRoleTakesLong(t *testing.T) {
	start := time.Now()
	user := Roles{{RunAs: numbered(200, "/(((a{1000}){1000}){1000})%d/")}}
	if user.RunsAs(strings.Repeat("a", 1000)) {
		t.Error("a regex of too much work covers a name")
	}

	entry := `{"names":["a"],"privileges":["read"],"field_security":{"grant":["/(a|b)*a(a|b){9}%d|[^%d]*/"],"except":["/(a|b)*a(a|b){11}/"]}}`
	body := `{"indices":[` + strings.Join(numbered(100, strings.ReplaceAll(entry, "%d", "%[1]d")), ",") + `]}`
	if _, err := ParseDescriptor([]byte(body)); err == nil || !strings.Contains(err.Error(), "use simpler ones") {
		t.Errorf("fields that cannot be compared: %v", err)
	}

	var many Descriptor
	for _, resource := range numbered(300, "/.*%d.*/") {
		many.Applications = append(many.Applications,
			ApplicationPrivileges{"app", numbered(50, "read%d"), []string{resource}})
	}
	actions := numbered(100, "data:%d/*")
	Roles{&many}.Check(PrivilegesRequest{Application: []ApplicationPrivileges{
		{"app", numbered(50, "read%d"), numbered(100, "%d*")},
	}}, func(string, string) ([]string, bool) { return actions, true })

	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
}

// numbered are n texts, each with a number of its own.
func numbered(n int, format string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return list
}

func covers(pattern, name string) bool { return newLanguages(nameWork).covers(pattern, name) }
