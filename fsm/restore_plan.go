package fsm

import "slices"

// maxLineage bounds the clusters that a state may have come from. One that was
// forgotten would count as foreign, and what was revoked would come back.
const maxLineage = 1024

// MaxUUID bounds the uuid of a cluster that a state may come from, in bytes. All
// of them stay in one record, which a snapshot must be able to hold.
const MaxUUID = 64

// plan is the state after the switch, or why there is none.
func (c *CommitRestore) plan(s *State) (*State, Code) {
	st := s.stage
	switch {
	case s.cluster == nil || st == nil || st.ID != c.Stage:
		return nil, NotFound
	case st.Chunks != c.Chunks || st.Digest != c.Digest || st.records.Counts() != c.Records:
		return nil, Incomplete
	}
	if !c.Source.bounded() {
		return nil, Incomplete
	}
	lineage, known := s.joined(c.Source)
	if len(lineage) > maxLineage {
		return nil, Full
	}
	p := planner{
		CommitRestore: c, present: s, backup: st.records,
		asBackup: !known || c.BringBack, tell: teller{foreign: !known},
	}
	after := *s
	after.stage = nil
	cluster := *s.cluster
	cluster.Former = lineage
	after.cluster = &cluster
	p.credentials(&after)
	p.contents(&after)
	after.restored = &Restored{
		ID: c.ID, At: c.Now, By: c.By, Source: c.Source, Foreign: !known, BringBack: c.BringBack,
		ReservedPassword: p.reservedPassword(&after), Counts: after.Counts(), Listings: p.tell.listings,
	}
	return &after, OK
}

func (source BackupSource) bounded() bool {
	return len(source.ClusterUUID) <= MaxUUID && !slices.ContainsFunc(source.Former, func(uuid string) bool { return len(uuid) > MaxUUID })
}

// joined is the lineage after a backup of that source, and whether this cluster
// and that one have a past in common. They may have it by a third one: that is
// enough, because a credential that is missing here may then have been revoked.
func (s *State) joined(source BackupSource) (lineage []string, known bool) {
	lineage = slices.Clone(s.Lineage())
	for _, uuid := range append(slices.Clone(source.Former), source.ClusterUUID) {
		switch {
		case uuid == "":
		case uuid == s.cluster.UUID || slices.Contains(lineage, uuid):
			known = true
		default:
			lineage = append(lineage, uuid)
		}
	}
	return lineage, known
}

// planner decides record by record.
type planner struct {
	*CommitRestore
	present, backup *State
	// asBackup: what was taken away since is not known, or is to come back.
	asBackup bool
	tell     teller
}

func (p *planner) credentials(after *State) {
	after.tokens = merged(&p.tell, p.present.tokens, p.backup.tokens, merge[ServiceToken]{
		kind: KindServiceToken, name: func(t *ServiceToken) string { return t.Account + "/" + t.Name },
		both: p.bothTokens,
		gone: func(t *ServiceToken) (*ServiceToken, string) { return goneCredential(p, t, t.Expires) },
	})
	after.users = merged(&p.tell, p.present.users, p.backup.users, merge[User]{
		kind: KindUser, name: func(u *User) string { return u.Name },
		both:  p.bothUsers,
		gone:  func(u *User) (*User, string) { return goneCredential(p, u, 0) },
		stays: func(u *User) bool { return u.Name == p.Reserved },
	})
	after.oauthTokens = merged(&p.tell, p.present.oauthTokens, p.backup.oauthTokens, merge[OAuthToken]{
		kind: KindOAuthToken, name: func(t *OAuthToken) string { return t.Owner.Realm + "/" + t.Owner.Username + "/" + t.ID },
		both: p.bothOAuthTokens,
		gone: func(t *OAuthToken) (*OAuthToken, string) { return goneCredential(p, t, t.Until) },
	})
	after.byOwner = ownersOf(after.oauthTokens)
	after.successions = p.successions(after)
	if after.oauthSince == 0 {
		after.oauthSince = p.backup.oauthSince
	}
}

// goneCredential is one that is in the backup and not in the state. What would be
// over by now is not worth a word.
func goneCredential[T any](p *planner, record *T, until int64) (*T, string) {
	switch {
	case p.asBackup:
		return record, Returned
	case until != 0 && until <= p.Now:
		return nil, ""
	default:
		return nil, StaysRevoked
	}
}

func (p *planner) bothTokens(present, backup *ServiceToken) (*ServiceToken, string) {
	switch {
	case p.accountWasGone(present.Account) && !p.asBackup:
		// Its account was deleted and is back; the token was good for nothing.
		return nil, StaysRevoked
	case sameSecret(present, backup):
		return present, "" // it knows better when it was used
	case p.asBackup:
		return backup, Overwritten
	default:
		return present, StaysAsIs
	}
}

func (p *planner) accountWasGone(name string) bool {
	_, present := p.present.ServiceAccount(name)
	_, backup := p.backup.ServiceAccount(name)
	return backup && !present
}

func sameSecret(a, b *ServiceToken) bool {
	if a.ID != b.ID || a.Hash != b.Hash || a.Expires != b.Expires || (a.Previous == nil) != (b.Previous == nil) {
		return false
	}
	return a.Previous == nil || *a.Previous == *b.Previous
}

// bothUsers: what a user may do is as in the backup; how a user gets in is as it
// is now, but for the wish to have it back.
func (p *planner) bothUsers(present, backup *User) (*User, string) {
	if p.asBackup {
		return p.userOfBackup(present, backup)
	}
	if present.ID != backup.ID {
		return present, StaysAsIs // somebody else, who was given the name
	}
	user, what := *backup, ""
	if user.Password != present.Password {
		user.Password, what = present.Password, StaysAsIs
	}
	if user.Disabled != present.Disabled && (present.Disabled || user.Name == p.Reserved) {
		user.Disabled, what = present.Disabled, StaysAsIs
	}
	return sameOr(present, &user, what)
}

func (p *planner) userOfBackup(present, backup *User) (*User, string) {
	user := *backup
	if user.Name == p.Reserved {
		user.Disabled = user.Disabled && present.Disabled
		if user.Password == "" {
			user.Password = present.Password
		}
	}
	return sameOr(present, &user, "")
}

// sameOr is the present record where both are the same.
func sameOr[T any](present, record *T, what string) (*T, string) {
	switch {
	case sameRecord(present, record):
		return present, what
	case what == "":
		return record, Overwritten
	}
	return record, what
}

func (p *planner) bothOAuthTokens(present, backup *OAuthToken) (*OAuthToken, string) {
	if sameRecord(present, backup) {
		return present, ""
	}
	if p.asBackup {
		return backup, Overwritten
	}
	return present, StaysAsIs
}

// successions are those of the tokens that are left: what a refresh of a token
// that is gone would give is gone as well.
func (p *planner) successions(after *State) *tree[Succession] {
	if p.asBackup {
		return p.backup.successions
	}
	left := p.present.successions.Txn()
	for s := range walk(p.present.successions, "") {
		if _, there := after.OAuthToken(s.ID); !there {
			left.Delete([]byte(s.ID))
		}
	}
	return left.Commit()
}

// contents are as in the backup, but that an account which was disabled since
// stays so.
func (p *planner) contents(after *State) {
	after.serviceAccounts = merged(&p.tell, p.present.serviceAccounts, p.backup.serviceAccounts, merge[ServiceAccount]{
		kind: KindServiceAccount, name: func(a *ServiceAccount) string { return a.Name },
		both: func(present, backup *ServiceAccount) (*ServiceAccount, string) {
			account, what := *backup, ""
			if present.Disabled && !backup.Disabled && !p.asBackup {
				account.Disabled, what = true, StaysAsIs
			}
			return sameOr(present, &account, what)
		},
		gone: returned[ServiceAccount],
	})
	after.roles = merged(&p.tell, p.present.roles, p.backup.roles, merge[Role]{
		kind: KindRole, name: func(r *Role) string { return r.Name }, both: asInBackup[Role], gone: returned[Role],
	})
	after.privileges = merged(&p.tell, p.present.privileges, p.backup.privileges, merge[ApplicationPrivilege]{
		kind: KindApplicationPrivilege, name: func(r *ApplicationPrivilege) string { return r.Application + "/" + r.Name },
		both: asInBackup[ApplicationPrivilege], gone: returned[ApplicationPrivilege],
	})
}

func asInBackup[T any](present, backup *T) (*T, string) { return sameOr(present, backup, "") }

func returned[T any](backup *T) (*T, string) { return backup, Returned }

func (p *planner) reservedPassword(after *State) string {
	if passwordOf(p.present, p.Reserved) == passwordOf(after, p.Reserved) {
		return PasswordKept
	}
	return PasswordFromBackup
}

// passwordOf is "" where there is no such user.
func passwordOf(s *State, name string) Sensitive {
	if u, there := s.User(name); there {
		return u.Password
	}
	return ""
}
