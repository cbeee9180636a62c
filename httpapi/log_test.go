package httpapi

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// journal is a log that can be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestTheLogHasTheRouteAndNoPathQueryOrCredential(t *testing.T) {
	var j journal
	address := serve(t, Config{Security: &domain{}, Logger: j.logger()})
	exchange(t, address, "POST /_security/service/elastic/fleet-server/credential/token/hush?refresh=hush2\nX-Opaque-Id: job 7\nX-Request-Id: r-1")
	exchange(t, address, "GET /hush3?hush4=hush5\nAuthorization: Bearer hush6\nX-Request-Id: r-2")
	log := j.String()
	for _, want := range []string{
		`"method":"POST","route":"/_security/service/:namespace/:service/credential/token/:name","user":"elastic","request_id":"r-1","opaque_id":"job 7","status":400`,
		`"method":"GET","request_id":"r-2","status":400`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("no %s in\n%s", want, log)
		}
	}
	if strings.Contains(log, "hush") || strings.Contains(log, "ZWxhc3RpYzpjaGFuZ2VtZQ") {
		t.Errorf("the log tells too much:\n%s", log)
	}
}

func TestTheLogHasWhatTheClientIsNotTold(t *testing.T) {
	for name, want := range map[string]string{
		"bug":   "open /var/lib/jeton/key: permission denied",
		"panic": "domain_accounts_test.go",
	} {
		var j journal
		exchange(t, serve(t, Config{Security: &domain{}, Logger: j.logger()}), "POST /_security/service/elastic/fleet-server/credential/token/"+name)
		if log := j.String(); !strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, want) {
			t.Errorf("%s: %s", name, log)
		}
	}
}

func TestAForeseenRefusalIsNoErrorInTheLog(t *testing.T) {
	var j journal
	exchange(t, serve(t, Config{Security: &domain{}, Logger: j.logger()}), "POST /_security/service/elastic/fleet-server/credential/token/taken")
	if strings.Contains(j.String(), `"level":"ERROR"`) {
		t.Error(j.String())
	}
}
