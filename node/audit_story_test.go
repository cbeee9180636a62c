package node_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"jeton/node"
	"jeton/node/nodetest"
)

const auditOn = "xpack.security.audit.enabled=true"

func auditFile(n *nodetest.Node) string {
	return filepath.Join(n.Dir, "data", "logs", "jeton_audit.json")
}

func readAudit(t *testing.T, n *nodetest.Node) string {
	t.Helper()
	text, err := os.ReadFile(auditFile(n))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// named gives a request an id of the story's.
func named(id string) nodetest.Option { return nodetest.Header("X-Request-Id", id) }

// unsettled is what is another thing each time, by what it is called in goldens.
var unsettled = []struct {
	form *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3}\+0000"`), `"timestamp":"TIME"`},
	{regexp.MustCompile(`"node.id":"[^"]+"`), `"node.id":"ID"`},
	{regexp.MustCompile(`"origin.address":"127\.0\.0\.1:\d+"`), `"origin.address":"ADDRESS"`},
	{regexp.MustCompile(`"uuid":"[^"]+"`), `"uuid":"UUID"`},
}

// A node's day: what of it stands in the audit log, line by line.
func TestAScriptedDayInTheAuditLog(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 1, nodetest.Options{Settings: []string{auditOn, "xpack.security.audit.logfile.events.include=_all"}})
	n := c.Nodes[0]
	day := []struct {
		id, method, path, body string
		status                 int
		options                []nodetest.Option
	}{
		{"login", http.MethodGet, whoAmI, "", 200, nil},
		{"wrong-password", http.MethodGet, whoAmI, "", 401, []nodetest.Option{as("elastic", "wrong-password-hush")}},
		{"stranger", http.MethodGet, whoAmI, "", 401, []nodetest.Option{nodetest.Header("Authorization", "")}},
		{"put-role", http.MethodPut, "/_security/role/watch", `{"cluster":["monitor"],"run_as":["carol"]}`, 200, nil},
		{"put-user", http.MethodPut, "/_security/user/bob?refresh=true", `{"password":"bobs-password-hush","roles":["watch"]}`, 200, nil},
		{"denied", http.MethodPut, "/_security/user/eve", `{"password":"eves-password-hush","roles":["superuser"]}`, 403, []nodetest.Option{as("bob", "bobs-password-hush")}},
		{"create-token", http.MethodPost, tokens + "/token1", "", 200, []nodetest.Option{nodetest.Header("X-Opaque-Id", "job 7")}},
		{"create-again", http.MethodPost, tokens + "/token1", "", 409, nil},
		{"delete-token", http.MethodDelete, tokens + "/token1", "", 200, nil},
		{"put-carol", http.MethodPut, "/_security/user/carol", `{"password":"carols-password-hush","roles":[]}`, 200, nil},
		{"run-as", http.MethodGet, whoAmI, "", 200, []nodetest.Option{as("bob", "bobs-password-hush"), nodetest.Header("es-security-runas-user", "carol")}},
		{"run-as-denied", http.MethodGet, whoAmI, "", 403, []nodetest.Option{as("bob", "bobs-password-hush"), nodetest.Header("es-security-runas-user", "elastic")}},
		{"disable", http.MethodPut, "/_security/user/bob/_disable", "", 200, nil},
		{"settings", http.MethodPut, clusterSettings, `{"persistent":{"auth.lease":"3s"}}`, 200, nil},
		{"join-token", http.MethodPost, "/_jeton/join_token", "", 200, nil},
		{"misused", http.MethodGet, whoAmI + "?token=hush", "", 400, nil},
	}
	for _, s := range day {
		wantStatus(t, s.status, n.Do(s.method, s.path, s.body, append(s.options, named(s.id))...), s.id)
	}
	n.Stop() // and the last line is there
	text := readAudit(t, n)
	if strings.Contains(text, "hush") || strings.Contains(text, nodetest.Password) {
		t.Errorf("a secret stands in the audit log:\n%s", text)
	}
	for _, u := range unsettled {
		text = u.form.ReplaceAllString(text, u.name)
	}
	// When a new cluster raises its feature level is its own affair.
	text = regexp.MustCompile(`(?m)^.*"raise_level".*\n`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`("create":\{"join_token":\{"id":)"[^"]+"`).ReplaceAllString(text, `$1"ID"`)
	wantGolden(t, "testdata/audit.golden", text)
}

func wantGolden(t *testing.T, path, got string) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

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

func TestARequestIsFoundByTheIDOfItsAnswer(t *testing.T) {
	t.Parallel()
	var log journal
	c := nodetest.StartWith(t, 1, nodetest.Options{
		Settings: []string{auditOn},
		Tune: func(_ string, o *node.Options) {
			o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		},
	})
	n := c.Nodes[0]
	id := n.Do(http.MethodPut, clusterSettings, `{"persistent":{"auth.lease":"3s"}}`).Header.Get("X-Request-Id")
	if id == "" {
		t.Fatal("the answer has no id")
	}
	c.Eventually("the id to be in log and audit log", func() error {
		for what, want := range map[string][]string{
			"the log":       {`"msg":"request"`, `"msg":"the cluster's settings were changed"`},
			"the audit log": {`"event.action":"access_granted"`, `"event.action":"put_cluster_settings"`},
		} {
			text := log.String()
			if what == "the audit log" {
				text = readAudit(t, n)
			}
			for _, w := range want {
				if !lineWith(text, w, id) {
					return fmt.Errorf("%s has no %s with %s", what, w, id)
				}
			}
		}
		return nil
	})
}

// lineWith reports whether a line has all of the texts.
func lineWith(text string, all ...string) bool {
	for line := range strings.Lines(text) {
		found := true
		for _, w := range all {
			found = found && strings.Contains(line, w)
		}
		if found {
			return true
		}
	}
	return false
}

func TestAnAuditLogThatCannotBeWrittenIsToldAtTheStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := nodetest.Start(t, 1)
	n := c.Nodes[0]
	n.Stop()
	settings, _, err := node.LoadSettings(t.TempDir(), []string{auditOn, "path.logs=" + file, "path.data=" + filepath.Join(n.Dir, "data"), "http.port=0", "transport.port=0"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = node.Start(t.Context(), node.Options{Settings: settings, ConfigDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "[path.logs]") {
		t.Errorf("%v", errors.Join(err, errors.New("the start should have named the setting")))
	}
}
