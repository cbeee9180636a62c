package account_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"jeton/security/account"
)

func TestARoleIsReadAsElasticsearchShowsItAgain(t *testing.T) {
	for body, want := range map[string]string{
		`{}`: `{"cluster":[],"indices":[],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`,
		`{"cluster":"monitor","run_as":"bob","index":[{"names":"*","privileges":"all"}],"transient_metadata":{"enabled":false}}`: `{"cluster":["monitor"],"indices":[{"names":["*"],"privileges":["all"],"allow_restricted_indices":false}],` +
			`"applications":[],"run_as":["bob"],"metadata":{},"transient_metadata":{"enabled":true}}`,
		`{"cluster":null,"indices":[{"names":["a","b"],"privileges":["read"],"allow_restricted_indices":true,` +
			`"field_security":{"grant":["x*"],"except":"xy"},"query":{"match": {"b": 1, "a": "<2>"}}}],"description":"d"}`: `{"cluster":[],"indices":[{"names":["a","b"],"privileges":["read"],"field_security":{"grant":["x*"],"except":["xy"]},` +
			`"query":"{\"match\":{\"b\":1,\"a\":\"<2>\"}}","allow_restricted_indices":true}],` +
			`"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true},"description":"d"}`,
		`{"indices":[{"names":"a","privileges":"read","field_security":{"grant":["*"],"except":[]}}]}`: `{"cluster":[],"indices":[{"names":["a"],"privileges":["read"],` +
			`"field_security":{"grant":["*"],"except":[]},"allow_restricted_indices":false}],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`,
		`{"applications":[{"application":"kibana-*","privileges":"read","resources":"*"}],"metadata":{"n":12345678901234567890,"o":{"_k":[null]}}}`: `{"cluster":[],"indices":[],"applications":[{"application":"kibana-*","privileges":["read"],"resources":["*"]}],"run_as":[],` +
			`"metadata":{"n":12345678901234567890,"o":{"_k":[null]}},"transient_metadata":{"enabled":true}}`,
		`{"remote_indices":[{"names":"a","privileges":"read","clusters":"eu"}],"remote_cluster":[{"privileges":["monitor_stats"],"clusters":"*"}],` +
			`"global":{"application":{"manage":{"applications":"kib*"}}}}`: `{"cluster":[],"global":{"application":{"manage":{"applications":["kib*"]}}},"indices":[],"applications":[],"run_as":[],"metadata":{},` +
			`"transient_metadata":{"enabled":true},"remote_indices":[{"names":["a"],"privileges":["read"],"allow_restricted_indices":false,"clusters":["eu"]}],` +
			`"remote_cluster":[{"privileges":["monitor_stats"],"clusters":["*"]}]}`,
	} {
		d, err := account.ParseDescriptor([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
		} else if got := encode(t, d); got != want {
			t.Errorf("%s\nbecame %s\n  want %s", body, got, want)
		}
	}
}

func TestARoleThatCannotBeAcceptedIsRefusedWithTheReason(t *testing.T) {
	index := func(fields string) string { return `{"indices":[{` + fields + `}]}` }
	list := func(n int) string { return `["a` + strings.Repeat(`","a`, n-1) + `"]` }
	for body, want := range map[string]string{
		`{"cluster":["foo"]}`:                                  "unknown cluster privilege [foo]. a privilege must be either one of the predefined cluster privilege names [none,cancel_task,",
		index(`"names":"a","privileges":["foo"]`):              "unknown index privilege [foo]. a privilege must be either one of the predefined fixed indices privileges [none,",
		index(`"names":[],"privileges":["read"]`):              "indices privileges must refer to at least one index name or index name pattern",
		index(`"privileges":["read"]`):                         "indices privileges must refer to at least one index name or index name pattern",
		index(`"names":["a"]`):                                 "indices privileges must define at least one privilege",
		index(`"names":["/a"],"privileges":["read"]`):          "invalid regular expression pattern [/a]",
		index(`"names":["a::failures"],"privileges":["read"]`): "selectors [::] are not allowed in the index name expression [a::failures]",
		index(`"names":["a"],"privileges":["read"],"field_security":{"grant":"a","except":"b"}`):   "Exceptions for field permissions must be a subset of the granted fields but [b] is not a subset of [a]",
		index(`"names":["a"],"privileges":["read"],"query":"{"`):                                   "failed to parse field [query]: the JSON is not valid",
		index(`"names":["a"],"privileges":["read"],"query":{"a":1,"a":2}`):                         "duplicate field [a]",
		index(`"names":["a"],"privileges":["read"],"query":"` + strings.Repeat("x", 64<<10) + `"`): "[query] has more than [65536] bytes",
		`{"metadata":{"_k":1}}`: "role descriptor metadata keys may not start with [_]",
		`{"metadata":{"k":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}}`: "[metadata] is nested more than [20] deep",
		`{"restriction":{"workflows":["search_application_query"]}}`:                   "the field [restriction] is not supported in a role, remove it",
		`{"description":"` + strings.Repeat("é", 1001) + `"}`:                          "Role description must be less than 1000 characters.",
		`{"run_as":` + list(10_001) + `}`:                                              "[run_as] has more than [10000] entries",
		`{"run_as":"` + strings.Repeat("a", 1025) + `"}`:                               "[run_as] has a text of more than [1024] bytes",
		`{"applications":[{"application":"Kib","privileges":"a","resources":"*"}]}`:    "An application name prefix must match the pattern ^[a-z][A-Za-z0-9]*$ (found 'Kib')",
		`{"applications":[{"application":"kib","privileges":"a b","resources":"*"}]}`:  `Application privilege names and actions must match the pattern ^\p{Graph}*$ (found 'a b')`,
		`{"applications":[{"privileges":"a","resources":"*"}]}`:                        "application privileges must have an application name",
		`{"applications":[{"application":"kib","resources":"*"}]}`:                     "application privileges must define at least one privilege",
		`{"applications":[{"application":"kib","privileges":"a"}]}`:                    "application privileges must refer to at least one resource",
		`{"remote_indices":[{"names":"a","privileges":"read"}]}`:                       "the [remote_indices] sub-field [clusters] must refer to at least one cluster alias",
		`{"remote_cluster":[{"privileges":"all","clusters":"*"}]}`:                     "Invalid remote_cluster permissions found. Please remove the following: [all] Only [monitor_enrich, monitor_stats] are allowed",
	} {
		refused(t, body, want, true)
	}
	for body, want := range map[string]string{
		``:                                         "the JSON is not valid",
		`[]`:                                       "to be an object but found [an array] instead",
		`{"cluster":["all"]`:                       "the JSON is not valid",
		`{} {}`:                                    "unexpected content behind the end",
		`{"foo":1}`:                                "unexpected field [foo]",
		`{"Cluster":[]}`:                           "unexpected field [Cluster]",
		`{"cluster":[],"cluster":[]}`:              "duplicate field [cluster]",
		`{"index":[],"indices":[]}`:                "duplicate field [indices]",
		`{"metadata":{"a":{"b":1,"b":2}}}`:         "duplicate field [b]",
		`{"cluster":1}`:                            "expected field [cluster] value to be a string or an array of strings, but found [a number] instead",
		`{"cluster":[["all"]]}`:                    "but found [an array] instead",
		`{"indices":{}}`:                           "expected field [indices] value to be an array, but found [an object] instead",
		`{"global":{"role":{"manage":{}}}}`:        "unexpected field [role.manage]",
		`{"metadata":[]}`:                          "expected field [metadata] to be of type object",
		"{\"run_as\":\"\xff\"}":                    "the body is not valid UTF-8",
		index(`"names":"a","fields":["x"]`):        "unexpected field [fields]",
		index(`"field_security":{}`):               "requires grant",
		index(`"field_security":{"deny":1}`):       `"field_security" only accepts options grant and except, but got: deny`,
		index(`"allow_restricted_indices":"true"`): "value to be a boolean, but found [a string] instead",
		`{"description":"` + strings.Repeat("x", 1<<20) + `"}`: "the body has more than [1048576] bytes",
	} {
		refused(t, body, want, false)
	}
}

func refused(t *testing.T, body, want string, validation bool) {
	t.Helper()
	_, err := account.ParseDescriptor([]byte(body))
	var refusal *account.DescriptorError
	if !errors.As(err, &refusal) {
		t.Errorf("%.100s: got %v, want a refusal", body, err)
		return
	}
	if !strings.Contains(refusal.Reason, want) || refusal.Validation != validation {
		t.Errorf("%.100s: refused with %q, validation %v; want %q, %v", body, refusal.Reason, refusal.Validation, want, validation)
	}
}

func FuzzParseDescriptor(f *testing.F) {
	for _, name := range account.ReservedRoles() {
		d, _ := account.ReservedRole(name)
		d2 := *d
		d2.Metadata = nil
		body, err := json.Marshal(d2)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"cluster":"monitor","index":[{"names":"a","privileges":"read","query":" {\"a\": 1} ","field_security":{"grant":[]}}],"metadata":{"a":1e400}}`))
	f.Add([]byte(`{"global":{"profile":{"write":{"applications":[]}},"application":{}},"description":"\ud800"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := account.ParseDescriptor(body)
		if err != nil {
			var refusal *account.DescriptorError
			if !errors.As(err, &refusal) || refusal.Reason == "" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		text, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := account.ParseDescriptor(text)
		if err != nil {
			t.Fatalf("%s is refused: %v", text, err)
		}
		if again, err := json.Marshal(second); err != nil || string(again) != string(text) {
			t.Fatalf("%s became %s, %v", text, again, err)
		}
		(account.Roles{&first}).Summary()
	})
}
