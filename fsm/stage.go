package fsm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// MaxStagedChunks bounds what a restore may stage: so many entries. With MaxEntry
// it bounds what every node must hold beside its state.
const MaxStagedChunks = 2048

// stage is a backup that is being brought in, before the switch. It is part of
// the replicated state, and nothing is decided by it.
type stage struct {
	stageMeta
	records *State // with nothing but what a backup holds
}

// stageMeta is what a snapshot says of a stage before its records.
type stageMeta struct {
	ID     string `json:"id"`
	Now    int64  `json:"now"` // of the latest chunk, in Unix milliseconds
	Chunks int    `json:"chunks"`
	Digest string `json:"digest"` // see ChainDigest
}

// ChainDigest is the digest of chunks after one more of them, whose own is given.
// That of none is "".
func ChainDigest(before, chunk string) string {
	sum := sha256.Sum256([]byte(before + "\n" + chunk))
	return hex.EncodeToString(sum[:])
}

// Staging is how far the restore under way has come; there is one at most.
type Staging struct {
	ID     string
	Now    int64 // of its latest chunk, in Unix milliseconds, by the maker's clock
	Chunks int
}

// Staging returns the restore that is under way, or was left.
func (s *State) Staging() (Staging, bool) {
	if s.stage == nil {
		return Staging{}, false
	}
	return Staging{ID: s.stage.ID, Now: s.stage.Now, Chunks: s.stage.Chunks}, true
}

// Restored is what the last restore has done; nil when there was none.
func (s *State) Restored() *Restored { return s.restored }

// Lineage are the clusters that this state has come from, the oldest first, this
// one not among them.
func (s *State) Lineage() []string {
	if s.cluster == nil {
		return nil
	}
	return s.cluster.Former
}

// Counts are the numbers of records that a backup of the state holds.
func (s *State) Counts() Counts {
	return Counts{
		Users: s.users.Len(), Roles: s.roles.Len(), ApplicationPrivileges: s.privileges.Len(),
		ServiceAccounts: s.serviceAccounts.Len(), ServiceTokens: s.tokens.Len(),
		OAuthTokens: s.oauthTokens.Len(), Successions: s.successions.Len(),
	}
}

// Restorables yields what a backup of the state holds, always in the same order.
func (s *State) Restorables(yield func(Restorable) bool) {
	_ = (s.oauthSince == 0 || yield(Restorable{OAuthSince: s.oauthSince})) &&
		each(s.users, yield, func(r *User) Restorable { return Restorable{User: r} }) &&
		each(s.roles, yield, func(r *Role) Restorable { return Restorable{Role: r} }) &&
		each(s.privileges, yield, func(r *ApplicationPrivilege) Restorable { return Restorable{ApplicationPrivilege: r} }) &&
		each(s.serviceAccounts, yield, func(r *ServiceAccount) Restorable { return Restorable{ServiceAccount: r} }) &&
		each(s.tokens, yield, func(r *ServiceToken) Restorable { return Restorable{ServiceToken: r} }) &&
		each(s.oauthTokens, yield, func(r *OAuthToken) Restorable { return Restorable{OAuthToken: r} }) &&
		each(s.successions, yield, func(r *Succession) Restorable { return Restorable{Succession: r} })
}

func each[T any](t *tree[T], yield func(Restorable) bool, wrap func(*T) Restorable) bool {
	for r := range walk(t, "") {
		if !yield(wrap(r)) {
			return false
		}
	}
	return true
}

// writeRestore writes what a snapshot holds of restores.
func (s *State) writeRestore(out *lineWriter) {
	if s.restored != nil {
		out.line(line{Restored: s.restored})
	}
	if s.stage == nil {
		return
	}
	out.line(line{Stage: &s.stage.stageMeta})
	for r := range s.stage.records.Restorables {
		out.line(line{Staged: &r})
	}
}

var errNoRecord = fmt.Errorf("%w: a record of a backup of a kind that this release does not know; run a newer release", ErrUnreadable)

// into adds the record to a state; one that is none is an error.
func (r Restorable) into(s *State) error {
	switch {
	case r.User != nil:
		s.users = put(s.users, r.User.Name, r.User)
	case r.ServiceToken != nil:
		s.tokens = put(s.tokens, tokenKey(r.ServiceToken.Account, r.ServiceToken.Name), r.ServiceToken)
	case r.Role != nil:
		s.roles = put(s.roles, r.Role.Name, r.Role)
	case r.ApplicationPrivilege != nil:
		s.privileges = put(s.privileges, privilegeKey(r.ApplicationPrivilege.Application, r.ApplicationPrivilege.Name), r.ApplicationPrivilege)
	case r.ServiceAccount != nil:
		s.serviceAccounts = put(s.serviceAccounts, r.ServiceAccount.Name, r.ServiceAccount)
	case r.OAuthSince != 0:
		s.oauthSince = r.OAuthSince
	case r.OAuthToken != nil:
		s.putOAuthToken(r.OAuthToken)
	case r.Succession != nil:
		s.successions = put(s.successions, r.Succession.ID, r.Succession)
	default:
		return errNoRecord
	}
	return nil
}
