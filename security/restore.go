package security

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/backup"
	"jeton/security/token"
)

// RestoreRequest is a backup that is to be brought in.
type RestoreRequest struct {
	// ID names the restore in every attempt; "" makes one.
	ID        string
	BringBack bool // also what was taken away after the backup was made
	DryRun    bool // tell only
	// Passphrase opens the key of the backup's CA; "" leaves the CA as it is. Of a
	// cluster with the same past, the CA is followed with BringBack only.
	Passphrase token.Secret
	Body       io.Reader
}

// RestoreError is a restore that was not carried out, or whose outcome is unknown;
// ID finds it again.
type RestoreError struct {
	ID  string
	Err error
}

func (e *RestoreError) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *RestoreError) Unwrap() error { return e.Err }

// RestoreBackup brings a backup in: it is staged in the log, checked, and takes
// effect with one entry, behind the barrier. Nothing is changed before that, and
// until it is known to be whole. A restore of an id that has taken effect is not
// carried out again.
// Errors: *PermissionError, *TLSRequiredError, *ArgumentError, *NodeError, ErrNoLeader,
// ErrOverloaded, those of reading the body, and *RestoreError around
// ErrOutcomeUnknown.
func (s *Service) RestoreBackup(ctx context.Context, who Identity, r RestoreRequest) (RestoreReport, error) {
	if err := s.authorize(ctx, who, account.ActionRestoreBackup); err != nil {
		return RestoreReport{}, err
	}
	if err := s.checkTLS(featureRestoreBackup); err != nil {
		return RestoreReport{}, err
	}
	if r.ID == "" {
		r.ID = rand.Text()
	}
	if len(r.ID) > maxRestoreID || !token.ValidName(r.ID) {
		return RestoreReport{}, &ArgumentError{"the restore's [id] must be a name of at most 64 letters, digits, dashes and underscores"}
	}
	if !s.restoring.TryLock() {
		return RestoreReport{}, &NodeError{NodeConflict, "a restore is under way at this node: wait until it is over, and look at its outcome"}
	}
	defer s.restoring.Unlock()
	state, err := s.fresh(ctx)
	if err != nil {
		return RestoreReport{}, err
	}
	if done := state.Restored(); done != nil && done.ID == r.ID {
		return s.restoredBefore(ctx, r, done)
	}
	s.logger.Info("a restore begins", "id", r.ID, "by", who.Username, "bring_back", r.BringBack, "dry_run", r.DryRun)
	return s.restore(ctx, who, r)
}

const maxRestoreID = 64

// restoredBefore tells what the restore has done. Its CA may not have been followed:
// that is begun again, if the passphrase is there again.
func (s *Service) restoredBefore(ctx context.Context, r RestoreRequest, done *fsm.Restored) (RestoreReport, error) {
	report := reportOfRestore(done)
	if r.Passphrase.Reveal() == "" {
		return report, nil
	}
	in, err := backup.NewReader(r.Body)
	if err != nil {
		return RestoreReport{}, backupError(err)
	}
	ca, err := openCA(in.CA(), r.Passphrase)
	if err != nil {
		return RestoreReport{}, backupError(err)
	}
	report.CA = s.followCA(ctx, in.CA(), ca, report)
	return report, nil
}

func (s *Service) restore(ctx context.Context, who Identity, r RestoreRequest) (report RestoreReport, err error) {
	in, err := backup.NewReader(r.Body)
	if err != nil {
		return report, backupError(err)
	}
	ca, err := openCA(in.CA(), r.Passphrase)
	if err != nil {
		return report, backupError(err)
	}
	st := staging{service: s, commit: &fsm.CommitRestore{
		ID: r.ID, Stage: rand.Text(), By: s.creator(who), Source: in.Meta().BackupSource, Records: in.Meta().Counts,
		BringBack: r.BringBack, Reserved: ReservedUser,
	}}
	if err := st.carry(ctx, in); err != nil {
		st.drop(ctx)
		return report, backupError(err)
	}
	st.commit.Now = s.now().UnixMilli()
	if r.DryRun {
		defer st.drop(ctx)
		report, err = st.preview()
	} else {
		report, err = st.switchOver(ctx)
	}
	if err == nil {
		report.CA = s.followCA(ctx, in.CA(), ca, report)
	}
	return report, err
}

// staging is one attempt at a restore.
type staging struct {
	service *Service
	commit  *fsm.CommitRestore
}

// carry stages the whole backup. The records of one entry are few enough that it
// neither fills the log's limit nor holds others up.
func (st *staging) carry(ctx context.Context, in *backup.Reader) error {
	var c chunk
	for {
		record, err := in.Next()
		if errors.Is(err, io.EOF) {
			return st.stage(ctx, c)
		}
		if err != nil {
			return err
		}
		size, err := sizeOf(record)
		if err != nil {
			return err
		}
		if len(c.records) > 0 && c.size+size > chunkSize {
			if err := st.stage(ctx, c); err != nil {
				return err
			}
			c = chunk{}
		}
		c.records, c.size = append(c.records, record), c.size+size
	}
}

// stage proposes one chunk. Nobody acts by what is staged, so an outcome that is
// unknown is none: nothing was changed.
func (st *staging) stage(ctx context.Context, c chunk) error {
	digest, err := c.digest()
	if err != nil {
		return err
	}
	code, _, err := st.service.propose(ctx, &fsm.StageRestore{
		Stage: st.commit.Stage, Seq: st.commit.Chunks, Now: st.service.now().UnixMilli(), Digest: digest, Records: c.records,
	})
	switch {
	case errors.Is(err, ErrOutcomeUnknown):
		return ErrNoLeader
	case err != nil:
		return err
	case code == fsm.NotFound:
		return errOtherRestore
	case code == fsm.Full:
		return &ArgumentError{"the backup is larger than a restore may stage; nothing was changed"}
	case code != fsm.OK && code != fsm.Unchanged:
		return &ArgumentError{"the backup holds a record that this release cannot restore; nothing was changed"}
	}
	st.commit.Chunks++
	st.commit.Digest = fsm.ChainDigest(st.commit.Digest, digest)
	return nil
}

var errOtherRestore = &NodeError{NodeConflict, "another restore has taken the place of this one, which has changed nothing; look at GET /_jeton/backup/_restore, and send it again if need be"}

// drop forgets the stage, if it can: one that is left is dropped after a while, or
// by the next restore.
func (st *staging) drop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, _, err := st.service.propose(ctx, &fsm.DropRestore{Stage: st.commit.Stage}); err != nil {
		st.service.logger.Debug("what a restore has staged could not be dropped; it is dropped later", "error", err)
	}
}

// preview tells what the switch would do. The state holds the whole stage, because
// the last entry of it was waited for.
func (st *staging) preview() (RestoreReport, error) {
	restored, code := st.commit.Preview(st.service.state.Current())
	if err := st.refused(code, false); err != nil {
		return RestoreReport{}, err
	}
	report := reportOfRestore(restored)
	report.DryRun = true
	return report, nil
}

func (st *staging) switchOver(ctx context.Context) (RestoreReport, error) {
	code, again, err := st.service.propose(ctx, st.commit)
	if err == nil && code != fsm.Exists {
		err = st.refused(code, again)
	}
	if errors.Is(err, ErrOutcomeUnknown) {
		return RestoreReport{}, &RestoreError{ID: st.commit.ID, Err: err}
	}
	if err != nil {
		return RestoreReport{}, err
	}
	restored := st.service.state.Current().Restored()
	if restored == nil || restored.ID != st.commit.ID {
		return RestoreReport{}, &RestoreError{ID: st.commit.ID, Err: ErrOutcomeUnknown} // another one has followed at once
	}
	st.service.logger.Info("a backup was restored", "id", restored.ID, "index", restored.Source.Index, "foreign", restored.Foreign)
	return reportOfRestore(restored), nil
}

// refused tells why the switch did not happen; nil if it did.
func (st *staging) refused(code fsm.Code, again bool) error {
	switch {
	case code == fsm.OK:
		return nil
	case again:
		return ErrOutcomeUnknown // an earlier attempt may have been the one
	case code == fsm.NotFound:
		return errOtherRestore
	case code == fsm.Full:
		return &ArgumentError{"the state has come from too many clusters to remember one more; nothing was changed"}
	default:
		return &ArgumentError{"the backup does not hold the records that it says, or one of them twice; nothing was changed"}
	}
}
