package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// caStages is a cluster that comes one stage further with each question, once the
// rotation was asked for.
type caStages struct {
	mu     sync.Mutex
	stages []string
	asked  []string
}

func (s *caStages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPost {
		body := make([]byte, 100)
		n, _ := r.Body.Read(body)
		s.asked = append(s.asked, string(body[:n]))
		s.stages = s.stages[1:]
		fmt.Fprint(w, `{"acknowledged":true}`)
		return
	}
	fmt.Fprint(w, s.stages[0])
	if len(s.asked) > 0 && len(s.stages) > 1 {
		s.stages = s.stages[1:]
	}
}

func caAt(stage, current string, more ...string) string {
	nodes := ""
	for _, waits := range more {
		nodes = `{"id":"b","name":"node1","answers":false,"trusted":[],"issuer":"","expires":"","waits_for":"` + waits + `"}`
	}
	return `{"certificate":"","cas":[{"role":"current","fingerprint":"` + current + `","expires":"2046-01-02T03:04:05Z"}],"stage":"` + stage + `","nodes":[` + nodes + `]}`
}

func rotating(t *testing.T, stages []string, args ...string) (outcome, []string) {
	t.Helper()
	cluster := &caStages{stages: stages}
	server := httptest.NewServer(cluster)
	defer server.Close()
	o := jeton(t, []string{"JETON_URL=" + server.URL, "JETON_USER=u", "JETON_PASSWORD=p"}, "", append([]string{"ca", "rotate"}, args...)...)
	return o, cluster.asked
}

func TestARotationIsWaitedForAndToldOf(t *testing.T) {
	t.Parallel()
	o, asked := rotating(t, []string{
		caAt("idle", "old"), caAt("idle", "old"), // at a node that has not heard of it
		caAt("trusting", "old", "does not answer: start it"), caAt("trusting", "old", "does not answer: start it"),
		caAt("renewing", "new"), caAt("idle", "new"),
	})
	o.expect(t, exitOK, "the cluster's CA is new now; give clients its certificate, of `jeton node ca`\n", ""+
		"every node learns to trust the next CA\n  node1 does not answer: start it\nevery node gets a certificate of the new CA\n")
	if len(asked) != 1 || asked[0] != "" {
		t.Errorf("asked %q", asked)
	}
}

func TestARotationMayBePreparedOnly(t *testing.T) {
	o, asked := rotating(t, []string{caAt("idle", "old"), caAt("prepared", "old", "does not trust it yet"), caAt("prepared", "old")}, "--prepare")
	o.expect(t, exitOK, "every node trusts the next CA; give clients the certificates of `jeton node ca`, then go on with `jeton ca rotate`\n", "node1 does not trust it yet")
	if len(asked) != 1 || strings.TrimSpace(asked[0]) != `{"prepare":true}` {
		t.Errorf("asked %q", asked)
	}
	o, _ = rotating(t, []string{caAt("renewing", "new")}, "--prepare")
	o.expect(t, exitFailed, "", "a rotation is under way already")
}

func TestARotationThatLastsGoesOnByItself(t *testing.T) {
	o, _ := rotating(t, []string{caAt("trusting", "old"), caAt("trusting", "old")}, "--timeout", "50ms")
	o.expect(t, exitFailed, "", "goes on by itself: `jeton ca status` shows what it waits for")
}

func TestTheStatusOfTheCAIsATableOrJSON(t *testing.T) {
	view := caAt("trusting", "0123456789abcdef0123", "does not answer")
	a := newAPI(t, map[string]string{"GET /_jeton/ca": view})
	a.run(t, "ca", "status").expect(t, exitOK, ""+
		"CA       FINGERPRINT           EXPIRES\n"+
		"current  0123456789abcdef0123  2046-01-02\n"+
		"\nstage: trusting\n\n"+
		"NODE   CERTIFICATE OF  EXPIRES  WAITED FOR\n"+
		"node1  -               -        does not answer\n", "")
	o := a.run(t, "ca", "status", "-o", "json")
	if !strings.Contains(o.stdout, `"stage": "trusting"`) || !strings.Contains(o.stdout, `"waits_for": "does not answer"`) {
		t.Error(o.stdout)
	}
}
