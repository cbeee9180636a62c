package httpapi

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"jeton/security"
	"jeton/security/token"
)

const whoAmI = "GET /_security/_authenticate"

func TestARequestKeepsItsClientsID(t *testing.T) {
	var j journal
	address := serve(t, Config{Security: &domain{}, Logger: j.logger()})
	for _, id := range []string{"a", "7f0e8a6c-6c2e-4d9b-8f65-1f3a2b4c5d6e", "Root=1-67891233-abcdef/x:y+z._", strings.Repeat("x", 128)} {
		a := exchange(t, address, whoAmI+"\nX-Request-Id: "+id)
		if got := a.header.Get("X-Request-Id"); got != id {
			t.Errorf("%q came back as %q", id, got)
		}
		if !strings.Contains(j.String(), `"request_id":"`+id+`"`) {
			t.Errorf("%q is not in the log", id)
		}
	}
}

func TestAnIDThatIsNoneIsReplaced(t *testing.T) {
	address := serve(t, Config{Security: &domain{}})
	bearer := token.Bearer{Namespace: "elastic", Service: "fleet-server", Name: "t", Secret: token.NewSecret()}.Encode()
	seen := map[string]bool{}
	for _, header := range []string{
		"", "\nX-Request-Id: ", "\nX-Request-Id: two words", "\nX-Request-Id: -", `
X-Request-Id: "}{"`, "\nX-Request-Id: ü", "\nX-Request-Id: " + strings.Repeat("x", 129),
		"\nX-Request-Id: a\nX-Request-Id: b", "\nX-Request-Id: " + bearer,
	} {
		id := exchange(t, address, whoAmI+header).header.Get("X-Request-Id")
		if !requestIDForm.MatchString(id) || len(id) != 26 || seen[id] || strings.Contains(header, id) {
			t.Errorf("%q: the id is %q", header, id)
		}
		seen[id] = true
	}
}

func TestARefusalHasAnIDToo(t *testing.T) {
	address := serve(t, Config{Security: &domain{}})
	for _, line := range []string{"GET /nowhere", "PATCH /", "GET /?%zz", "GET /" + strings.Repeat("x", maxURI)} {
		if a := exchange(t, address, line+"\nX-Request-Id: mine"); a.status < 400 || a.header.Get("X-Request-Id") != "mine" {
			t.Errorf("%.20s: %d, id %q", line, a.status, a.header.Get("X-Request-Id"))
		}
	}
}

func TestAnErrorThatNobodyForesawIsFoundByTheIDOfItsAnswer(t *testing.T) {
	var j journal
	a := exchange(t, serve(t, Config{Security: &domain{}, Logger: j.logger()}), "POST /_security/service/elastic/fleet-server/credential/token/bug")
	id := a.header.Get("X-Request-Id")
	for line := range strings.Lines(j.String()) {
		if strings.Contains(line, `"internal error"`) && strings.Contains(line, `"request_id":"`+id+`"`) {
			return
		}
	}
	t.Errorf("%d, id %q, log\n%s", a.status, id, &j)
}

// overheard is a domain that keeps what it is told of requests.
type overheard struct {
	domain
	id string
}

func (o *overheard) Authenticate(ctx context.Context, authorization, runAs string) (security.Identity, error) {
	o.id = security.RequestID(ctx)
	return o.domain.Authenticate(ctx, authorization, runAs)
}

func TestTheDomainKnowsTheRequestByItsID(t *testing.T) {
	var o overheard
	exchange(t, serve(t, Config{Security: &o}), whoAmI+"\nX-Request-Id: mine")
	if o.id != "mine" {
		t.Errorf("the domain was told %q", o.id)
	}
}

// What is written about a URL for good has names, and nothing of which nobody
// knows what it is.
func TestAnAuditedURLHasNoMoreThanItsRouteTakes(t *testing.T) {
	bearer := token.Bearer{Namespace: "elastic", Service: "fleet-server", Name: "t", Secret: token.NewSecret()}.Encode()
	pair := token.NewPair(founded)
	for _, c := range []struct{ name, query, path, want string }{
		{"token1", "", "token1", ""},
		{"a b", "refresh=true&timeout=1s", "a%20b", "refresh=true&timeout=1s"},
		{"token1", "refresh=hush", "token1", "refresh=[redacted]"},
		{"token1", "hush=hush2&pretty=", "token1", "pretty=&[redacted]"},
		{bearer, "filter_path=" + bearer, "[redacted]", "filter_path=[redacted]"},
		{pair.Access.Reveal(), "", "[redacted]", ""},
	} {
		r := &request{route: &routes[0], segments: map[string]string{"namespace": "elastic", "service": "fleet-server", "name": c.name}, params: map[string]string{}}
		for p := range strings.SplitSeq(c.query, "&") {
			if name, value, ok := strings.Cut(p, "="); ok {
				r.params[name] = value
			}
		}
		path, query := r.AuditedURL()
		if want := "/_security/service/elastic/fleet-server/credential/token/" + c.path; path != want || query != c.want {
			t.Errorf("%q, %q: %q, %q", c.name, c.query, path, query)
		}
	}
	if path, query := (&request{method: http.MethodGet, uri: "/hush"}).AuditedURL(); path != redacted || query != "" {
		t.Errorf("without a route: %q, %q", path, query)
	}
}
