package fsm

import (
	"iter"
	"strconv"

	iradix "github.com/hashicorp/go-immutable-radix/v2"
)

// State is the whole replicated state after one command. It never changes, so
// it needs no lock, and everything read from one State belongs together.
// Records that it hands out must not be changed.
type State struct {
	index uint64
	epoch uint64

	cluster    *Cluster
	ca         *CA
	users      *tree[User]
	tokens     *tree[ServiceToken]
	members    *tree[Member]
	joinTokens *tree[JoinToken]
	removed    *tree[string] // ids of members that were removed

	roles           *tree[Role]
	privileges      *tree[ApplicationPrivilege]
	serviceAccounts *tree[ServiceAccount]

	oauthTokens *tree[OAuthToken]
	// byOwner are the same tokens, found by realm and name of their owner.
	byOwner     *tree[OAuthToken]
	successions *tree[Succession]
	// oauthSince is when the first OAuth token was made, in Unix milliseconds;
	// 0 before it.
	oauthSince int64

	settings *Settings // nil before the first change
	level    int       // 0 before it was first raised

	replicas  *tree[string]      // ids of members that are not to vote
	autopilot *AutopilotSettings // nil before the first change
	rotation  *CARotation        // nil before the first
	restored  *Restored          // nil before the first restore
	stage     *stage             // nil but for a restore under way, or one that was left
}

func newState() *State {
	return &State{
		users:      iradix.New[*User](),
		tokens:     iradix.New[*ServiceToken](),
		members:    iradix.New[*Member](),
		joinTokens: iradix.New[*JoinToken](),
		removed:    iradix.New[*string](),

		roles:           iradix.New[*Role](),
		privileges:      iradix.New[*ApplicationPrivilege](),
		serviceAccounts: iradix.New[*ServiceAccount](),
		oauthTokens:     iradix.New[*OAuthToken](),
		byOwner:         iradix.New[*OAuthToken](),
		successions:     iradix.New[*Succession](),

		replicas: iradix.New[*string](),
	}
}

// Index is the log index of the last command in this state.
func (s *State) Index() uint64 { return s.index }

// Epoch grows whenever this node's state is replaced by a snapshot, which may
// be an older one. It is this node's own and not replicated.
func (s *State) Epoch() uint64 { return s.epoch }

// Cluster is what the founder decided; nil before the first command.
func (s *State) Cluster() *Cluster { return s.cluster }

// CA is the cluster's certificate authority; nil before the first command.
func (s *State) CA() *CA { return s.ca }

// CARotation is the latest change of the CA; of a zero version before the first.
func (s *State) CARotation() CARotation {
	if s.rotation == nil {
		return CARotation{}
	}
	return *s.rotation
}

// User returns the user of that name.
func (s *State) User(name string) (*User, bool) { return get(s.users, name) }

// Users yields all users in the order of their names.
func (s *State) Users() iter.Seq[*User] { return walk(s.users, "") }

// Role returns the native role of that name.
func (s *State) Role(name string) (*Role, bool) { return get(s.roles, name) }

// Roles yields all native roles in the order of their names.
func (s *State) Roles() iter.Seq[*Role] { return walk(s.roles, "") }

// ApplicationPrivilege returns an application's privilege.
func (s *State) ApplicationPrivilege(application, name string) (*ApplicationPrivilege, bool) {
	return get(s.privileges, privilegeKey(application, name))
}

// ApplicationPrivileges yields all privileges of all applications, in the order
// of both names.
func (s *State) ApplicationPrivileges() iter.Seq[*ApplicationPrivilege] {
	return walk(s.privileges, "")
}

// ServiceAccount returns the service account of that name, NAMESPACE/SERVICE.
func (s *State) ServiceAccount(name string) (*ServiceAccount, bool) {
	return get(s.serviceAccounts, name)
}

// ServiceAccounts yields all service accounts in the order of their names.
func (s *State) ServiceAccounts() iter.Seq[*ServiceAccount] { return walk(s.serviceAccounts, "") }

// OAuthToken returns the token of that id.
func (s *State) OAuthToken(id string) (*OAuthToken, bool) { return get(s.oauthTokens, id) }

// OAuthTokens yields all OAuth tokens, the oldest first.
func (s *State) OAuthTokens() iter.Seq[*OAuthToken] { return walk(s.oauthTokens, "") }

// OAuthTokensOf yields the OAuth tokens of an owner, each owner's oldest first. An
// empty realm or name stands for all.
func (s *State) OAuthTokensOf(username, realm string) iter.Seq[*OAuthToken] {
	switch {
	case realm == "":
		return func(yield func(*OAuthToken) bool) {
			for t := range walk(s.oauthTokens, "") {
				if (username == "" || t.Owner.Username == username) && !yield(t) {
					return
				}
			}
		}
	case username == "":
		return walk(s.byOwner, strconv.Quote(realm))
	default:
		return walk(s.byOwner, strconv.Quote(realm)+strconv.Quote(username))
	}
}

// Succession returns the pair that took the place of the token of that id.
func (s *State) Succession(id string) (*Succession, bool) { return get(s.successions, id) }

// Successions yields all successions, those of the oldest tokens first.
func (s *State) Successions() iter.Seq[*Succession] { return walk(s.successions, "") }

// OAuthSince is when the first OAuth token was made, in Unix milliseconds; 0
// before it.
func (s *State) OAuthSince() int64 { return s.oauthSince }

// Settings are the settings that all nodes share.
func (s *State) Settings() Settings {
	if s.settings == nil {
		return Settings{}
	}
	return *s.settings
}

// Autopilot are the settings of how members are looked after.
func (s *State) Autopilot() AutopilotSettings {
	if s.autopilot == nil {
		return AutopilotSettings{}
	}
	return *s.autopilot
}

// Replica reports whether the member of that id is not to vote.
func (s *State) Replica(id string) bool {
	_, yes := get(s.replicas, id)
	return yes
}

// ServiceToken returns the token of that account (NAMESPACE/SERVICE) and name.
func (s *State) ServiceToken(account, name string) (*ServiceToken, bool) {
	return get(s.tokens, tokenKey(account, name))
}

// ServiceTokens yields an account's tokens in the order of their names.
func (s *State) ServiceTokens(account string) iter.Seq[*ServiceToken] {
	return walk(s.tokens, account+"/")
}

// AllServiceTokens yields every account's tokens in the order of account and
// name.
func (s *State) AllServiceTokens() iter.Seq[*ServiceToken] { return walk(s.tokens, "") }

// Member returns the member of that id.
func (s *State) Member(id string) (*Member, bool) { return get(s.members, id) }

// Members yields all members in the order of their ids.
func (s *State) Members() iter.Seq[*Member] { return walk(s.members, "") }

// MemberByName returns the member of that node name.
func (s *State) MemberByName(name string) (*Member, bool) {
	for m := range s.Members() {
		if m.Name == name {
			return m, true
		}
	}
	return nil, false
}

// Removed reports whether the id belonged to a member that was removed.
func (s *State) Removed(id string) bool {
	_, yes := get(s.removed, id)
	return yes
}

// JoinToken returns the join token of that id.
func (s *State) JoinToken(id string) (*JoinToken, bool) { return get(s.joinTokens, id) }

// tree maps a key to an immutable record; to change it is to make another one
// that shares all but the path to the change.
type tree[T any] = iradix.Tree[*T]

func tokenKey(account, name string) string { return account + "/" + name }

func privilegeKey(application, name string) string { return application + "\x00" + name }

// ownerKey quotes the names, so that no name ends within another one.
func ownerKey(t *OAuthToken) string {
	return strconv.Quote(t.Owner.Realm) + strconv.Quote(t.Owner.Username) + t.ID
}

// putOAuthToken keeps both ways to a token equal, also when a record of the same
// id had another owner.
func (s *State) putOAuthToken(t *OAuthToken) {
	if former, there := s.OAuthToken(t.ID); there && ownerKey(former) != ownerKey(t) {
		s.byOwner = remove(s.byOwner, ownerKey(former))
	}
	s.oauthTokens = put(s.oauthTokens, t.ID, t)
	s.byOwner = put(s.byOwner, ownerKey(t), t)
}

// replaceOAuthTokens puts records that take the place of others with the same id
// and owner: many at once, for a fraction of what one by one would take.
func (s *State) replaceOAuthTokens(tokens []*OAuthToken) {
	byID, byOwner := s.oauthTokens.Txn(), s.byOwner.Txn()
	for _, t := range tokens {
		byID.Insert([]byte(t.ID), t)
		byOwner.Insert([]byte(ownerKey(t)), t)
	}
	s.oauthTokens, s.byOwner = byID.Commit(), byOwner.Commit()
}

func (s *State) removeOAuthToken(t *OAuthToken) {
	s.oauthTokens = remove(s.oauthTokens, t.ID)
	s.byOwner = remove(s.byOwner, ownerKey(t))
}

func get[T any](t *tree[T], key string) (*T, bool) { return t.Get([]byte(key)) }

func put[T any](t *tree[T], key string, record *T) *tree[T] {
	t, _, _ = t.Insert([]byte(key), record)
	return t
}

func remove[T any](t *tree[T], key string) *tree[T] {
	t, _, _ = t.Delete([]byte(key))
	return t
}

// walk yields the records whose keys begin with prefix, in key order.
func walk[T any](t *tree[T], prefix string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		it := t.Root().Iterator()
		it.SeekPrefix([]byte(prefix))
		for _, record, ok := it.Next(); ok; _, record, ok = it.Next() {
			if !yield(record) {
				return
			}
		}
	}
}

func all[T any](t *tree[T]) []*T {
	records := make([]*T, 0, t.Len())
	for r := range walk(t, "") {
		records = append(records, r)
	}
	return records
}
