package security

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/tokenfile"
)

// Config is what a Service needs; all fields are required.
type Config struct {
	Log   Log
	Peers Peers
	State *fsm.Machine
	Files *tokenfile.Store
	// AuthTimeout bounds how long an authentication waits for a round with the
	// leader.
	AuthTimeout time.Duration
	// Stats tells how this node's machine is doing.
	Stats  func() NodeStats
	Now    func() time.Time
	Logger *slog.Logger
}

// Service is the domain of Jeton; see the package comment.
type Service struct {
	log         Log
	peers       Peers
	state       *fsm.Machine
	files       *tokenfile.Store
	authTimeout time.Duration
	stats       func() NodeStats
	now         func() time.Time
	logger      *slog.Logger
	verifier    *verifier
}

// New returns the domain over a log and a state.
func New(c Config) *Service {
	return &Service{
		log:         c.Log,
		peers:       c.Peers,
		state:       c.State,
		files:       c.Files,
		authTimeout: c.AuthTimeout,
		stats:       c.Stats,
		now:         c.Now,
		logger:      c.Logger,
		verifier:    newVerifier(),
	}
}

// authorize is the first step of every use case.
func (s *Service) authorize(who Identity, action string) error {
	if who.may(action) {
		return nil
	}
	return &PermissionError{
		Action:         action,
		Principal:      who.Username,
		ServiceAccount: who.ServiceAccount,
		Roles:          who.Roles,
		GrantedBy:      account.GrantedBy(action),
	}
}

// propose commits a command and returns what became of it. again tells that an
// earlier proposal of the same command may have been applied before and its
// outcome forgotten.
func (s *Service) propose(ctx context.Context, c fsm.Command) (code fsm.Code, again bool, err error) {
	for {
		p := fsm.Proposal{ID: rand.Text(), Seen: s.state.Index(), Command: c}
		entry, err := fsm.Encode(p)
		if err != nil {
			return "", again, err
		}
		if err := s.log.Commit(ctx, entry); err != nil {
			if again {
				err = ErrOutcomeUnknown
			}
			return "", again, err
		}
		outcome, known := s.state.Outcome(p.ID)
		switch {
		case !known:
			return "", again, ErrOutcomeUnknown
		case outcome.Code != fsm.Forgotten:
			return outcome.Code, again, nil
		}
		// This node was so far behind that its proposal looked like an old one.
		// It has caught up by now, because Commit waited for its state.
		again = true
	}
}

func (s *Service) creator(who Identity) fsm.Creator {
	return fsm.Creator{Principal: who.Username, Realm: who.Realm.Name}
}
