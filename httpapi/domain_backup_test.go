package httpapi

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"jeton/security"
	"jeton/security/token"
)

func (d *domain) SaveBackup(_ context.Context, who security.Identity, passphrase token.Secret) (io.WriterTo, error) {
	if err := may(who, "cluster:admin/jeton/backup/save", "manage", "all"); err != nil {
		return nil, err
	}
	if passphrase.Reveal() == "cut" {
		return torn{}, nil
	}
	return strings.NewReader("backup sealed by [" + passphrase.Reveal() + "]\n"), nil
}

// torn breaks off.
type torn struct{}

func (torn) WriteTo(w io.Writer) (int64, error) {
	_, _ = io.WriteString(w, "half")
	return 0, errors.New("disk is gone")
}

func (d *domain) RestoreBackup(_ context.Context, who security.Identity, r security.RestoreRequest) (security.RestoreReport, error) {
	if err := may(who, "cluster:admin/jeton/backup/restore", "manage", "all"); err != nil {
		return security.RestoreReport{}, err
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return security.RestoreReport{}, err
	}
	if err, ok := failingNames[r.ID]; ok {
		return security.RestoreReport{}, &security.RestoreError{ID: r.ID, Err: err}
	}
	return restored(r.ID, string(text), r), nil
}

func (d *domain) LastRestore(_ context.Context, who security.Identity, id string) (security.RestoreReport, error) {
	if id == "absent" {
		return security.RestoreReport{}, &security.NodeError{Kind: security.NodeUnknown, Reason: "the last restore was not [absent]"}
	}
	return restored(id, "", security.RestoreRequest{}), may(who, "cluster:admin/jeton/backup/restore", "manage", "all")
}

func restored(id, text string, r security.RestoreRequest) security.RestoreReport {
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	return security.RestoreReport{
		ID: id, At: at, By: "elastic", BringBack: r.BringBack, DryRun: r.DryRun,
		Backup:  security.BackupSource{ClusterUUID: "Xk2", ClusterName: text, Index: 7, Made: at.Add(-time.Hour), Version: r.Passphrase.Reveal()},
		Elastic: "kept", CA: security.CASame, Counts: security.BackupCounts{Users: 1},
		Listings: []security.RestoreListing{{Kind: "user", What: "dropped", Total: 2, Names: []string{"zoë"}}},
	}
}
