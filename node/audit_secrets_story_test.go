package node_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"jeton/node"
	"jeton/node/nodetest"
)

// Every use case that has a secret in its request or in its answer, all of them
// looked for in the audit log and in a log at its most talkative.
func TestNoSecretStandsInTheAuditLogOrInTheLog(t *testing.T) {
	t.Parallel()
	var log journal
	c := nodetest.StartWith(t, 1, nodetest.Options{
		Settings: []string{auditOn, "xpack.security.audit.logfile.events.include=_all", "xpack.security.authc.token.enabled=true"},
		Tune: func(_ string, o *node.Options) {
			o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		},
	})
	n := c.Nodes[0]
	secrets := []string{nodetest.Password, "marked-1", "marked-2", "marked-3", "marked-4", "marked-5", "$2a$", "PBKDF2", "SSHA256", "PRIVATE KEY"}
	ask := func(want int, method, path, body string, o ...nodetest.Option) map[string]any {
		t.Helper()
		a := n.Do(method, path, body, o...)
		wantStatus(t, want, a, method+" "+path)
		return a.JSON(t)
	}
	text := func(at any) string {
		secret, _ := at.(string)
		if len(secret) < 20 {
			t.Fatalf("no secret in %v", at)
		}
		secrets = append(secrets, secret)
		return secret
	}
	ok := http.StatusOK
	ask(ok, "PUT", "/_security/user/bob", `{"password":"marked-1-password","roles":["superuser"]}`)
	ask(ok, "PUT", "/_security/user/bob/_password", `{"password":"marked-2-password"}`)
	ask(ok, "GET", whoAmI, "", as("bob", "marked-2-password"))
	ask(401, "GET", whoAmI, "", as("bob", "marked-3-password"))
	secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte("bob:marked-2-password")))

	created := text(ask(ok, "POST", tokens+"/token1", "")["token"].(map[string]any)["value"])
	rotated := text(ask(ok, "POST", tokens+"/token1/_rotate", `{}`)["token"].(map[string]any)["value"])
	for _, bearer := range []string{created, rotated} {
		ask(ok, "GET", whoAmI, "", nodetest.Bearer(bearer))
	}
	ask(401, "GET", whoAmI, "", nodetest.Bearer(rotated[:len(rotated)-4]+"AAAA"))
	ask(404, "DELETE", tokens+"/"+created, "") // pasted where a name belongs
	ask(400, "GET", whoAmI+"?token=marked-4", "")

	const oauth = "/_security/oauth2/token"
	granted := ask(ok, "POST", oauth, `{"grant_type":"password","username":"bob","password":"marked-2-password"}`)
	access, refresh := text(granted["access_token"]), text(granted["refresh_token"])
	ask(401, "POST", oauth, `{"grant_type":"password","username":"bob","password":"marked-5-password"}`)
	ask(ok, "GET", whoAmI, "", nodetest.Bearer(access))
	again := ask(ok, "POST", oauth, fmt.Sprintf(`{"grant_type":"refresh_token","refresh_token":%q}`, refresh))
	text(again["access_token"])
	ask(ok, "DELETE", oauth, fmt.Sprintf(`{"refresh_token":%q}`, text(again["refresh_token"])))
	ask(ok, "DELETE", oauth, fmt.Sprintf(`{"token":%q}`, access))
	ask(401, "GET", whoAmI, "", nodetest.Bearer(access))
	text(ask(ok, "POST", "/_jeton/join_token", "")["join_token"])

	n.Stop()
	kept := readAudit(t, n)
	for _, want := range []string{`"refresh_token"`, `"invalidate_token"`, `"rotate_service_token"`, `"create_join_token"`, `"change_password"`, "[redacted]"} {
		if !strings.Contains(kept, want) {
			t.Errorf("the audit log has no %s", want)
		}
	}
	for where, all := range map[string]string{"audit log": kept, "log": log.String()} {
		if len(all) < 1000 {
			t.Errorf("the %s is empty", where)
		}
		for i, s := range secrets {
			if strings.Contains(all, s) {
				t.Errorf("secret %d stands in the %s", i, where)
			}
		}
	}
}
