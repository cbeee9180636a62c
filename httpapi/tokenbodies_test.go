package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"jeton/security"
)

// scribe keeps what it was asked for.
type scribe struct {
	domain
	grant   security.TokenRequest
	invalid security.Invalidation
	options security.TokenOptions
	grace   *time.Duration
	unused  time.Duration
	types   []string
}

func (s *scribe) CreateToken(_ context.Context, _ security.Identity, r security.TokenRequest) (security.IssuedToken, error) {
	s.grant = r
	return security.IssuedToken{}, nil
}

func (s *scribe) InvalidateTokens(_ context.Context, _ security.Identity, i security.Invalidation) (security.Invalidated, error) {
	s.invalid = i
	return security.Invalidated{}, nil
}

func (s *scribe) CreateServiceToken(_ context.Context, _ security.Identity, _, _, _ string, o security.TokenOptions) (security.CreatedToken, error) {
	s.options = o
	return security.CreatedToken{}, nil
}

func (s *scribe) RotateServiceToken(_ context.Context, _ security.Identity, _, _, _ string, grace *time.Duration) (security.CreatedToken, error) {
	s.grace = grace
	return security.CreatedToken{}, nil
}

func (s *scribe) UnusedCredentials(_ context.Context, _ security.Identity, unusedFor time.Duration) ([]security.TokenInfo, error) {
	s.unused = unusedFor
	return nil, nil
}

func (s *scribe) ServiceAccounts(_ context.Context, _ security.Identity, _, _ string, types []string) ([]security.ServiceAccount, error) {
	s.types = types
	return nil, nil
}

func TestEveryFieldOfAGrantArrives(t *testing.T) {
	s := &scribe{}
	ask(s, "POST", "/_security/oauth2/token", `{"grant_type":"g","username":"u","password":"p","kerberos_ticket":"k","refresh_token":"r","scope":"s"}`)
	r := s.grant
	got := []string{*r.GrantType, *r.Username, r.Password.Reveal(), r.KerberosTicket.Reveal(), r.RefreshToken.Reveal(), *r.Scope}
	if strings.Join(got, " ") != "g u p k r s" {
		t.Error(got)
	}
}

// What was sent empty is not what was not sent: one is missing, the other may be
// forbidden.
func TestAnEmptyFieldOfAGrantArrivesEmpty(t *testing.T) {
	s := &scribe{}
	ask(s, "POST", "/_security/oauth2/token", `{"grant_type":"","username":null,"password":"","refresh_token":null}`)
	r := s.grant
	switch {
	case r.GrantType == nil || *r.GrantType != "", r.Password == nil || r.Password.Reveal() != "":
		t.Error("what was empty is lost")
	case r.Username != nil, r.RefreshToken != nil, r.KerberosTicket != nil, r.Scope != nil:
		t.Error("what was not sent has come")
	}
}

func TestEveryFieldOfAnInvalidationArrives(t *testing.T) {
	for body, want := range map[string]string{
		`{"token":"a","username":"u","realm_name":"r"}`: "a - u r",
		`{"refresh_token":"b","token":""}`:              "- b  ",
		`{"token":null,"refresh_token":null}`:           "- -  ",
		`{}`:                                            "- -  ",
	} {
		s := &scribe{}
		ask(s, "DELETE", "/_security/oauth2/token", body)
		got := []string{"-", "-", s.invalid.Username, s.invalid.Realm}
		if s.invalid.AccessToken != nil {
			got[0] = s.invalid.AccessToken.Reveal()
		}
		if s.invalid.RefreshToken != nil {
			got[1] = s.invalid.RefreshToken.Reveal()
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestAnAccountThatIsPutArrivesWholeOrWithDefaults(t *testing.T) {
	for body, want := range map[string]security.ServiceAccount{
		`{"roles":["a","b"],"enabled":false}`: {Roles: []string{"a", "b"}},
		`{"roles":"a,b"}`:                     {Roles: []string{"a,b"}, Enabled: true},
		`{"roles":[]}`:                        {Roles: []string{}, Enabled: true},
		`{"enabled":true}`:                    {Enabled: true},
	} {
		d := &domain{}
		ask(d, "PUT", "/_security/service/apps/wor%2Fker", body)
		got := d.putAccount
		if got.Principal != "apps/wor/ker" || got.Enabled != want.Enabled || (got.Roles == nil) != (want.Roles == nil) ||
			strings.Join(got.Roles, "|") != strings.Join(want.Roles, "|") {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestTypesOfAccountsArriveAsAList(t *testing.T) {
	for uri, want := range map[string]string{
		"/_security/service":                              "",
		"/_security/service?type=":                        "",
		"/_security/service?type=user_managed":            "user_managed",
		"/_security/service/apps?type=built_in,a,":        "built_in|a",
		"/_security/service/a/b?type=built_in%2Cbuilt_in": "built_in",
	} {
		s := &scribe{}
		get(s, uri)
		if strings.Join(s.types, "|") != want || (s.types == nil) != (want == "") {
			t.Errorf("%s: %q", uri, s.types)
		}
	}
}

func TestWhatATokenIsGivenArrives(t *testing.T) {
	const uri = "/_security/service/elastic/fleet-server/credential/token/token1"
	for body, want := range map[string]security.TokenOptions{
		``:                              {},
		`{}`:                            {},
		`{"expiration":"36h"}`:          {Expiration: 36 * time.Hour},
		`{"metadata": {"a" : [1.50]} }`: {Metadata: json.RawMessage(`{"a" : [1.50]}`)},
		`{"expiration":"9999999999d","metadata":{}}`: {Expiration: 1<<63 - 1, Metadata: json.RawMessage(`{}`)},
	} {
		s := &scribe{}
		ask(s, "POST", uri, body)
		if s.options.Expiration != want.Expiration || string(s.options.Metadata) != string(want.Metadata) {
			t.Errorf("%s: %v %s", body, s.options.Expiration, s.options.Metadata)
		}
	}
}

// No word about the old secret is not the same as no time for it.
func TestTheTimeOfAnOldSecretArrives(t *testing.T) {
	const uri = "/_security/service/elastic/fleet-server/credential/token/token1/_rotate"
	for body, want := range map[string]string{
		``: "-", `{}`: "-", `{"grace_period":null}`: "-", `{"grace_period":"0"}`: "0s", `{"grace_period":"2d"}`: "48h0m0s",
	} {
		s, got := &scribe{}, "-"
		ask(s, "POST", uri, body)
		if s.grace != nil {
			got = s.grace.String()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestTheTimeOfDisuseArrives(t *testing.T) {
	s := &scribe{}
	if get(s, "/_security/service/_credentials?unused_for=90d"); s.unused != 90*24*time.Hour {
		t.Error(s.unused)
	}
}

func TestA401OffersBearerOnlyWithTheTokenService(t *testing.T) {
	for on, want := range map[bool]string{
		true:  `Basic realm="security", charset="UTF-8" | Bearer realm="security" | ApiKey`,
		false: `Basic realm="security", charset="UTF-8" | ApiKey`,
	} {
		a := exchange(t, serve(t, Config{Security: &domain{}, TokenService: on}), "GET /\nAuthorization: none")
		offered := a.header.Values("WWW-Authenticate")
		if strings.Join(offered, " | ") != want {
			t.Errorf("%v: %q", on, offered)
		}
		repeated, err := encode(object{{"WWW-Authenticate", offered}})
		if err != nil || strings.Count(a.body, `"header":`+string(repeated)) != 2 {
			t.Errorf("%v: %s", on, a.body)
		}
	}
}

func TestASentTokenIsInNoLogAndNoAnswer(t *testing.T) {
	var j journal
	address := serve(t, Config{Security: &domain{}, Logger: j.logger()})
	for _, body := range []string{
		`{"grant_type":"password","username":"bob","password":"hush"}`, `{"grant_type":"refresh_token","refresh_token":"hush"}`,
		`{"grant_type":"password","username":"unknown","password":"hush"}`, `{"password":["hush"]}`, `{"refresh_token":"hush"`,
		`{"password":hush}`, `{"token":"hush","refresh_token":"hush"}`, `{"token":"hush","username":"joe"}`, `{"token":{"hush":1}}`,
		`{"grant_type":"_kerberos","kerberos_ticket":"hush"}`,
	} {
		for _, method := range []string{"POST", "DELETE"} {
			a := exchange(t, address, method+" /_security/oauth2/token\nContent-Type: application/json\n\n"+body)
			if strings.Contains(a.body, "hush") {
				t.Errorf("%s %s: %s", method, body, a.body)
			}
		}
	}
	if log := j.String(); strings.Contains(log, "hush") || strings.Contains(log, exampleAccess) || strings.Contains(log, exampleRefresh) {
		t.Error(log)
	}
}

// Each body goes to a place where it would have an effect. Whatever it is, the
// answer can be read, and what it asks for is done or refused.
func FuzzBodiesOfTokens(f *testing.F) {
	places := []route{
		{method: http.MethodPost, path: "/_security/oauth2/token"},
		{method: http.MethodPost, path: "/_xpack/security/oauth2/token?pretty"},
		{method: http.MethodDelete, path: "/_security/oauth2/token"},
		{method: http.MethodPut, path: "/_security/service/apps/worker"},
		{method: http.MethodPost, path: "/_security/_query/service"},
		{method: http.MethodPost, path: "/_security/service/elastic/fleet-server/credential/token/token1"},
		{method: http.MethodPost, path: "/_security/service/elastic/fleet-server/credential/token/token1/_rotate"},
	}
	for place, body := range []string{
		`{"grant_type":"password","username":"u","password":"p","scope":null}`,
		`{"grant_type":"refresh_token","refresh_token":"\ud800"}`,
		`{"token":"t","refresh_token":"","username":"u","realm_name":"r"}`,
		`{"roles":["r",null],"enabled":false}`,
		`{"query":{"term":{"username":"a"}},"sort":["username"],"search_after":["a"]}`,
		`{"expiration":"1d","metadata":{"a":{"b":[1e999,-0.0,"<\u2028>"]},"":null}}`,
		`{"grace_period":"30d"}`,
	} {
		f.Add(uint(place), body)
	}
	h := New(Config{Security: &domain{}, TokenService: true})
	f.Fuzz(func(t *testing.T, place uint, body string) {
		at := places[place%uint(len(places))]
		a := askHandler(h, at.method, at.path, body)
		checkAnswer(t, at, a)
		if a.Code == http.StatusOK && body != "" && !json.Valid([]byte(body)) {
			t.Errorf("%s %s took %q", at.method, at.path, body)
		}
	})
}
