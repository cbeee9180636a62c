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
		`{}`:                       {"failed to parse privileges check. All privilege fields [cluster,index,applications] are missing", false, false},
		`{"cluster":[]}`:           {"must specify at least one privilege", true, false},
		`{"indices":[]}`:           {"failed to parse privileges check. unexpected field [indices] in [privileges check]", false, false},
		`{"cluster":"none","a":1}`: {"failed to parse privileges check. unexpected field [a] in [privileges check]", false, false},
		`{"index":[{"names":"a","privileges":"read","query":"{}"}]}`:                                               {"Field [query] is not supported in a has_privileges request", false, false},
		`{"index":[{"names":"a","privileges":"read","field_security":{"grant":"a"}}]}`:                             {"Field [field_security] is not supported in a has_privileges request", false, false},
		`{"application":[{"application":"kib*","privileges":"read","resources":"*"}]}`:                             {"Application names may not contain '*' (found 'kib*')", true, false},
		`{"application":[],"applications":[]}`:                                                                     {"failed to parse privileges check. duplicate field [applications] in [privileges check]", false, false},
		`{"application":[{"application":"kib","privileges":[` + many(101) + `],"resources":[` + many(100) + `]}]}`: {"the request asks for more than [10000] answers, split it", true, false},
	} {
		_, err := account.ParsePrivilegesRequest([]byte(body))
		var refusal *account.DescriptorError
		if !errors.As(err, &refusal) || *refusal != want {
			t.Errorf("%.100s: got %+v, want %+v", body, refusal, want)
		}
	}
}

func TestAQuestionAboutAnUnknownPrivilegeIsAWrongArgument(t *testing.T) {
	for body, want := range map[string]string{
		`{"cluster":["nope"]}`:                              "unknown cluster privilege [nope]. a privilege must be",
		`{"index":[{"names":["a"],"privileges":["nope"]}]}`: "unknown index privilege [nope]. a privilege must be",
	} {
		_, err := account.ParsePrivilegesRequest([]byte(body))
		refusal, _ := errors.AsType[*account.DescriptorError](err)
		if refusal == nil || !refusal.Argument || refusal.Validation || !strings.HasPrefix(refusal.Reason, want) {
			t.Errorf("%s: %+v", body, refusal)
		}
	}
}

// Kibana asks about everything that its screens can do, in one question.
func TestAQuestionMayBeAsLongAsItsAnswersAreFew(t *testing.T) {
	list := func(format string) string {
		var names []string
		for i := range 5000 {
			names = append(names, fmt.Sprintf(format, i))
		}
		return strings.Join(names, ",")
	}
	q := ask(t, `{"application":[{"application":"kibana-.kibana","privileges":[`+list(`"ui:f%d/show"`)+`],"resources":["*","space:default"]}]}`)
	superuser := account.Superuser()
	if a := (account.Roles{&superuser}).Check(q, nil); !a.HasAll || len(a.Application["kibana-.kibana"]["*"]) != 5000 {
		t.Error("not all is answered, or not all is held")
	}
	var actions []string
	if err := json.Unmarshal([]byte("["+list(`"ui:f%d/show"`)+"]"), &actions); err != nil {
		t.Fatal(err)
	}
	if err := (account.ApplicationPrivilege{Application: "kibana-.kibana", Name: "all", Actions: actions}).Check(); err != nil {
		t.Error(err)
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
