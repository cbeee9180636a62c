package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jeton/fsm"
	"jeton/security/backup"
)

// backupText is a backup of a cluster with one user.
func backupText(t *testing.T) string {
	t.Helper()
	m := fsm.New()
	entry, err := fsm.Encode(fsm.Proposal{ID: "p", Command: &fsm.FoundCluster{
		Cluster: fsm.Cluster{UUID: "the-uuid", Name: "jeton"}, CA: fsm.CA{Certificate: "c"}, User: fsm.User{Name: "elastic"}, Member: fsm.Member{ID: "id0", Name: "node0"},
	}})
	if err == nil {
		err = m.Apply(1, entry)
	}
	var out bytes.Buffer
	if err == nil {
		_, err = backup.Backup{State: m.Current(), Made: 1767225600000, Version: "1.0.0"}.WriteTo(&out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const restoredAnswer = `{"id":"r1","at":"2026-01-01T00:00:05Z","by":"u","dry_run":false,"bring_back":false,"foreign":true,
 "backup":{"cluster_uuid":"the-uuid","cluster_name":"jeton","index":1,"made":"2026-01-01T00:00:00Z","version":"1.0.0"},
 "elastic_password":"from_backup","ca":"kept","counts":{"users":1},
 "records":[{"kind":"service_token","what":"dropped","total":3,"names":["a/b/c","a/b/d"]},{"kind":"user","what":"new fate","total":1,"names":["x"]}]}`

func TestABackupIsSavedOnlyWholeAndNeverOverAnother(t *testing.T) {
	text := backupText(t)
	a := newAPI(t, map[string]string{"GET /_jeton/backup": text, "POST /_jeton/backup": text})
	cut := newAPI(t, map[string]string{"GET /_jeton/backup": text[:len(text)-10]})
	path := filepath.Join(t.TempDir(), "b")
	cut.run(t, "backup", "save", path).expect(t, exitFailed, "", "no backup was saved: the backup is damaged: it was cut short")
	a.run(t, "backup", "save", path).expect(t, exitOK, "", "1 records, log index 1 of cluster jeton")
	a.run(t, "backup", "save", path).expect(t, exitFailed, "", "the file exists already; nothing was written: give another name, or --force")
	a.run(t, "backup", "save", path, "--force").expect(t, exitOK, "", "saved ")
	a.run(t, "backup", "save", "-").expect(t, exitOK, text, "")
	cut.run(t, "backup", "save", "-").expect(t, exitFailed, text[:len(text)-10], "it was cut short")
	if saved, err := os.ReadFile(path); err != nil || string(saved) != text {
		t.Errorf("%d bytes of %d, %v", len(saved), len(text), err)
	}
}

func TestThePassphraseTravelsInTheBody(t *testing.T) {
	dir := t.TempDir()
	file, pass := filepath.Join(dir, "b"), filepath.Join(dir, "pass")
	for path, text := range map[string]string{file: backupText(t), pass: "correct horse\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := newAPI(t, map[string]string{"POST /_jeton/backup": backupText(t), "POST /_jeton/backup/_restore": restoredAnswer})
	a.run(t, "backup", "save", filepath.Join(dir, "c"), "--passphrase-file", pass).expect(t, exitOK, "", "saved ")
	if got := a.lastRequest(); got != `POST /_jeton/backup {"passphrase":"correct horse"}` {
		t.Errorf("asked %s", got)
	}
	a.run(t, "backup", "restore", file, "--passphrase-file", pass, "--id", "r1", "--bring-back").expect(t, exitOK, ""+
		"KIND           WHAT                    TOTAL  NAMES\n"+
		"service token  is dropped: made later  3      a/b/c a/b/d …\n"+
		"user           new fate                1      x\n", "it cannot be known here what was revoked there after 2026-01-01T00:00:00Z")
	if got := a.lastRequest(); !strings.HasPrefix(got, "POST /_jeton/backup/_restore?bring_back=true&id=r1 {\"passphrase\":\"correct horse\"}\n") {
		t.Errorf("asked %s", got)
	}
}

func TestADamagedFileIsNotEvenSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b")
	if err := os.WriteFile(path, []byte(strings.Replace(backupText(t), "elastic", "elastik", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newAPI(t, nil)
	a.run(t, "backup", "restore", path).expect(t, exitFailed, "", "its checksum is wrong; nothing was changed")
	a.run(t, "backup", "inspect", path).expect(t, exitFailed, "", "its checksum is wrong")
	if len(a.requests) != 0 {
		t.Errorf("asked %q", a.requests)
	}
}

func TestInspectTellsWhatABackupHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b")
	if err := os.WriteFile(path, []byte(backupText(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	jeton(t, nil, "", "backup", "inspect", path, "-o", "json").expect(t, exitOK, fmt.Sprintf(`{
  "file": %q,
  "cluster_name": "jeton",
  "cluster_uuid": "the-uuid",
  "former_cluster_uuids": [],
  "index": 1,
  "made": "2026-01-01T00:00:00Z",
  "version": "1.0.0",
  "ca_key": false,
  "settings": {
    "auth.consistency": "",
    "auth.lease_in_millis": 0,
    "auth.available.max_age_in_millis": 0
  },
  "counts": {
    "users": 1,
    "roles": 0,
    "application_privileges": 0,
    "service_accounts": 0,
    "service_tokens": 0,
    "oauth_tokens": 0,
    "successions": 0
  }
}
`, path), "")
}

// As `backup save - | ssh … backup restore -` needs it.
func TestABackupComesFromStdin(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	text := backupText(t)
	a := newAPI(t, map[string]string{"POST /_jeton/backup/_restore": `{"backup":{}}`})
	env := []string{"JETON_URL=" + a.URL}
	jeton(t, env, text, "backup", "restore", "-").expect(t, exitOK, "nothing differs\n", "restored")
	if got := a.lastRequest(); !strings.HasPrefix(got, "POST /_jeton/backup/_restore "+text[:40]) {
		t.Errorf("asked %s", got)
	}
	if o := jeton(t, nil, text, "backup", "inspect", "-"); o.code != exitOK || !strings.Contains(o.stdout, "the-uuid") {
		t.Errorf("%+v", o)
	}
	jeton(t, env, text[:len(text)-10], "backup", "restore", "-").expect(t, exitFailed, "", "it was cut short; nothing was changed")
	jeton(t, env, text, "backup", "restore", "-", "--passphrase-file", "-").expect(t, exitUsage, "", "cannot both come from stdin")
	if _, err := spool(strings.NewReader("123456"), 5); err == nil || !strings.Contains(err.Error(), "larger than the 5 bytes") {
		t.Errorf("too much: %v", err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("%v was left behind, %v", left, err)
	}
}

func TestAMissingFileIsNamedWithWhatToDo(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	a := newAPI(t, map[string]string{"GET /_jeton/backup": backupText(t)})
	for args, want := range map[string]string{
		"backup inspect " + absent:                             "the backup " + absent + " is not there: 'jeton backup save FILE' makes one",
		"backup restore " + absent:                             "the backup " + absent + " is not there",
		"backup save " + absent + "/b":                         "cannot be made: the directory " + absent + " is not there, make it first",
		"backup save " + absent + " --passphrase-file /absent": "--passphrase-file: open /absent",
		"node list --cacert " + absent:                         "the CA " + absent + " is not there: give the cluster's CA",
	} {
		o := a.run(t, strings.Fields(args)...)
		o.expect(t, exitFailed, "", want)
		if strings.Contains(o.stderr, ".tmp") {
			t.Errorf("%s shows a temporary name: %s", args, o.stderr)
		}
	}
	if len(a.requests) != 0 {
		t.Errorf("asked %q", a.requests)
	}
}
