package fsm

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// stagedContents are a stage as plain values.
type stagedContents struct {
	Meta    stageMeta
	Records contents
}

func stagedContentsOf(s *stage) *stagedContents {
	if s == nil {
		return nil
	}
	return &stagedContents{s.stageMeta, contentsOf(s.records)}
}

// modelStage is a stage as one would first think of it: a second model.
type modelStage struct {
	stageMeta
	*model
}

func (s *modelStage) contents() *stagedContents {
	if s == nil {
		return nil
	}
	return &stagedContents{s.stageMeta, s.model.contents()}
}

func (m *model) applyRestore(c Command) Code {
	switch c := c.(type) {
	case *StageRestore:
		return m.stageRestore(c)
	case *DropRestore:
		if m.cluster == nil || m.stage == nil || m.stage.ID != c.Stage {
			return NotFound
		}
		if c.Chunks != 0 && c.Chunks != m.stage.Chunks {
			return Changed
		}
		m.stage = nil
		return OK
	default:
		return m.commitRestore(c.(*CommitRestore))
	}
}

func (m *model) stageRestore(c *StageRestore) Code {
	into := m.stage
	if into == nil || into.ID != c.Stage {
		if c.Seq > 0 {
			return NotFound
		}
		into = &modelStage{stageMeta{ID: c.Stage}, newModel()}
	}
	if c.Seq < into.Chunks {
		return Unchanged
	}
	if c.Seq > into.Chunks {
		return Incomplete
	}
	into.stageMeta = stageMeta{c.Stage, c.Now, c.Seq + 1, ChainDigest(into.Digest, c.Digest)}
	for _, r := range c.Records {
		into.record(r)
	}
	m.stage = into
	return OK
}

func (m *model) record(r Restorable) {
	switch {
	case r.User != nil:
		m.users[r.User.Name] = *r.User
	case r.ServiceToken != nil:
		m.tokens[[2]string{r.ServiceToken.Account, r.ServiceToken.Name}] = *r.ServiceToken
	case r.Role != nil:
		m.roles[r.Role.Name] = *r.Role
	case r.ApplicationPrivilege != nil:
		m.privileges[[2]string{r.ApplicationPrivilege.Application, r.ApplicationPrivilege.Name}] = *r.ApplicationPrivilege
	case r.ServiceAccount != nil:
		m.accounts[r.ServiceAccount.Name] = *r.ServiceAccount
	case r.OAuthToken != nil:
		m.oauthTokens[r.OAuthToken.ID] = *r.OAuthToken
	case r.Succession != nil:
		m.successions[r.Succession.ID] = *r.Succession
	default:
		m.oauthSince = r.OAuthSince
	}
}

func (m *model) counts() Counts {
	return Counts{
		Users: len(m.users), Roles: len(m.roles), ApplicationPrivileges: len(m.privileges), ServiceAccounts: len(m.accounts),
		ServiceTokens: len(m.tokens), OAuthTokens: len(m.oauthTokens), Successions: len(m.successions),
	}
}

func (m *model) commitRestore(c *CommitRestore) Code {
	if m.restored != nil && m.restored.ID == c.ID {
		return Exists
	}
	if m.cluster == nil || m.stage == nil || m.stage.ID != c.Stage {
		return NotFound
	}
	if m.stage.Chunks != c.Chunks || m.stage.Digest != c.Digest || m.stage.counts() != c.Records {
		return Incomplete
	}
	for _, uuid := range append(slices.Clone(c.Source.Former), c.Source.ClusterUUID) {
		if len(uuid) > 64 {
			return Incomplete
		}
	}
	r := modelRestore{c, m.stage.model, m, m.commonPast(c.Source), map[string]*Listing{}}
	before := m.users[c.Reserved].Password
	r.carryOut()
	m.stage = nil
	m.restored = &Restored{
		ID: c.ID, At: c.Now, By: c.By, Source: c.Source, BringBack: c.BringBack, Foreign: !r.known,
		ReservedPassword: PasswordKept, Counts: m.counts(), Listings: r.listings(),
	}
	if m.users[c.Reserved].Password != before {
		m.restored.ReservedPassword = PasswordFromBackup
	}
	return OK
}

// commonPast also remembers the past that comes with the backup.
func (m *model) commonPast(s BackupSource) (known bool) {
	former := slices.Clone(m.cluster.Former)
	for _, uuid := range append(slices.Clone(s.Former), s.ClusterUUID) {
		switch {
		case uuid == m.cluster.UUID || slices.Contains(former, uuid):
			known = true
		case uuid != "":
			former = append(former, uuid)
		}
	}
	m.cluster = &Cluster{UUID: m.cluster.UUID, Name: m.cluster.Name, Former: former}
	return known
}

type modelRestore struct {
	*CommitRestore
	backup, present *model
	known           bool
	told            map[string]*Listing
}

func (r modelRestore) listings() []Listing {
	var list []Listing
	for _, l := range r.told {
		list = append(list, *l)
	}
	return normal(list)
}

// normal puts listings into an order of their own: the model knows no other.
func normal(list []Listing) []Listing {
	list = append([]Listing{}, list...)
	for i := range list {
		list[i].Names = slices.Sorted(slices.Values(list[i].Names))
	}
	slices.SortFunc(list, func(a, b Listing) int { return cmp.Compare(a.Kind+a.What, b.Kind+b.What) })
	return list
}

// restoreKind asks the fate of each record that was or is; nil stands for none.
func restoreKind[K comparable, V any](r modelRestore, kind string, was, is map[K]V, name func(V) string, fate func(was, is *V) (*V, string)) {
	before := maps.Clone(is)
	keys := maps.Clone(is)
	maps.Copy(keys, was)
	for key, any := range keys {
		var old, now *V
		if v, there := was[key]; there {
			old = &v
		}
		if v, there := before[key]; there {
			now = &v
		}
		record, what := fate(old, now)
		if delete(is, key); record != nil {
			is[key] = *record
		}
		if what == "" {
			continue
		}
		l := r.told[kind+what]
		if l == nil {
			l = &Listing{Kind: kind, What: what}
			r.told[kind+what] = l
		}
		if l.Total++; r.known || what != Returned {
			l.Names = append(l.Names, name(any))
		}
	}
}

func (r modelRestore) carryOut() {
	keep := r.known && !r.BringBack // what was taken away since stays away
	accounts := maps.Clone(r.present.accounts)
	restoreKind(r, KindServiceToken, r.backup.tokens, r.present.tokens, func(t ServiceToken) string { return t.Account + "/" + t.Name },
		func(was, is *ServiceToken) (*ServiceToken, string) {
			if was != nil && is != nil {
				_, account := accounts[is.Account]
				if _, returns := r.backup.accounts[is.Account]; keep && returns && !account {
					return nil, StaysRevoked
				}
				a, b := *was, *is
				a.Created, a.Creator, a.Metadata, a.LastUsed = b.Created, b.Creator, b.Metadata, b.LastUsed
				if reflect.DeepEqual(a, b) {
					return is, ""
				}
			}
			return fate(r, keep, was, is, func(t *ServiceToken) int64 { return t.Expires })
		})
	restoreKind(r, KindUser, r.backup.users, r.present.users, func(u User) string { return u.Name }, func(was, is *User) (*User, string) {
		return r.fateOfUser(keep, was, is)
	})
	restoreKind(r, KindOAuthToken, r.backup.oauthTokens, r.present.oauthTokens,
		func(t OAuthToken) string { return t.Owner.Realm + "/" + t.Owner.Username + "/" + t.ID },
		func(was, is *OAuthToken) (*OAuthToken, string) {
			return fate(r, keep, was, is, func(t *OAuthToken) int64 { return t.Until })
		})
	if keep {
		maps.DeleteFunc(r.present.successions, func(id string, _ Succession) bool { _, left := r.present.oauthTokens[id]; return !left })
	} else {
		r.present.successions = maps.Clone(r.backup.successions)
	}
	if r.present.oauthSince == 0 {
		r.present.oauthSince = r.backup.oauthSince
	}
	restoreKind(r, KindServiceAccount, r.backup.accounts, r.present.accounts, func(a ServiceAccount) string { return a.Name },
		func(was, is *ServiceAccount) (*ServiceAccount, string) {
			if keep && was != nil && is != nil && is.Disabled && !was.Disabled {
				account := *was
				account.Disabled = true
				return &account, StaysAsIs
			}
			return fate(r, false, was, is, nil)
		})
	restoreKind(r, KindRole, r.backup.roles, r.present.roles, func(o Role) string { return o.Name },
		func(was, is *Role) (*Role, string) { return fate(r, false, was, is, nil) })
	restoreKind(r, KindApplicationPrivilege, r.backup.privileges, r.present.privileges,
		func(o ApplicationPrivilege) string { return o.Application + "/" + o.Name },
		func(was, is *ApplicationPrivilege) (*ApplicationPrivilege, string) {
			return fate(r, false, was, is, nil)
		})
}

// fate is what becomes of a record that nothing special is to be said of.
func fate[V any](r modelRestore, keep bool, was, is *V, until func(*V) int64) (*V, string) {
	switch {
	case was == nil:
		return nil, Dropped
	case is == nil && !keep:
		return was, Returned
	case is == nil && until(was) != 0 && until(was) <= r.Now:
		return nil, ""
	case is == nil:
		return nil, StaysRevoked
	case reflect.DeepEqual(was, is):
		return is, ""
	case keep:
		return is, StaysAsIs
	default:
		return was, Overwritten
	}
}

func (r modelRestore) fateOfUser(keep bool, was, is *User) (*User, string) {
	if was == nil && is.Name == r.Reserved {
		return is, ""
	}
	if was == nil || is == nil || keep && was.ID != is.ID {
		return fate(r, keep, was, is, func(*User) int64 { return 0 })
	}
	user, reserved := *was, was.Name == r.Reserved
	if !keep {
		if reserved && !is.Disabled {
			user.Disabled = false
		}
		if reserved && user.Password == "" {
			user.Password = is.Password
		}
		return fate(r, false, &user, is, nil)
	}
	user.Password, user.Disabled = is.Password, is.Disabled || was.Disabled && !reserved
	if user.Password != was.Password || user.Disabled != was.Disabled {
		return &user, StaysAsIs
	}
	return fate(r, false, &user, is, nil)
}

// asStaged and asWhole stand for what the machine has when the command comes.
const (
	asStaged = -1
	asWhole  = "whole"
)

// longUUID is one that no cluster has.
var longUUID = strings.Repeat("u", 65)

func anyRestoreCommand() *rapid.Generator[Command] {
	stages := rapid.SampledFrom([]string{"s1", "s1", "s1", "s2"})
	return rapid.Custom(func(t *rapid.T) Command {
		switch rapid.IntRange(0, 11).Draw(t, "command") {
		case 0, 1, 2, 3:
			return &StageRestore{
				Stage: stages.Draw(t, "stage"), Seq: rapid.SampledFrom([]int{asStaged, asStaged, asStaged, 0, 1}).Draw(t, "seq"),
				Now: anyTime.Draw(t, "now"), Digest: anyID.Draw(t, "digest"), Records: rapid.SliceOfN(anyRecord(), 0, 8).Draw(t, "records"),
			}
		case 4, 5:
			return &CommitRestore{
				ID: anyID.Draw(t, "id"), Stage: stages.Draw(t, "stage"), Digest: rapid.SampledFrom([]string{asWhole, asWhole, ""}).Draw(t, "digest"),
				Now: anyTime.Draw(t, "now"), BringBack: rapid.Bool().Draw(t, "bring back"), Reserved: "a",
				Source: BackupSource{
					ClusterUUID: rapid.SampledFrom([]string{"uuid", "uuid", "other", "third", longUUID}).Draw(t, "cluster"),
					Former:      rapid.SampledFrom([][]string{nil, {"fourth"}, {"other"}, {"other", longUUID}}).Draw(t, "former"),
				},
			}
		case 6:
			return &DropRestore{Stage: stages.Draw(t, "stage"), Chunks: rapid.IntRange(0, 2).Draw(t, "chunks")}
		case 7, 8:
			return anyTokenCommand().Draw(t, "of a token")
		case 9:
			return anyUserCommand().Draw(t, "of a user")
		case 10:
			return anyRoleCommand().Draw(t, "of a role")
		default:
			return anyOAuthCommand().Draw(t, "of OAuth")
		}
	})
}

// anyRecord is what another command would have made.
func anyRecord() *rapid.Generator[Restorable] {
	return rapid.Custom(func(t *rapid.T) Restorable {
		for {
			c := rapid.OneOf(anyTokenCommand(), anyUserCommand(), anyRoleCommand(), anyOAuthCommand()).Draw(t, "made by")
			switch c := c.(type) {
			case *CreateServiceToken:
				return Restorable{ServiceToken: &c.Token}
			case *PutUser:
				return Restorable{User: &c.User}
			case *PutRole:
				return Restorable{Role: &c.Role}
			case *PutApplicationPrivilege:
				return Restorable{ApplicationPrivilege: &c.Privilege}
			case *PutServiceAccount:
				return Restorable{ServiceAccount: &c.Account}
			case *CreateOAuthToken:
				return Restorable{OAuthToken: &c.Token}
			case *RefreshOAuthToken:
				return Restorable{Succession: &Succession{ID: c.ID, At: c.Now, Sealed: c.Sealed}}
			}
		}
	})
}

// aimedRestore gives a command what its maker would know of the stage.
func (s *story) aimedRestore(c Command) Command {
	st, _ := s.Current().Staging()
	switch c := c.(type) {
	case *StageRestore:
		aimed := *c
		if aimed.Seq == asStaged && st.ID == c.Stage {
			aimed.Seq = st.Chunks
		}
		aimed.Seq = max(aimed.Seq, 0)
		return &aimed
	case *CommitRestore:
		aimed := *c
		if stage := s.Current().stage; stage != nil && c.Digest == asWhole {
			aimed.Chunks, aimed.Digest, aimed.Records = stage.Chunks, stage.Digest, stage.records.Counts()
		}
		return &aimed
	}
	return c
}
