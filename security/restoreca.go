package security

import (
	"context"

	"jeton/fsm"
	"jeton/security/backup"
	"jeton/security/token"
)

// What became of the cluster's CA at a restore.
const (
	CASame            = "same"             // the backup's is this cluster's
	CAKept            = "kept"             // the backup's is another, and was not asked for
	CAStaysReplaced   = "stays_replaced"   // the backup's was asked for, and stays away: see followCA
	CARotationStarted = "rotation_started" // the cluster is on its way to the backup's
	CARotationFailed  = "rotation_failed"  // it could not be started; the log tells why
	CAWouldRotate     = "would_rotate"     // a dry run
)

// openCA is the backup's CA with its key; nil where no passphrase was given.
func openCA(ca backup.CA, passphrase token.Secret) (*fsm.CA, error) {
	switch {
	case passphrase.Reveal() == "":
		return nil, nil
	case ca.Key == nil:
		return nil, &ArgumentError{"the backup does not hold the CA's key, so there is nothing for a passphrase to open: leave it out; nothing was changed"}
	}
	key, err := ca.Key.Open(passphrase.Reveal(), ca.Certificate)
	if err != nil {
		return nil, err
	}
	return &fsm.CA{Certificate: ca.Certificate, Key: fsm.Sensitive(key)}, nil
}

// followCA has the cluster go over to the backup's CA where its key was opened. In a
// cluster that shares a past with the backup that CA may have been withdrawn, and
// comes back as everything does that was taken away: only where that was asked for.
// The restore has taken effect by then: what fails here is told and can be done anew.
func (s *Service) followCA(ctx context.Context, of backup.CA, opened *fsm.CA, done RestoreReport) string {
	present := s.state.Current().CA()
	switch {
	case present != nil && present.Certificate == of.Certificate:
		return CASame
	case opened == nil:
		return CAKept
	case !done.Foreign && !done.BringBack:
		return CAStaysReplaced
	case done.DryRun:
		return CAWouldRotate
	}
	if err := s.BeginCARotation(ctx, *opened); err != nil {
		s.logger.Error("the rotation to the CA of a backup could not be started", "error", err)
		return CARotationFailed
	}
	return CARotationStarted
}
