package httpapi

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestThePassphraseComesInALineBeforeTheBackup(t *testing.T) {
	for body, want := range map[string]string{
		"{\"passphrase\":\"horse\"}\ntext": `"cluster_name":"text"`,
		"text":                             `"version":""`,
		"{\"passphrase\":\"horse\"}\n":     `"version":"horse"`,
		"{\"passphrase\":\"horse\"}":       "the line before the backup is longer than any passphrase",
		"{\"pass\":\"horse\"}\ntext":       "unknown field [pass]",
		"{" + strings.Repeat(" ", 1<<17):   "the line before the backup is longer than any passphrase",
	} {
		if a := ask(&domain{}, "POST", restorePath, body); !strings.Contains(a.Body.String(), want) {
			t.Errorf("%.60q: %d %s", body, a.Code, a.Body)
		}
	}
}

// A backup is larger than what other requests may have, and is read as it comes.
func TestARestoreHasALimitOfItsOwn(t *testing.T) {
	address := serve(t, Config{Security: &domain{}, MaxContentLength: 16})
	const head = "POST /_jeton/backup/_restore?id=r1 HTTP/1.1\r\nHost: jeton\r\nConnection: close\r\nAuthorization: " + asElastic + "\r\n"
	a := send(t, address, "POST", head+"Content-Length: 18\r\n\r\neighteen bytes, eh")
	if a.status != http.StatusOK || !strings.Contains(a.body, "eighteen bytes, eh") {
		t.Errorf("%d %s", a.status, a.body)
	}
	late := serve(t, Config{Security: &domain{}, RequestTimeout: MinTimeout})
	if a := send(t, late, "POST", head+"Content-Length: 18\r\n\r\neigh"); a.status != http.StatusRequestTimeout {
		t.Errorf("a part that does not come: %d %s", a.status, a.body)
	}
}

// What broke off must not look like a whole answer.
func TestABackupThatBreaksOffIsSeenToHaveBrokenOff(t *testing.T) {
	address := serve(t, Config{Security: &domain{}})
	req, err := http.NewRequest(http.MethodPost, "http://"+address+backupPath, strings.NewReader(`{"passphrase":"cut"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", asElastic)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("read to its end: %d %q", res.StatusCode, text)
	}
}
