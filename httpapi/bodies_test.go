package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// ask sends a body without a network, so that what arrives can be looked at.
func ask(s Security, method, uri, body string) *httptest.ResponseRecorder {
	return askHandler(New(Config{Security: s}), method, uri, body)
}

func askHandler(h http.Handler, method, uri, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, uri, strings.NewReader(body))
	request.Header.Set("Authorization", asElastic)
	request.Header.Set("Content-Type", jsonType)
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder
}

func TestEveryFieldOfAUserArrives(t *testing.T) {
	d := &domain{}
	ask(d, "PUT", "/_security/user/a%2Fb%20c", `{"password":"s3krit-password","roles":["r1","r2"],"full_name":"A B","email":"a@b",
		"metadata" : {"n":1.50, "deep":{"a":[1]}},"enabled":false}`)
	u := d.putUser
	switch {
	case u.Username != "a/b c", strings.Join(u.Roles, " ") != "r1 r2", u.Enabled:
		t.Errorf("%+v", u)
	case u.Password.Clear.Reveal() != "s3krit-password", u.Password.Hash != nil:
		t.Error("the password is another one")
	case *u.FullName != "A B", *u.Email != "a@b":
		t.Errorf("%s %s", *u.FullName, *u.Email)
	case string(u.Metadata) != `{"n":1.50, "deep":{"a":[1]}}`:
		t.Errorf("%s", u.Metadata)
	}
}

func TestAUserHasDefaults(t *testing.T) {
	d := &domain{}
	ask(d, "PUT", "/_security/user/mary", `{"password_hash":"$2a$10$x","full_name":null,"email":null}`)
	u := d.putUser
	switch {
	case u.Roles != nil, u.FullName != nil, u.Email != nil, u.Metadata != nil, !u.Enabled:
		t.Errorf("%+v", u)
	case u.Password.Hash.Reveal() != "$2a$10$x", u.Password.Clear != nil:
		t.Error("the hash is another one")
	}
}

func TestRolesMayBeOneText(t *testing.T) {
	for sent, want := range map[string]string{
		`"r1,r2"`: "r1|r2", `"r1"`: "r1", `""`: "", `[]`: "", `["r1,r2"]`: "r1,r2", `["r1"]`: "r1",
	} {
		d := &domain{}
		ask(d, "PUT", "/_security/user/mary", `{"roles":`+sent+`}`)
		if d.putUser.Roles == nil || strings.Join(d.putUser.Roles, "|") != want {
			t.Errorf("%s: %q", sent, d.putUser.Roles)
		}
	}
}

func TestADescriptorArrives(t *testing.T) {
	d := &domain{}
	ask(d, "PUT", "/_security/role/reader", `{"cluster":"monitor","run_as":["joe"],"description":"reads"}`)
	got, err := json.Marshal(d.putRole)
	const want = `{"cluster":["monitor"],"indices":[],"applications":[],"run_as":["joe"],"metadata":{},"transient_metadata":{"enabled":true},"description":"reads"}`
	if err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestPrivilegesArriveInTheirOrder(t *testing.T) {
	d := &domain{}
	ask(d, "PUT", "/_security/privilege", `{"zoo":{"p2":{"actions":["b:*","a:*"],"metadata":{"n":1.50}},"p1":{"actions":"a:*"}},"app":{"p1":{"actions":[]}}}`)
	got, err := json.Marshal(d.putPrivileges)
	const want = `[{"application":"zoo","name":"p2","actions":["b:*","a:*"],"metadata":{"n":1.50}},` +
		`{"application":"zoo","name":"p1","actions":["a:*"],"metadata":null},{"application":"app","name":"p1","actions":[],"metadata":null}]`
	if err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestABodyIsNestedOnlySoDeep(t *testing.T) {
	for depth, want := range map[int]int{maxDepth - 1: http.StatusOK, maxDepth: http.StatusBadRequest} {
		nested := strings.Repeat(`[`, depth-1) + `"[{\"[["` + strings.Repeat(`]`, depth-1)
		a := ask(&domain{}, "PUT", "/_security/user/mary", `{"metadata":{"a":`+nested+`}}`)
		if a.Code != want {
			t.Errorf("%d levels: %d %s", depth+1, a.Code, a.Body)
		}
	}
}

func TestABodyIsUTF8(t *testing.T) {
	a := ask(&domain{}, "PUT", "/_security/user/mary", "{\"metadata\":{\"a\":\"\xff\"}}")
	if a.Code != http.StatusBadRequest || !strings.Contains(a.Body.String(), "UTF-8") {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

func TestASentPasswordIsInNoLogAndNoAnswer(t *testing.T) {
	var j journal
	address := serve(t, Config{Security: &domain{}, Logger: j.logger()})
	for _, body := range []string{
		`{"password":"hush1","roles":["bug"]}`, `{"password":"hush1"`, `{"password":["hush1"]}`, `{"password_hash":"hush1","hush1":1}`, `{"password":hush1}`,
	} {
		for _, uri := range []string{"/_security/user/mary", "/_security/user/bug", "/_security/user/_password", "/_security/user/joe/_password"} {
			a := exchange(t, address, "POST "+uri+"\nContent-Type: application/json\n\n"+body)
			if strings.Contains(strings.ReplaceAll(a.body, "unexpected field [hush1]", ""), "hush") {
				t.Errorf("%s: %s", body, a.body)
			}
		}
	}
	if strings.Contains(j.String(), "hush") {
		t.Error(j.String())
	}
}

func TestNamesOfAList(t *testing.T) {
	for list, want := range map[string]string{"": "", ",": "", "a": "a", "a,b": "a b", "b,,a,b,": "b a", "*": "*"} {
		if got := strings.Join(namesOf(list), " "); got != want {
			t.Errorf("%q: %q", list, got)
		}
	}
	for list, all := range map[string]bool{"": true, "*": true, "_all": true, "a": false, "*,a": false} {
		if got := namesOrAll(list) == nil; got != all {
			t.Errorf("%q: %v", list, got)
		}
	}
}

// Every body of every route is either understood or refused with a reason, and
// the answer can be read.
func FuzzBodiesOfRoutes(f *testing.F) {
	for _, body := range []string{
		`{}`, `[]`, `{"a":`, `null`, `"s"`, "{\"username\":\"\xff\"}", `{"a":1,"a":2}`,
		`{"password":"s3krit-password2","roles":["a"],"full_name":null,"metadata":{"k":[{"a":1}]},"enabled":true,"username":"x"}`,
		`{"roles":{"new":{"cluster":["all"]},"x":{}}}`, `{"names":["old","lost","x"]}`,
		`{"cluster":["all"],"indices":[{"names":"*","privileges":["read"],"query":"{}"}],"description":"d"}`,
		`{"cluster":["all"],"index":[{"names":"a*","privileges":"read"}],"application":[{"application":"app","privileges":["a"],"resources":["r"]}]}`,
		`{"x":{"p":{"application":"x","name":"p","actions":["a:b"],"metadata":{"a":null}}}}`,
		`{"query":{"bool":{"must":[{"term":{"username":"a"}}]}},"sort":[{"username":"asc"}],"from":0,"size":1,"search_after":["a"]}`,
		`{"grant_type":"password","username":"u","password":"p","refresh_token":"r","scope":"s"}`,
		`{"token":"t","refresh_token":"r","username":"u","realm_name":"r"}`,
		`{"roles":["r"],"enabled":false}`, `{"expiration":"1d","metadata":{"a":1}}`, `{"grace_period":"1h"}`, `{"ttl":"1h"}`, `{"node":"n"}`,
		`{"persistent":{"auth":{"lease":"2s","available.max_age":null}},"transient":{"a*":null}}`, `{"persistent":{"auth.lease":["a"],"auth":1e9}}`,
	} {
		f.Add(body)
	}
	handler := New(Config{Security: &domain{}})
	f.Fuzz(func(t *testing.T, body string) {
		for _, rt := range routes {
			if rt.body == noBody || rt.path == backupPath { // a backup is no JSON
				continue
			}
			uri := strings.NewReplacer(":username", "x", ":application", "x", ":namespace", "x", ":service", "x", ":name", "x").Replace(rt.path)
			checkAnswer(t, rt, askHandler(handler, rt.method, uri, body))
		}
	})
}

func checkAnswer(t *testing.T, rt route, a *httptest.ResponseRecorder) {
	t.Helper()
	var answered struct {
		Error  json.RawMessage `json:"error"`
		Status int             `json:"status"`
	}
	err := json.Unmarshal(a.Body.Bytes(), &answered)
	switch {
	case a.Code >= http.StatusInternalServerError:
		t.Errorf("%s %s: %d %s", rt.method, rt.path, a.Code, a.Body)
	case err != nil:
		t.Errorf("%s %s: %v: %s", rt.method, rt.path, err, a.Body)
	case a.Code >= http.StatusBadRequest && answered.Error != nil && answered.Status != a.Code && !strings.Contains(a.Body.String(), `"error_description"`):
		t.Errorf("%s %s: %d %s", rt.method, rt.path, a.Code, a.Body)
	}
}
