package security

import (
	"context"
	"errors"
	"io"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/audit"
	"jeton/security/backup"
	"jeton/security/token"
)

// SaveBackup returns a backup of one state that holds everything that any node had
// acknowledged before the call; writing it holds up nobody. With a passphrase the
// key of the cluster's CA is in it, sealed; without one it is not.
// Errors: *PermissionError, *TLSRequiredError, *ArgumentError, ErrNoLeader,
// ErrOverloaded.
func (s *Service) SaveBackup(ctx context.Context, who Identity, passphrase token.Secret) (io.WriterTo, error) {
	if err := s.authorize(ctx, who, account.ActionSaveBackup); err != nil {
		return nil, err
	}
	if err := s.checkTLS(featureSaveBackup); err != nil {
		return nil, err
	}
	s.logger.Info("a backup is being made", "by", who.Username)
	b, err := s.SaveLocalBackup(ctx, passphrase)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// SaveLocalBackup is SaveBackup for the program that runs this node.
func (s *Service) SaveLocalBackup(ctx context.Context, passphrase token.Secret) (backup.Backup, error) {
	state, err := s.fresh(ctx)
	if err != nil {
		return backup.Backup{}, err
	}
	if state.Cluster() == nil {
		return backup.Backup{}, ErrNoLeader
	}
	b := backup.Backup{State: state, Made: s.now().UnixMilli(), Version: s.stats().Version}
	if passphrase.Reveal() != "" {
		ca := state.CA()
		b.Key, err = backup.Seal(passphrase.Reveal(), ca.Certificate, ca.Key.Reveal())
		if err != nil {
			return backup.Backup{}, backupError(err)
		}
	}
	s.auditChange(ctx, savedBackup(b))
	return b, nil
}

// savedBackup tells of a copy that leaves the cluster, and whether it can make
// nodes of it: whoever opens the CA's key can.
func savedBackup(b backup.Backup) audit.Change {
	c := changed("save_backup", "create.backup", is("index", b.State.Index()), is("ca_key", b.Key != nil))
	c.Outcome = audit.Success
	return c
}

// backupError is a fault of a backup, or of a passphrase, as one of the request.
func backupError(err error) error {
	for _, fault := range []error{
		backup.ErrDamaged, backup.ErrNoBackup, backup.ErrVersion, backup.ErrPassphrase, backup.ErrShortPassphrase,
	} {
		if errors.Is(err, fault) {
			return &ArgumentError{err.Error()}
		}
	}
	return err
}

// leftRestore is how long a restore may go without a word before what it has
// staged is dropped.
const leftRestore = 15 * time.Minute

// DropLeftRestore drops what a restore has staged that nobody goes on with. The
// leader calls it. Errors: ErrNoLeader, ErrOutcomeUnknown, ErrNotMember.
func (s *Service) DropLeftRestore(ctx context.Context) error {
	staging, there := s.state.Current().Staging()
	if !there || s.now().Sub(time.UnixMilli(staging.Now)) < leftRestore {
		return nil
	}
	_, _, err := s.propose(ctx, &fsm.DropRestore{Stage: staging.ID, Chunks: staging.Chunks})
	return err
}
