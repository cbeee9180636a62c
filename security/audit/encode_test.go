package audit

import (
	"encoding/json"
	"strings"
	"testing"
)

var here = Source{ID: "id-0", Name: "node0"}

func TestTheFormsOfTheLinesDoNotChange(t *testing.T) {
	rest := Origin{Type: OriginREST, Address: "127.0.0.1:5000", Method: "PUT", Path: "/_security/user/bob", Query: "refresh=true"}
	elastic := User{Name: "elastic", Realm: "reserved", Roles: []string{"superuser"}}
	for name, c := range map[string]struct {
		event Event
		want  string
	}{
		"a granted action": {
			Event{
				Kind: AccessGranted, Authentication: Authentication{Type: "REALM"}, User: elastic, RunBy: User{Name: "root", Realm: "default_file"},
				Origin: rest, RequestID: "r1", OpaqueID: "job 7", Action: "cluster:admin/xpack/security/user/put",
			},
			`"event.type":"rest","event.action":"access_granted","authentication.type":"REALM","user.name":"elastic","user.realm":"reserved",` +
				`"user.run_by.name":"root","user.run_by.realm":"default_file","user.roles":["superuser"],"origin.type":"rest","origin.address":"127.0.0.1:5000",` +
				`"url.path":"/_security/user/bob","url.query":"refresh=true","request.method":"PUT","request.id":"r1","action":"cluster:admin/xpack/security/user/put","opaque_id":"job 7"}`,
		},
		"a refused token": {
			Event{Kind: AuthenticationFailed, Authentication: Authentication{Type: "TOKEN", TokenName: "t"}, User: User{Name: "elastic/kibana"}, Origin: Origin{Type: OriginREST}},
			`"event.type":"rest","event.action":"authentication_failed","authentication.type":"TOKEN","user.name":"elastic/kibana","authentication.token.name":"t","origin.type":"rest"}`,
		},
		"a change": {
			Event{Kind: SecurityConfigChange, User: elastic, Origin: rest, RequestID: "r1", Change: Change{
				Name: "put_user", Path: []string{"put", "user"}, Outcome: Success,
				Fields: []Field{{"name", "bob"}, {"enabled", true}, {"roles", []string{"viewer"}}},
			}},
			`"event.type":"security_config_change","event.action":"put_user","event.outcome":"success","user.name":"elastic","user.realm":"reserved","user.roles":["superuser"],` +
				`"origin.type":"rest","origin.address":"127.0.0.1:5000","url.path":"/_security/user/bob","url.query":"refresh=true","request.method":"PUT","request.id":"r1",` +
				`"put":{"user":{"name":"bob","enabled":true,"roles":["viewer"]}}}`,
		},
	} {
		c.event.Time = moment
		want := `{"type":"audit","timestamp":"2026-05-04T12:00:00,007+0000","node.id":"id-0","node.name":"node0",` + c.want + "\n"
		if got := string(here.encode(nil, c.event)); got != want {
			t.Errorf("%s:\n%s want\n%s", name, got, want)
		}
	}
}

// Names are the clients': whatever they are, a line is one JSON object of bounded
// length.
func TestNoNameBreaksALine(t *testing.T) {
	for _, name := range []string{"\"}\n{\"type\":\"audit\"", "\xff\xfe", "\u2028", strings.Repeat("x", 1<<20), strings.Repeat("ü", 1<<20)} {
		roles := make([]string, 1000)
		for i := range roles {
			roles[i] = name
		}
		e := Event{
			User: User{Name: name, Roles: roles}, RequestID: name, OpaqueID: name, Action: name, Origin: Origin{Path: name, Query: name},
			Change: Change{Path: []string{"put", "user"}, Fields: []Field{{"name", name}, {"roles", roles}}},
		}
		text := string(here.encode(nil, e))
		if n := strings.Count(text, "\n"); n != 1 || !strings.HasSuffix(text, "\n") || !json.Valid([]byte(text)) {
			t.Errorf("%.20q: %d lines: %.200s", name, n, text)
		}
		if len(text) > 3*maxNames*maxText {
			t.Errorf("%.20q: %d bytes", name, len(text))
		}
	}
}

func TestKindsAreChosenByElasticsearchsNames(t *testing.T) {
	include, err := ParseKinds(DefaultInclude())
	if err != nil || include.Has(AuthenticationSuccess) || !include.Has(AccessGranted) || !include.Has(SecurityConfigChange) {
		t.Errorf("%b, %v", include, err)
	}
	all, err := ParseKinds([]string{"_all"})
	if err != nil || !all.Has(AuthenticationSuccess) {
		t.Errorf("%b, %v", all, err)
	}
	exclude, err := ParseKinds([]string{"access_granted", "tampered_request"})
	if left := all.Without(exclude); err != nil || left.Has(AccessGranted) || !left.Has(RunAsDenied) {
		t.Errorf("%b, %v", left, err)
	}
	if _, err := ParseKinds([]string{"acess_granted"}); err == nil || !strings.Contains(err.Error(), "access_granted, ") {
		t.Errorf("%v", err)
	}
}

func BenchmarkRecord(b *testing.B) {
	q := newQueue(1)
	e := Event{Kind: AccessGranted, Time: moment}
	b.ReportAllocs()
	for b.Loop() {
		q.put(e)
		q.take()
	}
}
