package security

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/rolefile"
	"jeton/security/token"
	"jeton/security/tokenfile"
	"jeton/security/userfile"
)

// Config is what a Service needs; all fields are required.
type Config struct {
	Log   Log
	Peers Peers
	State *fsm.Machine
	Files *tokenfile.Store
	// FileUsers and FileRoles are the node's own users and roles.
	FileUsers *userfile.Store
	FileRoles *rolefile.Store
	// PasswordHashing makes the hashes of new passwords.
	PasswordHashing token.Algorithm
	// Tokens is the OAuth 2.0 token service.
	Tokens TokenService
	// RequireTLS: service accounts are refused, because this node serves clients
	// without TLS and is not on loopback only.
	RequireTLS bool
	// AuthTimeout bounds how long an authentication waits for a round with the
	// leader.
	AuthTimeout time.Duration
	// Stats tells how this node's machine is doing.
	Stats func() NodeStats
	// Certificates tells which certificates this node works with.
	Certificates func() NodeCertificates
	// NewCA makes a certificate authority for a cluster of that name.
	NewCA func(cluster string) (fsm.CA, error)
	// Auditor keeps what was decided; nil: nobody does.
	Auditor Auditor
	Now     func() time.Time
	Logger  *slog.Logger
}

// TokenService are the settings of the OAuth 2.0 token service.
type TokenService struct {
	Enabled bool
	Timeout time.Duration // the life of an access token
}

// Service is the domain of Jeton; see the package comment.
type Service struct {
	log         Log
	peers       Peers
	state       *fsm.Machine
	files       *tokenfile.Store
	fileUsers   *userfile.Store
	fileRoles   *rolefile.Store
	hashing     token.Algorithm
	tokens      TokenService
	tokenLimit  int // OAuth tokens that are kept for one owner
	requireTLS  bool
	authTimeout time.Duration
	stats       func() NodeStats
	ownCerts    func() NodeCertificates
	newCA       func(cluster string) (fsm.CA, error)
	auditor     Auditor // nil: nothing is kept
	now         func() time.Time
	logger      *slog.Logger
	verifier    *verifier
	roles       roleCache
	uses        uses
	misses      queues     // who waits for a round
	restoring   sync.Mutex // held by the restore under way at this node
	rollCall    rollCall
	// unknownUser is a hash of the configured kind whose password nobody knows,
	// to spend on a user that does not exist the time that one who does would
	// take.
	unknownUser token.Hash
}

// New returns the domain over a log and a state. It fails where
// PasswordHashing does.
func New(c Config) (*Service, error) {
	unknown, err := c.PasswordHashing.Hash(token.NewSecret())
	if err != nil {
		return nil, err
	}
	s := &Service{
		log:         c.Log,
		state:       c.State,
		files:       c.Files,
		fileUsers:   c.FileUsers,
		fileRoles:   c.FileRoles,
		hashing:     c.PasswordHashing,
		tokens:      c.Tokens,
		tokenLimit:  maxTokensOfOwner,
		requireTLS:  c.RequireTLS,
		authTimeout: c.AuthTimeout,
		stats:       c.Stats,
		ownCerts:    c.Certificates,
		newCA:       c.NewCA,
		auditor:     c.Auditor,
		now:         c.Now,
		logger:      c.Logger,
		verifier:    newVerifier(),
		misses:      queues{each: maxMisses, by: map[string]int{}},
		unknownUser: unknown,
	}
	s.peers = auditedPeers{c.Peers, s}
	return s, nil
}

// authorize is the first step of every use case. A refusal that rests on the
// replicated state is looked at again in a state that is up to date: a role that
// was granted anywhere must not be missing here. Errors: *PermissionError,
// ErrNoLeader and ErrOverloaded when only a leader could tell.
func (s *Service) authorize(ctx context.Context, who Identity, action string) error {
	err := s.mayOrNot(ctx, who, action)
	s.auditAccess(ctx, who, action, err)
	return err
}

func (s *Service) mayOrNot(ctx context.Context, who Identity, action string) error {
	if who.may(action) {
		return nil
	}
	if who.anew == nil || who.deniedRunAs != "" {
		return s.denied(who, action)
	}
	var now Identity
	err := s.decide(ctx, func(state *fsm.State) (bool, error) {
		now = who.in(state)
		return now.may(action), nil
	})
	if errors.Is(err, errMiss) {
		return s.denied(now, action)
	}
	return err
}

func (s *Service) denied(who Identity, action string) error {
	return &PermissionError{Action: action, Caller: who, MissingRoles: who.missing, RunAs: who.deniedRunAs, GrantedBy: account.GrantedBy(action)}
}

// checkTLS refuses a feature that would send secrets over a network in clear.
func (s *Service) checkTLS(feature string) error {
	if s.requireTLS {
		return &TLSRequiredError{feature}
	}
	return nil
}

// The features that need TLS in production mode, by Elasticsearch's names.
const (
	featureAuthentication  = "service account authentication"
	featureCreateToken     = "create service account token"
	featureDeleteToken     = "delete service account token"
	featureRotateToken     = "rotate service account token"
	featureCredentials     = "get service account credentials"
	featureServiceAccounts = "get service accounts"
	featurePutAccount      = "put service account"
	featureDeleteAccount   = "delete service account"
	featureSaveBackup      = "save backup"
	featureRestoreBackup   = "restore backup"
)

// propose commits a command and returns what became of it. again tells that an
// earlier proposal of the same command may have been applied before and its
// outcome forgotten.
func (s *Service) propose(ctx context.Context, c fsm.Command) (code fsm.Code, again bool, err error) {
	code, again, err = s.carryOut(ctx, c)
	s.auditCommand(ctx, c, code, again, err)
	return code, again, err
}

func (s *Service) carryOut(ctx context.Context, c fsm.Command) (code fsm.Code, again bool, err error) {
	if err := s.knownToAll(ctx, c); err != nil {
		return "", false, err
	}
	for {
		p := fsm.Proposal{ID: rand.Text(), Seen: s.state.Index(), Command: c}
		entry, err := fsm.Encode(p)
		if errors.Is(err, fsm.ErrTooLarge) {
			return "", again, ErrTooLarge
		}
		if err != nil {
			return "", again, err
		}
		if err := s.commit(ctx, c, entry); err != nil {
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

// commit carries the entry; one that takes something away from somebody waits
// until nobody has it any more.
func (s *Service) commit(ctx context.Context, c fsm.Command, entry []byte) error {
	if !takesAway(c) {
		return s.log.Commit(ctx, entry)
	}
	confirmation, err := s.log.Revoke(ctx, entry)
	if err == nil {
		reportOf(ctx).confirmed(confirmation)
	}
	return err
}

// takesAway reports whether somebody may be able to do less after the command than
// before. Those that only add, or that nobody's authority rests on, are listed; one
// that is forgotten here is merely slower.
func takesAway(c fsm.Command) bool {
	switch c := c.(type) {
	case *fsm.PutAutopilotSettings:
		return c.Settings != nil
	case *fsm.FoundCluster, *fsm.CreateJoinToken, *fsm.AdmitMember, *fsm.UpdateMember, *fsm.SetMemberVoting,
		*fsm.CreateServiceToken, *fsm.CreateOAuthToken, *fsm.RefreshOAuthToken,
		*fsm.NoteTokenUses, *fsm.PurgeExpired, *fsm.SettleSettings, *fsm.RaiseLevel,
		*fsm.BeginCARotation, *fsm.ReleaseCARotation, *fsm.SwitchCA,
		*fsm.StageRestore, *fsm.DropRestore, *fsm.AdmitSeededMember:
		return false
	}
	return true
}

func (s *Service) creator(who Identity) fsm.Creator {
	return fsm.Creator{Principal: who.Username, Realm: who.Realm.Name}
}
