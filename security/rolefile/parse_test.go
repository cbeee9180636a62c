package rolefile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"jeton/security/account"
	"jeton/security/rolefile"
)

// example has each field that a role of the file may have.
const example = `# The roles of this node

click_admins:
  description: "those who watch clicks"
  run_as: [ 'clicks_watcher_1' ]
  cluster: [ 'monitor' ]
  indices:
    - names: [ 'events-*' ]
      privileges: [ 'read' ]
      field_security:
        grant: [ 'category', '@timestamp', 'message' ]
      query: '{"match": {"category": "click"}}'
      allow_restricted_indices: false
# between two fields
  applications:
  - application: kibana-.kibana
    privileges: [ feature_discover.read ]
    resources: "*"
  metadata: { since: 2024-05-06, count: 7, ratio: 0.5, shown: true, nothing: ~ }

watcher:
  cluster: monitor
`

func expectNames(t *testing.T, roles *rolefile.Roles, want ...string) {
	t.Helper()
	if got := roles.Names(); !slices.Equal(got, want) || roles.Len() != len(want) {
		t.Errorf("%d roles %q, want %q", roles.Len(), got, want)
	}
}

func expectJSON(t *testing.T, roles *rolefile.Roles, name, want string) {
	t.Helper()
	d, ok := roles.Lookup(name)
	if !ok {
		t.Errorf("there is no role %q", name)
		return
	}
	got, err := json.Marshal(d)
	if err != nil || string(got) != want {
		t.Errorf("%s is\n%s (%v), want\n%s", name, got, err, want)
	}
}

func TestRolesAreWhatTheFileSays(t *testing.T) {
	roles, wrong := rolefile.Parse([]byte(example))
	if wrong != nil {
		t.Fatalf("wrong roles: %v", wrong)
	}
	expectNames(t, roles, "click_admins", "watcher")
	expectJSON(t, roles, "click_admins", `{"cluster":["monitor"],`+
		`"indices":[{"names":["events-*"],"privileges":["read"],"field_security":{"grant":["category","@timestamp","message"]},`+
		`"query":"{\"match\": {\"category\": \"click\"}}","allow_restricted_indices":false}],`+
		`"applications":[{"application":"kibana-.kibana","privileges":["feature_discover.read"],"resources":["*"]}],`+
		`"run_as":["clicks_watcher_1"],`+
		`"metadata":{"count":7,"nothing":null,"ratio":0.5,"shown":true,"since":"2024-05-06"},`+
		`"transient_metadata":{"enabled":true},"description":"those who watch clicks"}`)
	expectJSON(t, roles, "watcher", `{"cluster":["monitor"],"indices":[],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`)
}

func TestFormsOfYAMLThatPeopleWrite(t *testing.T) {
	for name, text := range map[string]string{
		"a document's start":     "---\na:\n  cluster: [all]\n",
		"Windows' line ends":     "# c\r\n\r\na:\r\n  cluster:\r\n  - all\r\n",
		"one line":               "a: { cluster: [ all ] }",
		"JSON":                   `{"a": {"cluster": ["all"]}}`,
		"a name in quotes":       "\"a\":\n  cluster: all\n",
		"a mark with no meaning": "a: &anchor\n  cluster: all\n",
	} {
		roles, wrong := rolefile.Parse([]byte(text))
		d, ok := roles.Lookup("a")
		if wrong != nil || !ok || !slices.Equal(d.Cluster, []string{"all"}) {
			t.Errorf("%s: found %v, wrong roles: %v", name, ok, wrong)
		}
	}
}

func TestABadRoleCostsOnlyItselfAndIsToldWithItsLine(t *testing.T) {
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for name, c := range map[string]struct {
		bad  string
		line int
		text string
	}{
		"no YAML":             {"bad:\n  cluster: [ monitor\n  run_as: [ a ]\n", 0, "is not YAML: "},
		"a tab":               {"bad:\n\tcluster: all\n", 5, "is not YAML: "},
		"no mapping":          {"bad\n", 4, "does not begin one role"},
		"a list":              {"- bad\n", 4, "does not begin one role"},
		"two roles in one":    {"{bad: {}, bad2: {}}\n", 4, "does not begin one role"},
		"nothing below":       {"bad:\n", 4, "has no privileges below it"},
		"a text":              {"bad: all\n", 4, "has no privileges below it"},
		"an unknown field":    {"bad:\n  clutser: [ all ]\n", 4, "clutser"},
		"an unknown value":    {"bad:\n  cluster: [ everything ]\n", 4, "everything"},
		"a key twice":         {"bad:\n  cluster: [ all ]\n  # hm\n  cluster: [ monitor ]\n", 7, `has the key "cluster" again`},
		"a key of two texts":  {"bad:\n  [a, b]: c\n", 5, "has a key that is no text"},
		"a key that is null":  {"bad:\n  ~: all\n", 4, "~"},
		"an alias":            {"bad:\n  cluster: &c [ all ]\n  run_as: *c\n", 6, "is an alias"},
		"a merge key":         {"bad:\n  metadata:\n    <<: { a: b }\n", 6, "is a merge key"},
		"a tag":               {"bad:\n  cluster: !secret x\n", 5, "has a value with the tag !secret"},
		"binary data":         {"bad:\n  cluster: !!binary aGk=\n", 5, "has a value with the tag !!binary"},
		"no number after all": {"bad:\n  metadata:\n    n: !!int seven\n", 6, "has a value that is no int"},
		"infinity":            {"bad:\n  metadata:\n    n: .inf\n", 6, "has a number that JSON cannot say"},
		"too deep":            {"bad:\n  metadata:\n    n: " + deep + "\n", 6, "is more than 32 levels deep"},
		"a name of no ASCII":  {"bäd:\n  cluster: [ all ]\n", 4, "has a name that is refused"},
		"an empty name":       {"\"\":\n  cluster: [ all ]\n", 4, "has a name that is refused"},
	} {
		roles, wrong := rolefile.Parse([]byte("first:\n  cluster: [ all ]\n\n" + c.bad + "last:\n  cluster: [ all ]\n"))
		expectNames(t, roles, "first", "last")
		if len(wrong) != 1 || !strings.Contains(wrong[0].Error(), c.text) {
			t.Errorf("%s: wrong roles: %v", name, wrong)
			continue
		}
		if c.line != 0 && wrong[0].Line != c.line {
			t.Errorf("%s: told of line %d, want %d", name, wrong[0].Line, c.line)
		}
	}
}

func TestARoleThatIsRefusedIsToldByNameAndTyped(t *testing.T) {
	_, wrong := rolefile.Parse([]byte("\nbad:\n  indices: [ { names: a } ]\n"))
	var refused *account.DescriptorError
	if len(wrong) != 1 || wrong[0].Role != "bad" || wrong[0].Line != 2 || !errors.As(wrong[0], &refused) {
		t.Fatalf("wrong roles: %v", wrong)
	}
	if got, want := wrong[0].Error(), `line 2: role "bad" is refused: `+refused.Reason; got != want {
		t.Errorf("got %q", got)
	}
}

func TestAReservedRoleIsNotChanged(t *testing.T) {
	roles, wrong := rolefile.Parse([]byte("superuser:\n  cluster: []\nown:\n  cluster: [ all ]\n"))
	expectNames(t, roles, "own")
	if len(wrong) != 1 || !errors.Is(wrong[0], rolefile.ErrReserved) || wrong[0].Role != "superuser" {
		t.Errorf("wrong roles: %v", wrong)
	}
}

func TestOfARoleDefinedTwiceTheLastDefinitionCounts(t *testing.T) {
	roles, wrong := rolefile.Parse([]byte("a:\n  cluster: [ all ]\na:\n  cluster: [ monitor ]\n"))
	if d, ok := roles.Lookup("a"); !ok || !slices.Equal(d.Cluster, []string{"monitor"}) {
		t.Errorf("got %v", d)
	}
	if len(wrong) != 1 || !errors.Is(wrong[0], rolefile.ErrDuplicate) || wrong[0].Line != 3 {
		t.Errorf("wrong roles: %v", wrong)
	}
}

func TestAFileThatIsNoSmallTextHoldsNoRole(t *testing.T) {
	good := "a:\n  cluster: [ all ]\n"
	for name, text := range map[string]string{
		"not UTF-8":         good + "\xff",
		"a byte order mark": "\uFEFF" + good,
		"larger than 1 MiB": good + strings.Repeat("#\n", 1<<19),
	} {
		if roles, wrong := rolefile.Parse([]byte(text)); roles.Len() != 0 || len(wrong) != 1 {
			t.Errorf("%s: %v, %v", name, roles, wrong)
		}
	}
}

func TestRubbishIsReportedInBounds(t *testing.T) {
	roles, wrong := rolefile.Parse([]byte(strings.Repeat("rubbish\n", 10_000)))
	if roles.Len() != 0 || len(wrong) != 100 {
		t.Errorf("%v, %d wrong roles", roles, len(wrong))
	}
}

func TestTheZeroRolesAreEmpty(t *testing.T) {
	var none rolefile.Roles
	if _, ok := none.Lookup("a"); ok || none.Len() != 0 || none.Names() != nil || fmt.Sprint(&none) != "0 file roles" {
		t.Error("they are not")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte("a: {cluster: all}\na:\n  cluster: [*x]\nsuperuser: {}\n---\n...\n%YAML 1.2\n"))
	f.Add([]byte("a:\n  metadata: {<<: {}, ? [b] : c, d: !!float .nan, e: \"\\u00e9\", f: |\n   x\n\n   y\n}"))
	f.Add([]byte("  a: &a [*a]\n\t- ? :\n"))
	f.Add([]byte("\r\r\r!<"))
	f.Fuzz(func(t *testing.T, data []byte) {
		roles, wrong := rolefile.Parse(data)
		lines := strings.Count(string(data), "\n") + 1
		for _, e := range wrong {
			if e.Line < 1 || e.Line > lines {
				t.Errorf("an error in line %d of %d: %v", e.Line, lines, e)
			}
		}
		for _, name := range roles.Names() {
			if _, reserved := account.ReservedRole(name); reserved || account.CheckName("role", name) != nil {
				t.Errorf("the role %q counts", name)
			}
			d, ok := roles.Lookup(name)
			if !ok {
				t.Fatalf("the role %q is listed and not there", name)
			}
			if _, err := json.Marshal(d); err != nil {
				t.Errorf("the role %q cannot be shown: %v", name, err)
			}
		}
	})
}
