package fsm

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// model is the state as one would first think of it: maps, changed in place,
// searched from end to end.
type model struct {
	cluster    *Cluster
	ca         *CA
	users      map[string]User
	members    map[string]Member
	removed    map[string]bool
	joinTokens map[string]JoinToken
	tokens     map[[2]string]ServiceToken

	roles       map[string]Role
	privileges  map[[2]string]ApplicationPrivilege
	accounts    map[string]ServiceAccount
	oauthSince  int64
	oauthTokens map[string]OAuthToken
	successions map[string]Succession

	index    uint64 // of the last command
	settings Settings
	level    int

	replicas  map[string]bool
	autopilot AutopilotSettings
	rotation  CARotation
	restored  *Restored
	stage     *modelStage
}

func newModel() *model {
	return &model{
		users:      map[string]User{},
		members:    map[string]Member{},
		removed:    map[string]bool{},
		joinTokens: map[string]JoinToken{},
		tokens:     map[[2]string]ServiceToken{},

		roles:       map[string]Role{},
		privileges:  map[[2]string]ApplicationPrivilege{},
		accounts:    map[string]ServiceAccount{},
		oauthTokens: map[string]OAuthToken{},
		successions: map[string]Succession{},

		replicas: map[string]bool{},
	}
}

func (m *model) apply(c Command) Code {
	m.index++
	switch c := c.(type) {
	case *FoundCluster:
		return m.found(c)
	case *CreateServiceToken, *DeleteServiceToken, *RotateServiceToken, *NoteTokenUses:
		return m.applyToken(c)
	case *PutUser, *DeleteUser, *SetPassword, *SetUserEnabled:
		return m.applyUser(c)
	case *PutRole, *DeleteRole, *PutApplicationPrivilege, *DeleteApplicationPrivilege:
		return m.applyRole(c)
	case *PutServiceAccount, *DeleteServiceAccount:
		return m.applyAccount(c)
	case *CreateOAuthToken, *RefreshOAuthToken, *InvalidateOAuthToken, *InvalidateOAuthTokens, *PurgeExpired:
		return m.applyOAuth(c)
	case *PutSettings, *SettleSettings:
		return m.applySettings(c)
	case *RecoverCluster:
		return m.recover(c)
	case *RaiseLevel:
		return m.raise(c)
	case *SetMemberVoting:
		return m.setVoting(c)
	case *PutAutopilotSettings:
		return m.putAutopilot(c)
	case *BeginCARotation, *ReleaseCARotation, *SwitchCA, *FinishCARotation:
		return m.applyCA(c)
	case *StageRestore, *DropRestore, *CommitRestore:
		return m.applyRestore(c)
	case *CreateJoinToken:
		if _, taken := m.joinTokens[c.Token.ID]; taken {
			return Exists
		}
		maps.DeleteFunc(m.joinTokens, func(_ string, t JoinToken) bool { return t.Expires <= c.Now })
		m.joinTokens[c.Token.ID] = c.Token
	case *AdmitMember:
		return m.admit(c)
	case *AdmitSeededMember:
		return m.admitSeeded(c)
	case *UpdateMember:
		return m.update(c)
	case *RemoveMember:
		if m.removed[c.ID] {
			return NotFound
		}
		delete(m.members, c.ID)
		delete(m.replicas, c.ID)
		m.removed[c.ID] = true
	default:
		panic(fmt.Sprintf("the model does not know %T", c))
	}
	return OK
}

func (m *model) found(c *FoundCluster) Code {
	if m.cluster != nil {
		return Exists
	}
	m.cluster, m.ca = &c.Cluster, &c.CA
	m.users[c.User.Name] = c.User
	m.members[c.Member.ID] = c.Member
	return OK
}

func (m *model) admit(c *AdmitMember) Code {
	t, there := m.joinTokens[c.TokenID]
	if m.removed[c.Member.ID] {
		return Removed
	}
	if !there {
		return NotFound
	}
	if t.UsedBy != "" && t.UsedBy != c.Member.ID {
		return TokenUsed
	}
	if t.Expires <= c.Now {
		return TokenExpired
	}
	if !m.takeName(c.Member, c.Replaces) {
		return NameTaken
	}
	t.UsedBy = c.Member.ID
	m.joinTokens[t.ID] = t
	return OK
}

func (m *model) admitSeeded(c *AdmitSeededMember) Code {
	if m.removed[c.Member.ID] {
		return Removed
	}
	if !m.takeName(c.Member, c.Replaces) {
		return NameTaken
	}
	return OK
}

// takeName puts the member in, unless another than the replaced one has its name.
func (m *model) takeName(member Member, replaces string) bool {
	for _, holder := range m.holders(member.Name) {
		if holder != member.ID && holder != replaces {
			return false
		}
	}
	for _, holder := range m.holders(member.Name) {
		delete(m.members, holder)
		if holder == replaces {
			delete(m.replicas, holder)
		}
	}
	m.members[member.ID] = member
	return true
}

func (m *model) update(c *UpdateMember) Code {
	if m.removed[c.Member.ID] {
		return Removed
	}
	if _, there := m.members[c.Member.ID]; !there {
		return NotFound
	}
	for _, holder := range m.holders(c.Member.Name) {
		if holder != c.Member.ID {
			return NameTaken
		}
	}
	m.members[c.Member.ID] = c.Member
	return OK
}

// holders are the ids of the members of that name: one at most.
func (m *model) holders(name string) []string {
	var ids []string
	for id, member := range m.members {
		if member.Name == name {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *model) contents() contents {
	return contents{
		Cluster:    m.cluster,
		CA:         m.ca,
		Users:      sorted(m.users, func(u User) string { return u.Name }),
		Members:    sorted(m.members, func(m Member) string { return m.ID }),
		Removed:    slices.Sorted(maps.Keys(m.removed)),
		JoinTokens: sorted(m.joinTokens, func(t JoinToken) string { return t.ID }),
		Tokens:     sorted(m.tokens, func(t ServiceToken) string { return tokenKey(t.Account, t.Name) }),

		Roles:           sorted(m.roles, func(r Role) string { return r.Name }),
		Privileges:      sorted(m.privileges, func(p ApplicationPrivilege) string { return privilegeKey(p.Application, p.Name) }),
		ServiceAccounts: sorted(m.accounts, func(a ServiceAccount) string { return a.Name }),
		OAuthSince:      m.oauthSince,
		OAuthTokens:     sorted(m.oauthTokens, func(t OAuthToken) string { return t.ID }),
		Successions:     sorted(m.successions, func(s Succession) string { return s.ID }),
		Settings:        m.settings,
		Level:           max(1, m.level),

		Replicas:   slices.Sorted(maps.Keys(m.replicas)),
		Autopilot:  m.autopilot,
		CARotation: m.rotation,
		Restored:   m.restored,
		Stage:      m.stage.contents(),
	}
}

func sorted[K comparable, V any](records map[K]V, key func(V) string) []V {
	return slices.SortedFunc(maps.Values(records), func(a, b V) int { return cmp.Compare(key(a), key(b)) })
}
