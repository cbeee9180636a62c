package security

import (
	"context"
	"fmt"
	"slices"

	"jeton/fsm"
	"jeton/security/account"
)

// The cluster's CA is replaced without a gap: first every node trusts the next CA
// beside the present one, then the next one signs and every node gets a certificate
// of it, and then the former one is trusted no more. The leader takes each step when
// every server of the configuration has said that it is ready for it. One that does
// not answer holds the rotation up: to go on without it would be to lock it out.

// RotateCA begins to replace the cluster's CA by a new one, or lets a rotation that
// is held go on; one that goes on anyway it leaves alone. With hold, every node
// learns to trust the next CA, and nothing more happens until RotateCA is called
// without. It returns before the rotation has ended; see CAStatus.
// Errors: *PermissionError, *NodeError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) RotateCA(ctx context.Context, who Identity, hold bool) error {
	if err := s.authorize(ctx, who, account.ActionRotateCA); err != nil {
		return err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	switch r := state.CARotation(); {
	case !r.UnderWay():
		ca, err := s.newCA(s.clusterName())
		if err != nil {
			return err
		}
		s.logger.Info("the cluster's CA is to be replaced", "by", who.Username)
		return s.beginCARotation(ctx, ca, hold)
	case r.Held && !hold:
		return s.releaseCARotation(ctx, r.Fingerprint)
	}
	return nil
}

// BeginCARotation begins to replace the cluster's CA by the given one. It returns
// before the rotation has ended. To begin it again, or with the CA that signs
// already, changes nothing. Errors: *NodeError when the CA cannot be used or another
// rotation is under way; ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) BeginCARotation(ctx context.Context, ca fsm.CA) error {
	return s.beginCARotation(ctx, ca, false)
}

func (s *Service) beginCARotation(ctx context.Context, ca fsm.CA, held bool) error {
	fingerprint, err := checkCA(ca, s.now())
	if err != nil {
		return &NodeError{NodeInvalid, "the CA cannot take over: " + err.Error()}
	}
	code, _, err := s.propose(ctx, &fsm.BeginCARotation{CA: ca, Fingerprint: fingerprint, Held: held})
	switch {
	case err != nil:
		return err
	case code == fsm.OK:
		s.logger.Info("every node learns to trust the next CA of the cluster", "fingerprint", fingerprint, "held", held)
		return nil
	case code == fsm.Unchanged:
		return nil
	case code == fsm.Exists:
		return &NodeError{NodeConflict, "another rotation of the cluster's CA is under way: let it end first; `jeton ca status` shows what it waits for, `jeton ca rotate` goes on with it"}
	case code == fsm.NotFound:
		return ErrNoLeader
	}
	return fmt.Errorf("unexpected outcome %q", code)
}

func (s *Service) releaseCARotation(ctx context.Context, fingerprint string) error {
	code, _, err := s.propose(ctx, &fsm.ReleaseCARotation{Fingerprint: fingerprint})
	if err == nil && code == fsm.OK {
		s.logger.Info("the rotation of the cluster's CA goes on", "fingerprint", fingerprint)
	}
	return err
}

// AdvanceCARotation takes the next step of a rotation that is under way, once every
// server is ready for it. The leader calls it again and again.
// Errors: ErrNoLeader, ErrOutcomeUnknown, ErrNotMember.
func (s *Service) AdvanceCARotation(ctx context.Context) error {
	state := s.state.Current()
	r := state.CARotation()
	if !r.UnderWay() || r.Held {
		return nil
	}
	step := NextCAStep(r, s.nodesForCA(ctx, r))
	if step == nil {
		return nil
	}
	done := "the next CA of the cluster signs from now on; every node gets a certificate of it"
	if r.Next == nil {
		done = "the cluster's CA was replaced; the former one is not trusted any more"
	}
	code, _, err := s.propose(ctx, step)
	if err == nil && code == fsm.OK {
		s.logger.Info(done, "fingerprint", r.Fingerprint)
	}
	return err
}

// NextCAStep is what may be proposed when the servers of the configuration have said
// this of themselves, after it was known how far the rotation is; nil: nothing yet.
func NextCAStep(r fsm.CARotation, nodes []NodeCA) fsm.Command {
	waits := slices.ContainsFunc(nodes, func(n NodeCA) bool { return n.waits(r) != "" })
	switch {
	case !r.UnderWay() || r.Held || len(nodes) == 0 || waits:
		return nil
	case r.Next != nil:
		return &fsm.SwitchCA{Fingerprint: r.Fingerprint, Version: r.Version}
	}
	return &fsm.FinishCARotation{Fingerprint: r.Fingerprint, Version: r.Version}
}
