package security

import (
	"context"
	"time"

	"jeton/fsm"
	"jeton/security/account"
)

// RestoreReport tells what a restore has done.
type RestoreReport struct {
	ID        string
	At        time.Time
	By        string // who asked for it
	DryRun    bool   // it was not done: it would
	BringBack bool   // as it was asked for
	// Foreign: the backup is of a cluster that this one has not come from, so it
	// cannot be known here what was revoked there after the backup was made.
	Foreign  bool
	Backup   BackupSource
	Elastic  string // the password of the reserved user: "kept" or "from_backup"
	CA       string // see CASame; "" where it is not known any more
	Counts   BackupCounts
	Listings []RestoreListing
}

// BackupSource is what a backup says of itself.
type BackupSource struct {
	ClusterUUID string
	ClusterName string
	Index       uint64
	Made        time.Time
	Version     string
}

// BackupCounts are numbers of records.
type BackupCounts fsm.Counts

// RestoreListing names records that fared alike; Total counts those that are not
// named, too. Kind and What are texts that do not change.
type RestoreListing struct {
	Kind, What string
	Total      int
	Names      []string
}

func reportOfRestore(r *fsm.Restored) RestoreReport {
	report := RestoreReport{
		ID: r.ID, At: time.UnixMilli(r.At).UTC(), By: r.By.Principal, BringBack: r.BringBack, Foreign: r.Foreign,
		Backup: BackupSource{
			ClusterUUID: r.Source.ClusterUUID, ClusterName: r.Source.ClusterName, Index: r.Source.Index,
			Made: time.UnixMilli(r.Source.Made).UTC(), Version: r.Source.Version,
		},
		Elastic: r.ReservedPassword, Counts: BackupCounts(r.Counts),
	}
	for _, l := range r.Listings {
		report.Listings = append(report.Listings, RestoreListing(l))
	}
	return report
}

// LastRestore tells what the restore of that id has done, or the last one if id is
// "". Only the last one is remembered. Errors: *PermissionError, *NodeError,
// ErrNoLeader, ErrOverloaded.
func (s *Service) LastRestore(ctx context.Context, who Identity, id string) (RestoreReport, error) {
	if err := s.authorize(ctx, who, account.ActionRestoreBackup); err != nil {
		return RestoreReport{}, err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return RestoreReport{}, err
	}
	last := state.Restored()
	switch {
	case last == nil:
		return RestoreReport{}, &NodeError{NodeUnknown, "no backup was ever restored into this cluster"}
	case id != "" && last.ID != id:
		return RestoreReport{}, &NodeError{NodeUnknown, "the last restore was not [" + id + "] but [" + last.ID + "]: it has not happened, or another one has followed it"}
	}
	return reportOfRestore(last), nil
}
