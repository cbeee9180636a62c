package fsm

import (
	"encoding/json"

	"pgregory.net/rapid"
)

// The commands are drawn from few names, ids and times, so that they meet each
// other.
var (
	anyAccount = rapid.SampledFrom([]string{fleet, fleet + "-remote", worker})
	anyName    = rapid.SampledFrom([]string{"", "a", "ab", "b", "ü<&>\u2028"})
	anyID      = rapid.SampledFrom([]string{"", "id0", "id1", "id2"})
	anyTime    = rapid.Int64Range(0, 10)
	anySecret  = rapid.Map(rapid.String(), func(s string) Sensitive { return Sensitive(s) })
	// Few enough that one is often that of a user.
	anyPassword = rapid.OneOf(anySecret, rapid.SampledFrom([]Sensitive{"", "{bcrypt}1", "{bcrypt}2"}))
	anyCreator  = rapid.Map(rapid.String(), func(s string) Creator { return Creator{Principal: s, Realm: "reserved"} })
	anyRoles    = rapid.SampledFrom([][]string{nil, {"viewer"}, {"viewer", "<editor>"}})
	// anyObject is JSON as a maker writes it: what it writes is what is read.
	anyObject = rapid.SampledFrom([]json.RawMessage{
		json.RawMessage(`{}`), json.RawMessage(`{"a":[1,null]}`), json.RawMessage(`{"a":"\u003c\u0026\u2028"}`),
	})
)

// someOf are so many that they do meet: left alone, rapid draws five.
func someOf[T any](one *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.SliceOfN(one, 25, 60)
}

func anyCommand() *rapid.Generator[Command] {
	return rapid.OneOf(anyTokenCommand(), anyMemberCommand(), anyUserCommand(), anyRoleCommand(), anyOAuthCommand(), anySettingsCommand(), anyUpkeepCommand(), anyCACommand(), anyRestoreCommand())
}

func anyTokenCommand() *rapid.Generator[Command] {
	return rapid.Custom(func(t *rapid.T) Command {
		account, name, id := anyAccount.Draw(t, "account"), anyName.Draw(t, "name"), anyID.Draw(t, "id")
		switch rapid.IntRange(0, 7).Draw(t, "command") {
		case 0, 1, 2:
			return &CreateServiceToken{Token: ServiceToken{
				Account: account, Name: name, ID: id, Hash: anySecret.Draw(t, "hash"),
				Created: anyTime.Draw(t, "now"), Creator: anyCreator.Draw(t, "creator"),
				Expires: anyTime.Draw(t, "expires"), Metadata: anyObject.Draw(t, "metadata"),
			}, UserManaged: account == worker, Roles: anyRoles.Draw(t, "roles")}
		case 3:
			return &DeleteServiceToken{Account: account, Name: name, ID: id}
		case 4, 5:
			return &RotateServiceToken{
				Account: account, Name: name, ID: id, Hash: anySecret.Draw(t, "hash"), PreviousUntil: anyTime.Draw(t, "until"),
				UserManaged: account == worker, Roles: anyRoles.Draw(t, "roles"),
			}
		case 6:
			return &NoteTokenUses{Uses: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) TokenUse {
				return TokenUse{
					Account: anyAccount.Draw(t, "account"), Name: anyName.Draw(t, "name"),
					ID: anyID.Draw(t, "id"), At: anyTime.Draw(t, "at"),
				}
			}), 0, 5).Draw(t, "uses")}
		default:
			key := TokenKey{Account: account, Name: name}
			return &PurgeExpired{ServiceTokens: []TokenKey{key}, ServiceTokensBefore: anyTime.Draw(t, "before")}
		}
	})
}

func anyMemberCommand() *rapid.Generator[Command] {
	joinToken := rapid.SampledFrom([]string{"jt0", "jt1", "jt2"})
	member := rapid.Custom(func(t *rapid.T) Member {
		return Member{
			ID: anyID.Draw(t, "member"), Name: "node" + anyName.Draw(t, "node name"),
			TransportAddress: rapid.String().Draw(t, "transport address"), HTTPAddress: "127.0.0.1:9200",
		}
	})
	return rapid.Custom(func(t *rapid.T) Command {
		switch rapid.IntRange(0, 6).Draw(t, "command") {
		case 6:
			return &AdmitSeededMember{Member: member.Draw(t, "member"), Replaces: anyID.Draw(t, "replaces")}
		case 0, 1:
			token := JoinToken{ID: joinToken.Draw(t, "join token"), Hash: anySecret.Draw(t, "hash"), Expires: anyTime.Draw(t, "expires")}
			return &CreateJoinToken{Token: token, Now: anyTime.Draw(t, "now")}
		case 2, 3:
			return &AdmitMember{
				TokenID: joinToken.Draw(t, "join token"), Now: anyTime.Draw(t, "now"),
				Member: member.Draw(t, "member"), Replaces: anyID.Draw(t, "replaces"),
			}
		case 4:
			return &UpdateMember{member.Draw(t, "member")}
		default:
			return rapid.SampledFrom([]Command{founding(), anyRaise.Draw(t, "raise"), anyRecovery.Draw(t, "recovery"), &RemoveMember{"id0"}, &RemoveMember{"id1"}, &RemoveMember{""}}).Draw(t, "rare")
		}
	})
}

var anyRecovery = rapid.Custom(func(t *rapid.T) *RecoverCluster {
	return &RecoverCluster{
		UUID: "uuid " + anyID.Draw(t, "uuid"), Member: Member{ID: "r" + anyID.Draw(t, "new id"), Name: "node" + anyName.Draw(t, "node name")},
		Retired: []string{anyID.Draw(t, "retired")}, Level: rapid.IntRange(0, Level).Draw(t, "level"),
		Outstanding: rapid.SampledFrom([]int64{0, 1, 1 << 40}).Draw(t, "outstanding"),
	}
})

var anyRaise = rapid.Custom(func(t *rapid.T) *RaiseLevel {
	return &RaiseLevel{
		Level:   rapid.IntRange(0, Level).Draw(t, "level"),
		Members: rapid.Permutation([]string{"", "id0", "id1", "id2", founding().Member.ID}).Draw(t, "members")[rapid.IntRange(0, 1).Draw(t, "unknown"):],
	}
})

func anyUserCommand() *rapid.Generator[Command] {
	return rapid.Custom(func(t *rapid.T) Command {
		name, id := anyName.Draw(t, "name"), anyID.Draw(t, "id")
		switch rapid.IntRange(0, 5).Draw(t, "command") {
		case 0, 1, 2:
			return &PutUser{User: User{
				Name: name, ID: id, Password: anyPassword.Draw(t, "password"), Roles: anyRoles.Draw(t, "roles"),
				FullName: rapid.Ptr(rapid.String(), true).Draw(t, "full name"), Metadata: anyObject.Draw(t, "metadata"),
				Disabled: rapid.Bool().Draw(t, "disabled"),
			}}
		case 3:
			return &DeleteUser{Name: name}
		case 4:
			return &SetPassword{Name: name, Password: anyPassword.Draw(t, "password"), NewID: id, Former: anyPassword.Draw(t, "former")}
		default:
			return &SetUserEnabled{Name: name, Enabled: rapid.Bool().Draw(t, "enabled"), NewID: id}
		}
	})
}

func anyRoleCommand() *rapid.Generator[Command] {
	return rapid.Custom(func(t *rapid.T) Command {
		name, account := anyName.Draw(t, "name"), anyAccount.Draw(t, "account")
		switch rapid.IntRange(0, 7).Draw(t, "command") {
		case 0, 1:
			return &PutRole{Role: Role{Name: name, Descriptor: anyObject.Draw(t, "descriptor")}}
		case 2:
			return &DeleteRole{Name: name}
		case 3:
			return &PutApplicationPrivilege{Privilege: ApplicationPrivilege{
				Application: anyName.Draw(t, "application"), Name: name, Actions: anyRoles.Draw(t, "actions"), Metadata: anyObject.Draw(t, "metadata"),
			}}
		case 4:
			return &DeleteApplicationPrivilege{Application: anyName.Draw(t, "application"), Name: name}
		case 5, 6:
			return &PutServiceAccount{Account: ServiceAccount{
				Name: account, Roles: anyRoles.Draw(t, "roles"), Disabled: rapid.Bool().Draw(t, "disabled"),
			}}
		default:
			return &DeleteServiceAccount{Name: account, Force: rapid.Bool().Draw(t, "force")}
		}
	})
}

var (
	anyOAuthID = rapid.SampledFrom([]string{"1", "2", "3", "4"})
	anyRealm   = rapid.SampledFrom([]string{"", "native", "native2"})
	anyRequest = rapid.SampledFrom([]string{"r1", "r2", "r3"})
	anyClient  = rapid.SampledFrom([]Client{app, app, app, {Username: "spy", Realm: "native"}})
	// Their secrets follow from their ids, so that they are often the right ones.
	anyOAuthToken = rapid.Custom(func(t *rapid.T) OAuthToken {
		token := pair(anyOAuthID.Draw(t, "id"), Owner{
			Username: anyName.Draw(t, "owner"), Realm: anyRealm.Draw(t, "realm"), Details: anyObject.Draw(t, "details"),
		})
		token.Created, token.Expires, token.Until = anyTime.Draw(t, "created"), anyTime.Draw(t, "expires"), anyTime.Draw(t, "until")
		if rapid.IntRange(0, 4).Draw(t, "single") == 0 {
			token.Refresh = ""
		}
		return token
	})
)

func anyOAuthCommand() *rapid.Generator[Command] {
	return rapid.Custom(func(t *rapid.T) Command {
		id, now := anyOAuthID.Draw(t, "id"), anyTime.Draw(t, "now")
		switch rapid.IntRange(0, 9).Draw(t, "command") {
		case 0, 1:
			return &CreateOAuthToken{Token: anyOAuthToken.Draw(t, "token")}
		case 2, 3, 4, 5:
			return &RefreshOAuthToken{
				ID: id, Refresh: "refresh-" + Sensitive(id), Client: anyClient.Draw(t, "client"), Now: now,
				New: anyOAuthToken.Draw(t, "new"), Sealed: anySecret.Draw(t, "sealed"),
			}
		case 6:
			return &InvalidateOAuthToken{ID: id, Access: "access-" + Sensitive(id), By: anyRequest.Draw(t, "by")}
		case 7:
			return &InvalidateOAuthToken{ID: id, Refresh: "refresh-" + Sensitive(id), By: anyRequest.Draw(t, "by")}
		case 8:
			return &InvalidateOAuthTokens{
				Username: anyName.Draw(t, "username"), Realm: anyRealm.Draw(t, "realm"), By: anyRequest.Draw(t, "by"), Now: now,
			}
		default:
			return &PurgeExpired{
				Now: now, OAuthTokens: []string{id, anyOAuthID.Draw(t, "second id")},
				Successions: []string{id}, SuccessionsBefore: anyTime.Draw(t, "before"),
			}
		}
	})
}

// asSeen stands for the version that the machine has when the command comes.
const asSeen = 1<<64 - 1

func anySettingsCommand() *rapid.Generator[Command] {
	version := rapid.SampledFrom([]uint64{asSeen, asSeen, asSeen, 0, 1, 2})
	return rapid.Custom(func(t *rapid.T) Command {
		if rapid.IntRange(0, 2).Draw(t, "command") == 0 {
			return &SettleSettings{Version: version.Draw(t, "version")}
		}
		return &PutSettings{
			Was:         version.Draw(t, "was"),
			Consistency: rapid.Ptr(rapid.SampledFrom([]string{"", "quorum", "<available>"}), true).Draw(t, "consistency"),
			Lease:       rapid.Ptr(anyTime, true).Draw(t, "lease"),
			MaxAge:      rapid.Ptr(anyTime, true).Draw(t, "max age"),
			Outstanding: anyTime.Draw(t, "outstanding"),
		}
	})
}

func anyUpkeepCommand() *rapid.Generator[Command] {
	return rapid.Custom(func(t *rapid.T) Command {
		if rapid.Bool().Draw(t, "a vote") {
			return &SetMemberVoting{ID: anyID.Draw(t, "id"), Voting: rapid.Bool().Draw(t, "voting")}
		}
		c := &PutAutopilotSettings{
			CleanupDeadServers:  rapid.Ptr(rapid.SampledFrom([]string{"", "true", "false"}), true).Draw(t, "cleanup"),
			DeadServerThreshold: rapid.Ptr(anyTime, true).Draw(t, "dead"),
			LastContact:         rapid.Ptr(anyTime, true).Draw(t, "contact"),
			MaxTrailingLogs:     rapid.Ptr(rapid.Uint64Range(0, 2), true).Draw(t, "trailing"),
			MinQuorum:           rapid.Ptr(rapid.Uint64Range(0, 2), true).Draw(t, "quorum"),
			Stabilization:       rapid.Ptr(anyTime, true).Draw(t, "stable"),
		}
		if rest, ok := anySettingsCommand().Draw(t, "rest").(*PutSettings); ok {
			c.Settings = rest
		}
		return c
	})
}

// aimed gives a command the version that its maker would have seen.
func (s *story) aimed(c Command) Command {
	version := s.Current().Settings().Version
	switch c := c.(type) {
	case *PutSettings:
		if c.Was == asSeen {
			aimed := *c
			aimed.Was = version
			return &aimed
		}
	case *PutAutopilotSettings:
		if c.Settings != nil {
			aimed := *c
			aimed.Settings = s.aimed(c.Settings).(*PutSettings)
			return &aimed
		}
	case *SettleSettings:
		if c.Version == asSeen {
			return &SettleSettings{Version: version}
		}
	case *StageRestore, *DropRestore, *CommitRestore:
		return s.aimedRestore(c)
	}
	return c
}
