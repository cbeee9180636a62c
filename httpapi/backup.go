package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"time"

	"jeton/security"
	"jeton/security/token"
)

// saveBackup streams a backup. An optional `passphrase` seals the CA's key into
// it: in the body, so that no log of a proxy has it.
func (s *server) saveBackup(ctx context.Context, r *request) (answer, error) {
	var passphrase string
	if err := r.decodeBody("backup_request", map[string]any{"passphrase": &passphrase}); err != nil {
		return answer{}, err
	}
	b, err := s.security.SaveBackup(ctx, r.who, token.SecretFrom(passphrase))
	return answer{status: http.StatusOK, stream: b}, err
}

// restoreBackup takes a backup as its body. A first line before it may be an
// object with the `passphrase`.
func (s *server) restoreBackup(ctx context.Context, r *request) (answer, error) {
	body := bufio.NewReaderSize(r.stream, 64<<10)
	passphrase, err := readPassphrase(body)
	if err != nil {
		return answer{}, err
	}
	report, err := s.security.RestoreBackup(ctx, r.who, security.RestoreRequest{
		ID:         r.params["id"],
		BringBack:  r.flag("bring_back"),
		DryRun:     r.flag("dry_run"),
		Passphrase: token.SecretFrom(passphrase),
		Body:       body,
	})
	return ok(restoreBodyOf(report)), err
}

// lastRestore tells what the restore of that id has done, or the last one.
func (s *server) lastRestore(ctx context.Context, r *request) (answer, error) {
	report, err := s.security.LastRestore(ctx, r.who, r.segment("id"))
	return ok(restoreBodyOf(report)), err
}

// readPassphrase reads the line before a backup, if there is one. Nothing of it
// may be told in an error.
func readPassphrase(body *bufio.Reader) (passphrase string, err error) {
	if first, err := body.Peek(1); err != nil || first[0] != '{' {
		return "", nil // what is wrong with it the reader of the backup will say
	}
	text, err := body.ReadSlice('\n')
	if err != nil {
		return "", unparsable("the line before the backup is longer than any passphrase, or the backup is missing")
	}
	err = decodeObject("restore_request", bytes.TrimSpace(text), map[string]any{"passphrase": &passphrase})
	return passphrase, err
}

type restoreBody struct {
	ID              string            `json:"id"`
	At              string            `json:"at"` // RFC 3339, UTC
	By              string            `json:"by"`
	DryRun          bool              `json:"dry_run"`
	BringBack       bool              `json:"bring_back"`
	Foreign         bool              `json:"foreign"`
	Backup          sourceBody        `json:"backup"`
	ElasticPassword string            `json:"elastic_password"` // kept or from_backup
	CA              string            `json:"ca,omitempty"`
	Counts          countsBody        `json:"counts"`
	Records         []restoredRecords `json:"records"`
}

type sourceBody struct {
	ClusterUUID string `json:"cluster_uuid"`
	ClusterName string `json:"cluster_name"`
	Index       uint64 `json:"index"`
	Made        string `json:"made"` // RFC 3339, UTC
	Version     string `json:"version"`
}

type countsBody struct {
	Users                 int `json:"users"`
	Roles                 int `json:"roles"`
	ApplicationPrivileges int `json:"application_privileges"`
	ServiceAccounts       int `json:"service_accounts"`
	ServiceTokens         int `json:"service_tokens"`
	OAuthTokens           int `json:"oauth_tokens"`
	Successions           int `json:"successions"`
}

// restoredRecords fared alike; names may be fewer than total.
type restoredRecords struct {
	Kind  string   `json:"kind"`
	What  string   `json:"what"`
	Total int      `json:"total"`
	Names []string `json:"names"`
}

func restoreBodyOf(r security.RestoreReport) restoreBody {
	body := restoreBody{
		ID: r.ID, At: r.At.Format(time.RFC3339), By: r.By, DryRun: r.DryRun, BringBack: r.BringBack, Foreign: r.Foreign,
		Backup: sourceBody{
			ClusterUUID: r.Backup.ClusterUUID, ClusterName: r.Backup.ClusterName, Index: r.Backup.Index,
			Made: r.Backup.Made.Format(time.RFC3339), Version: r.Backup.Version,
		},
		ElasticPassword: r.Elastic, CA: r.CA, Counts: countsBody(r.Counts), Records: []restoredRecords{},
	}
	for _, l := range r.Listings {
		body.Records = append(body.Records, restoredRecords{l.Kind, l.What, l.Total, append([]string{}, l.Names...)})
	}
	return body
}

func restoreUnknown(_ *request, e *security.RestoreError) *fault {
	return &fault{
		status: http.StatusInternalServerError,
		kind:   "outcome_unknown_exception",
		reason: security.ErrOutcomeUnknown.Error() + ": the restore may have happened or not. To find out, look at GET " + restorePath + "/" + e.ID +
			". Whatever that shows, a node may still act by what was before until this request is answered with a success: send it again with [?id=" + e.ID + "], which is safe",
		extra: object{{"restore_id", e.ID}},
	}
}
