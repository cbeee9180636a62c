package account_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"jeton/security/account"
)

func ask(t *testing.T, body string) account.PrivilegesRequest {
	t.Helper()
	q, err := account.ParsePrivilegesRequest([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return q
}

func TestAnAnswerTellsEachPrivilegeApart(t *testing.T) {
	d := parse(t, `{"cluster":["monitor"],"indices":[{"names":"logs-*","privileges":"read"}],`+
		`"applications":[{"application":"kib-a","privileges":"read","resources":"space:*"}]}`)
	q := ask(t, `{"cluster":["monitor","manage","cluster:monitor/main"],`+
		`"index":[{"names":["logs-1","logs-*","*"],"privileges":["read","write"]}],`+
		`"application":[{"application":"kib-a","privileges":["read","write","data:read/one"],"resources":["space:1","*"]}]}`)
	want := `{"has_all_requested":false,"cluster":{"cluster:monitor/main":true,"manage":false,"monitor":true},` +
		`"index":{"*":{"read":false,"write":false},"logs-*":{"read":true,"write":false},"logs-1":{"read":true,"write":false}},` +
		`"application":{"kib-a":{"*":{"data:read/one":false,"read":false,"write":false},"space:1":{"data:read/one":true,"read":true,"write":false}}}}`
	if got := encode(t, (account.Roles{&d}).Check(q, definitions)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSuperuserHasAllThatIsNotRestricted(t *testing.T) {
	superuser := account.Superuser()
	roles := account.Roles{&superuser}
	for body, want := range map[string]bool{
		`{"index":[{"names":"create","privileges":["all"]}]}`:                                                 true,
		`{"index":[{"names":"*","privileges":["all"]}]}`:                                                      true,
		`{"index":[{"names":"*","privileges":["all"],"allow_restricted_indices":true}]}`:                      false,
		`{"index":[{"names":"*","privileges":["read"],"allow_restricted_indices":true}]}`:                     true,
		`{"index":[{"names":".security-7","privileges":["read"]}]}`:                                           true,
		`{"index":[{"names":".security-7","privileges":["write"]}]}`:                                          false,
		`{"index":[{"names":".security*","privileges":["read"]}]}`:                                            false, // nothing but restricted names
		`{"application":[{"application":"any","privileges":["undefined","a:*"],"resources":["*"]}]}`:          true,
		`{"cluster":["all"],"index":[{"names":["a","/~(b)/"],"privileges":["manage","read_failure_store"]}]}`: true,
	} {
		if got := roles.Check(ask(t, body), nil).HasAll; got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}

func TestWhatIsAskedWithAndWithoutRestrictedNamesMustHoldBothTimes(t *testing.T) {
	superuser := account.Superuser()
	q := ask(t, `{"index":[{"names":"*","privileges":"all","allow_restricted_indices":true},{"names":"*","privileges":"all"}]}`)
	a := (account.Roles{&superuser}).Check(q, nil)
	if a.HasAll || a.Index["*"]["all"] {
		t.Errorf("got %+v, want all on * denied", a)
	}
}

func TestAQuestionThatCannotBeAnsweredIsRefused(t *testing.T) {
	many := func(n int) string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("%q", fmt.Sprint("n", i)))
		}
		return strings.Join(names, ",")
	}
	for body, want := range map[string]account.DescriptorError{
		`{}`:                       {"failed to parse privileges check. All privilege fields [cluster,index,applications] are missing", false},
		`{"cluster":[]}`:           {"must specify at least one privilege", true},
		`{"indices":[]}`:           {"failed to parse privileges check. unexpected field [indices] in [privileges check]", false},
		`{"cluster":"none","a":1}`: {"failed to parse privileges check. unexpected field [a] in [privileges check]", false},
		`{"index":[{"names":"a","privileges":"read","query":"{}"}]}`:                                               {"Field [query] is not supported in a has_privileges request", false},
		`{"index":[{"names":"a","privileges":"read","field_security":{"grant":"a"}}]}`:                             {"Field [field_security] is not supported in a has_privileges request", false},
		`{"application":[{"application":"kib*","privileges":"read","resources":"*"}]}`:                             {"Application names may not contain '*' (found 'kib*')", true},
		`{"application":[],"applications":[]}`:                                                                     {"failed to parse privileges check. duplicate field [applications] in [privileges check]", false},
		`{"application":[{"application":"kib","privileges":[` + many(101) + `],"resources":[` + many(100) + `]}]}`: {"the request asks for more than [10000] answers, split it", true},
	} {
		_, err := account.ParsePrivilegesRequest([]byte(body))
		var refusal *account.DescriptorError
		if !errors.As(err, &refusal) || *refusal != want {
			t.Errorf("%.100s: got %+v, want %+v", body, refusal, want)
		}
	}
}

func TestTenThousandQuestionsAreAnsweredInTime(t *testing.T) {
	kibana, _ := account.ReservedRole("kibana_system")
	var e account.IndexPrivileges
	for i := range 400 {
		e.Names = append(e.Names, fmt.Sprintf("logs-elastic_agent.status_change-%d-*", i))
	}
	e.Privileges = account.IndexPrivilegeNames()
	start := time.Now()
	a := (account.Roles{kibana}).Check(account.PrivilegesRequest{Index: []account.IndexPrivileges{e}}, nil)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	for name, privileges := range a.Index {
		for privilege, held := range privileges {
			if !held && privilege != "none" {
				t.Fatalf("%s on %s is denied", privilege, name)
			}
		}
	}
}

func FuzzParsePrivilegesRequest(f *testing.F) {
	f.Add([]byte(`{"cluster":["monitor"],"index":[{"names":["logs-?","/a|~b/"],"privileges":["read"]}],"application":[{"application":"kib-a","privileges":["a"],"resources":["*"]}]}`))
	f.Add([]byte(`{"cluster":"all","index":[{"names":"a","privileges":"indices:*","allow_restricted_indices":true}],"applications":null}`))
	roles := account.Roles{{
		Cluster: []string{"monitor", "cluster:*/?et"},
		Indices: []account.IndexPrivileges{{Names: []string{"/~(a.*)/", "b?"}, Privileges: []string{"read", "indices:a*"}}},
	}}
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := account.ParsePrivilegesRequest(body)
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
		second, err := account.ParsePrivilegesRequest(text)
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%s became %+v, %v", text, second, err)
		}
		roles.Check(first, definitions)
	})
}
