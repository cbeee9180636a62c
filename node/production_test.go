package node_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jeton/node"
	"jeton/node/nodetest"
)

// published elsewhere than on loopback, a cluster port makes its node part of
// production.
var production = []string{"transport.publish_host=192.0.2.1", "xpack.security.http.ssl.enabled=false"}

func TestInProductionWithoutTLSServiceAccountsAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "service_tokens"), []byte("elastic/fleet-server/token1:{PBKDF2_STRETCH}10000$8QN+eThJEaCd18sCP0nfzxJq2D9yhmSZgI20TDooYcE=$+0ELfqW4D2+/SlHvm/885dzv67qO2SMJg32Mv/9epXk=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := nodetest.StartWith(t, 1, nodetest.Options{Settings: production, Tune: func(_ string, o *node.Options) {
		o.ConfigDir, o.Bootstrap = dir, true
	}})
	n := c.Nodes[0]
	const reason = "[create service account token] requires TLS for the HTTP interface"
	golden(t, n.Do(http.MethodPost, tokens+"/t", ""), http.StatusInternalServerError,
		`{"error":{"root_cause":[{"type":"exception","reason":"`+reason+`"}],"type":"exception","reason":"`+reason+`"},"status":500}`)
	for what, a := range map[string]nodetest.Answer{
		"delete":   n.Do(http.MethodDelete, tokens+"/t", ""),
		"list":     n.Do(http.MethodGet, credentials, ""),
		"save":     n.Do(http.MethodGet, backupPath, ""),
		"restore":  n.Do(http.MethodPost, restorePath, "jeton-backup 1\n"),
		"accounts": n.Do(http.MethodGet, "/_security/service", ""),
	} {
		wantStatus(t, http.StatusInternalServerError, a, what)
	}
	const fileToken = "AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpyNXdkYmRib1FTZTl2R09Ld2FKR0F3"
	a := n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(fileToken))
	wantStatus(t, http.StatusUnauthorized, a, "authenticate by a service token")
	for _, part := range []string{
		`"reason":"error attempting to authenticate request"`,
		`"caused_by":{"type":"exception","reason":"[service account authentication] requires TLS for the HTTP interface"}`,
	} {
		if !strings.Contains(a.Body, part) {
			t.Errorf("%s is missing in %s", part, a.Body)
		}
	}
	must(t, n, http.MethodGet, whoAmI, "") // users are not service accounts
}

func TestInProductionTheTokenServiceNeedsTLS(t *testing.T) {
	dir := t.TempDir()
	settings := append([]string{"path.data=" + filepath.Join(dir, "data"), "http.port=0", "transport.port=0"}, production...)
	if s, _, err := node.LoadSettings(dir, append(settings, tokenServiceOn), nil); err == nil {
		started, err := node.Start(context.Background(), node.Options{Settings: s, ConfigDir: dir, Bootstrap: true})
		if err == nil {
			_ = started.Stop(context.Background())
		}
		t.Fatal("the node would start")
	} else if !strings.Contains(err.Error(), "HTTPS is required in order to use the token service; please enable HTTPS using the [xpack.security.http.ssl.enabled] setting or disable the token service using the [xpack.security.authc.token.enabled] setting") {
		t.Errorf("the reason reads %q", err)
	}
	if _, _, err := node.LoadSettings(dir, settings, nil); err != nil {
		t.Errorf("with the token service off, as it is without TLS: %v", err)
	}
}
