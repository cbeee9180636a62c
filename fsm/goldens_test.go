package fsm

import (
	"encoding/json"
	"fmt"
)

// goldenProposals has one proposal for each command type, and more of the same
// type behind a dash. The texts hold what JSON escapes, because that is part of
// the form.
var goldenProposals = map[string]Proposal{
	"found_cluster": {ID: "9f1c0001", Seen: 0, Command: &FoundCluster{
		Cluster: Cluster{UUID: "Qm9vdHN0cmFwcGVkLWhlcmU", Name: "jeton"},
		CA: CA{
			Certificate: "-----BEGIN CERTIFICATE-----\nMIIB+golden/==\n-----END CERTIFICATE-----\n",
			Key:         "-----BEGIN GOLDEN KEY-----\nMIGH+golden/==\n-----END GOLDEN KEY-----\n",
		},
		User: User{Name: "elastic", Password: "{bcrypt}$2a$10$golden"},
		Member: Member{
			ID: "0b5e6f5e7a2f4d0f", Name: "node0",
			TransportAddress: "127.0.0.1:9300", HTTPAddress: "127.0.0.1:9200",
		},
	}},
	"create_service_token": {ID: "9f1c0002", Seen: 1, Command: &CreateServiceToken{Token: ServiceToken{
		Account: "elastic/fleet-server", Name: "token-1", Hash: "{SSHA256}golden+/==", Created: 1767225600000,
		Creator: Creator{Principal: "zoë <&> \u2028", Realm: "reserved"},
	}}},
	"delete_service_token": {ID: "9f1c0003", Seen: 2, Command: &DeleteServiceToken{
		Account: "elastic/fleet-server", Name: "token-1",
	}},
	"create_join_token": {ID: "9f1c0004", Seen: 3, Command: &CreateJoinToken{
		Token: JoinToken{
			ID: "jt-1", Hash: "{SSHA256}join+/==", Expires: 1767312000000,
			Creator: Creator{Principal: "elastic", Realm: "reserved"}, UsedBy: "5d41402abc4b2a76",
		},
		Now: 1767225600000,
	}},
	"admit_member": {ID: "9f1c0005", Seen: 4, Command: &AdmitMember{
		TokenID: "jt-1", Now: 1767225600001, Replaces: "7c9e6679f4b1a2d3",
		Member: Member{
			ID: "5d41402abc4b2a76", Name: "node1",
			TransportAddress: "[::1]:9301", HTTPAddress: "[::1]:9201",
		},
	}},
	"update_member": {ID: "9f1c0006", Seen: 1<<64 - 1, Command: &UpdateMember{Member: Member{
		ID: "5d41402abc4b2a76", Name: "node1-renamed",
		TransportAddress: "node1.example:9301", HTTPAddress: "node1.example:9201",
	}}},
	"admit_seeded_member": {ID: "9f1c0060", Seen: 60, Command: &AdmitSeededMember{
		Replaces: "7c9e6679f4b1a2d3",
		Member: Member{
			ID: "5d41402abc4b2a76", Name: "node1",
			TransportAddress: "[::1]:9301", HTTPAddress: "[::1]:9201",
		},
	}},
	"remove_member": {ID: "9f1c0007", Seen: 6, Command: &RemoveMember{ID: "5d41402abc4b2a76"}},
	"create_service_token-with_all": {ID: "9f1c0008", Seen: 7, Command: &CreateServiceToken{
		Token: goldenServiceToken, UserManaged: true,
	}},
	"delete_service_token-of_an_id": {ID: "9f1c0009", Seen: 8, Command: &DeleteServiceToken{
		Account: "apps/worker", Name: "token-3", ID: "st-3",
	}},
	"rotate_service_token": {ID: "9f1c0010", Seen: 9, Command: &RotateServiceToken{
		Account: "apps/worker", Name: "token-3", ID: "st-3",
		Hash: "{SSHA256}rotated+/==", PreviousUntil: 1767229200000,
	}},
	"rotate_service_token-of_an_account_with_roles": {ID: "9f1c0032", Seen: 31, Command: &RotateServiceToken{
		Account: "apps/worker", Name: "token-3", ID: "st-3", Hash: "{SSHA256}rotated+/==",
		UserManaged: true, Roles: []string{"<role>", "viewer"},
	}},
	"note_token_uses": {ID: "9f1c0011", Seen: 10, Command: &NoteTokenUses{Uses: []TokenUse{
		{Account: "apps/worker", Name: "token-3", ID: "st-3", At: 1767232800000},
		{Account: "elastic/fleet-server", Name: "token-1", At: 1767232800000},
	}}},

	"create_service_token-of_an_account_with_roles": {ID: "9f1c0031", Seen: 30, Command: &CreateServiceToken{
		Token: goldenServiceToken, UserManaged: true, Roles: []string{"<role>", "viewer"},
	}},

	"put_user": {ID: "9f1c0012", Seen: 11, Command: &PutUser{User: goldenUser}},
	"put_user-without_a_password": {ID: "9f1c0013", Seen: 12, Command: &PutUser{User: User{
		Name: "zoë", Disabled: true,
	}}},
	"delete_user":  {ID: "9f1c0014", Seen: 13, Command: &DeleteUser{Name: "zoë"}},
	"set_password": {ID: "9f1c0015", Seen: 14, Command: &SetPassword{Name: "kibana", Password: "{bcrypt}$2a$10$new", NewID: "u-3"}},
	"set_password-of_ones_own": {ID: "9f1c0030", Seen: 29, Command: &SetPassword{
		Name: "zoë", Password: "{bcrypt}$2a$10$new", Former: "{bcrypt}$2a$10$zoe",
	}},
	"set_user_enabled": {ID: "9f1c0016", Seen: 15, Command: &SetUserEnabled{Name: "zoë", Enabled: true, NewID: "u-4"}},

	"put_role":    {ID: "9f1c0017", Seen: 16, Command: &PutRole{Role: goldenRole}},
	"delete_role": {ID: "9f1c0018", Seen: 17, Command: &DeleteRole{Name: "<role>"}},
	"put_application_privilege": {ID: "9f1c0019", Seen: 18, Command: &PutApplicationPrivilege{
		Privilege: goldenPrivilege,
	}},
	"delete_application_privilege": {ID: "9f1c0020", Seen: 19, Command: &DeleteApplicationPrivilege{
		Application: "app", Name: "read",
	}},
	"put_service_account": {ID: "9f1c0021", Seen: 20, Command: &PutServiceAccount{Account: ServiceAccount{
		Name: "apps/worker", Roles: []string{"<role>", "viewer"}, Disabled: true,
	}}},
	"delete_service_account": {ID: "9f1c0022", Seen: 21, Command: &DeleteServiceAccount{
		Name: "apps/worker", Force: true,
	}},

	"create_oauth_token": {ID: "9f1c0023", Seen: 22, Command: &CreateOAuthToken{Token: goldenOAuthToken}},
	"create_oauth_token-without_a_refresh": {ID: "9f1c0024", Seen: 23, Command: &CreateOAuthToken{Token: OAuthToken{
		ID: "019b76da-0002", Access: "00ff", Created: 1767225600000, Expires: 1767226800000, Until: 1767226800000,
		Owner: Owner{Username: "apps/worker", Realm: "_service_account"}, Client: Client{Username: "apps/worker", Realm: "_service_account"},
	}}},
	"refresh_oauth_token": {ID: "9f1c0025", Seen: 24, Command: &RefreshOAuthToken{
		ID: "019b76da-0001", Refresh: "c0de", Client: goldenOAuthToken.Client, Now: 1767226000000,
		New: goldenSuccessor, Sealed: "c2VhbGVk+/==",
	}},
	"invalidate_oauth_token": {ID: "9f1c0026", Seen: 25, Command: &InvalidateOAuthToken{
		ID: "019b76da-0001", Access: "beef", By: "r-1",
	}},
	"invalidate_oauth_token-of_a_refresh": {ID: "9f1c0027", Seen: 26, Command: &InvalidateOAuthToken{
		ID: "019b76da-0001", Refresh: "c0de", By: "r-2",
	}},
	"invalidate_oauth_tokens": {ID: "9f1c0028", Seen: 27, Command: &InvalidateOAuthTokens{
		Username: "zoë", Realm: "native", By: "r-3", Now: 1767226000001,
	}},
	"purge_expired": {ID: "9f1c0029", Seen: 28, Command: &PurgeExpired{
		Now: 1767312000000, OAuthTokens: []string{"019b76da-0001", "019b76da-0002"},
		Successions: []string{"019b76da-0001"}, SuccessionsBefore: 1767311970000,
		ServiceTokens: []TokenKey{{Account: "apps/worker", Name: "token-3"}}, ServiceTokensBefore: 1766707200000,
	}},

	"put_settings": {ID: "9f1c0033", Seen: 32, Command: &PutSettings{
		Was: 9007199254740993, Consistency: new("available"), Lease: new(int64(3000)), MaxAge: new(int64(60000)), Outstanding: 5000,
	}},
	"put_settings-reset": {ID: "9f1c0034", Seen: 33, Command: &PutSettings{
		Consistency: new(""), Lease: new(int64(0)), MaxAge: new(int64(0)),
	}},
	"put_settings-of_one": {ID: "9f1c0035", Seen: 34, Command: &PutSettings{
		Was: 34, Consistency: new("quorum"), Outstanding: 5000,
	}},
	"set_member_voting":     {ID: "9f1c0057", Seen: 36, Command: &SetMemberVoting{ID: "5d41402abc4b2a76", Voting: true}},
	"set_member_voting-not": {ID: "9f1c0058", Seen: 37, Command: &SetMemberVoting{ID: "5d41402abc4b2a76"}},
	"put_autopilot_settings": {ID: "9f1c0059", Seen: 38, Command: &PutAutopilotSettings{
		CleanupDeadServers: new("true"), DeadServerThreshold: new(int64(86400000)), LastContact: new(int64(10000)),
		MaxTrailingLogs: new(uint64(9007199254740993)), MinQuorum: new(uint64(3)), Stabilization: new(int64(10000)),
		Settings: &PutSettings{Was: 34, Consistency: new("quorum"), Outstanding: 5000},
	}},
	"put_autopilot_settings-of_one": {ID: "9f1c0060", Seen: 39, Command: &PutAutopilotSettings{CleanupDeadServers: new("")}},

	"settle_settings": {ID: "9f1c0036", Seen: 35, Command: &SettleSettings{Version: 9007199254740993}},

	"recover_cluster": {ID: "9f1c0038", Seen: 37, Command: &RecoverCluster{
		UUID: "YW5vdGhlci1jbHVzdGVy", Retired: []string{"0b5e6f5e7a2f4d0f"}, Level: 2,
		Member: Member{
			ID: "8d3f6e0b1c2a4957", Name: "node0",
			TransportAddress: "127.0.0.1:9300", HTTPAddress: "127.0.0.1:9200",
		},
	}},
	"recover_cluster-outstanding": {ID: "9f1c0065", Seen: 38, Command: &RecoverCluster{
		UUID: "YW5vdGhlci1jbHVzdGVy", Retired: []string{"0b5e6f5e7a2f4d0f"}, Level: 2, Outstanding: 86400000,
		Member: Member{ID: "8d3f6e0b1c2a4957", Name: "node0"},
	}},
	"raise_level": {ID: "9f1c0037", Seen: 36, Command: &RaiseLevel{Level: 2, Members: []string{"0b5e6f5e7a2f4d0f", "5d41402abc4b2a76"}}},
	"begin_ca_rotation": {ID: "9f1c0201", Seen: 200, Command: &BeginCARotation{
		CA:          CA{Certificate: "-----BEGIN CERTIFICATE-----\nMIIB+next/==\n-----END CERTIFICATE-----\n", Key: "-----BEGIN GOLDEN KEY-----\nMIGH+next/==\n-----END GOLDEN KEY-----\n"},
		Fingerprint: "5eed", Held: true,
	}},
	"release_ca_rotation": {ID: "9f1c0202", Seen: 201, Command: &ReleaseCARotation{Fingerprint: "5eed"}},
	"switch_ca":           {ID: "9f1c0203", Seen: 202, Command: &SwitchCA{Fingerprint: "5eed"}},
	"finish_ca_rotation":  {ID: "9f1c0204", Seen: 203, Command: &FinishCARotation{Fingerprint: "5eed"}},
	"stage_restore":       goldenStaging,
	"drop_restore":        goldenDrop,
	"commit_restore":      goldenSwitch,
}

// Records of which every field is set, as far as one record can have them all.
var (
	goldenServiceToken = ServiceToken{
		Account: "apps/worker", Name: "token-3", ID: "st-3", Hash: "{SSHA256}golden3+/==", Created: 1767225600000,
		Creator: Creator{Principal: "elastic", Realm: "reserved"}, Expires: 1798761600000,
		Metadata: json.RawMessage(`{"for":"\u003cci\u003e"}`), LastUsed: 1767229200000,
		Previous: &PreviousSecret{Hash: "{SSHA256}former+/==", Until: 1767232800000},
	}
	goldenUser = User{
		Name: "zoë", ID: "u-1", Password: "{bcrypt}$2a$10$zoe", Roles: []string{"<role>", "viewer"},
		FullName: new("Zoë <&> \u2028"), Email: new(""), Metadata: json.RawMessage(`{"n":9007199254740993}`), Disabled: true,
	}
	goldenRole = Role{
		Name: "<role>", Descriptor: json.RawMessage(`{"cluster":["manage_token"],"run_as":["\u003c\u0026\u003e"]}`),
	}
	goldenPrivilege = ApplicationPrivilege{
		Application: "app", Name: "read", Actions: []string{"data:read/*", "action:login"}, Metadata: json.RawMessage(`{}`),
	}
	goldenOAuthToken = OAuthToken{
		ID: "019b76da-0001", Access: "beef", Refresh: "c0de",
		Created: 1767225600000, Expires: 1767226800000, Until: 1767312000000,
		Owner:  Owner{Username: "zoë", Realm: "native", Details: json.RawMessage(`{"id":"u-1"}`)},
		Client: Client{Username: "elastic", Realm: "reserved"},
	}
	goldenSuccessor = OAuthToken{
		ID: "019b76e0-0003", Access: "f00d", Refresh: "cafe",
		Created: 1767226000000, Expires: 1767227200000, Until: 1767312400000,
		Owner: goldenOAuthToken.Owner, Client: goldenOAuthToken.Client,
	}
)

// goldenSnapshots are the states that the files hold, by the end of the file's
// name, behind the version.
var goldenSnapshots = map[string]func() *snapshot{
	".txt":               firstSnapshot,
	"/everything.txt":    secondSnapshot,
	"/with_settings.txt": thirdSnapshot,
	"/level_2.txt":       goldenSnapshot,
}

// firstSnapshot is from before there were users and roles.
func firstSnapshot() *snapshot {
	founding := goldenProposals["found_cluster"].Command.(*FoundCluster)
	token := goldenProposals["create_service_token"].Command.(*CreateServiceToken).Token
	second := token
	second.Name = "token-2"
	used := goldenProposals["create_join_token"].Command.(*CreateJoinToken).Token
	unused := JoinToken{ID: "jt-2", Hash: "{SSHA256}unused", Expires: 1767398400000, Creator: used.Creator}
	node1 := goldenProposals["admit_member"].Command.(*AdmitMember).Member
	removed := "7c9e6679f4b1a2d3"

	s := newState()
	s.index = 9007199254740993 // more than a float64 holds
	s.cluster, s.ca = &founding.Cluster, &founding.CA
	s.users = put(s.users, founding.User.Name, &founding.User)
	s.members = put(put(s.members, founding.Member.ID, &founding.Member), node1.ID, &node1)
	s.removed = put(s.removed, removed, &removed)
	s.joinTokens = put(put(s.joinTokens, used.ID, &used), unused.ID, &unused)
	for _, t := range []*ServiceToken{&token, &second} {
		s.tokens = put(s.tokens, tokenKey(t.Account, t.Name), t)
	}
	codes := []Code{OK, Exists, NotFound, NameTaken, TokenUsed, TokenExpired, Removed, Forgotten}
	var outcomes []Outcome
	for i, code := range codes {
		outcomes = append(outcomes, Outcome{ID: fmt.Sprintf("9f1c%04d", i), Index: uint64(40 + i), Code: code})
	}
	return &snapshot{state: s, outcomes: outcomes, horizon: 39}
}

// goldenSnapshot has a record of every kind, and every field of each.
func goldenSnapshot() *snapshot { return withRestore(levelTwo()) }

func levelTwo() *snapshot {
	golden := thirdSnapshot()
	s := golden.state
	s.level = 2
	recovered := *s.cluster
	recovered.Former = []string{"b2xkZXN0", "b2xkZXI"}
	s.cluster = &recovered
	replica := "5d41402abc4b2a76"
	s.replicas = put(s.replicas, replica, &replica)
	s.autopilot = &AutopilotSettings{
		CleanupDeadServers: "true", DeadServerThreshold: 86400000, LastContact: 10000, MaxTrailingLogs: 9007199254740993, MinQuorum: 3, Stabilization: 10000,
	}
	begin := goldenProposals["begin_ca_rotation"].Command.(*BeginCARotation)
	s.rotation = &CARotation{
		Version: 9007199254740993, Fingerprint: begin.Fingerprint, Next: &begin.CA, Held: true,
		Former: "-----BEGIN CERTIFICATE-----\nMIIB+former/==\n-----END CERTIFICATE-----\n",
	}
	return golden
}

// thirdSnapshot is from before the level was raised.
func thirdSnapshot() *snapshot {
	golden := secondSnapshot()
	golden.state.settings = &Settings{
		Consistency: "available", Lease: 3000, MaxAge: 60000, Former: 600000, Version: 9007199254740992,
	}
	golden.outcomes = append(golden.outcomes, Outcome{ID: "9f1c0015", Index: 55, Code: Changed})
	return golden
}

// secondSnapshot is from before there were settings.
func secondSnapshot() *snapshot {
	golden := firstSnapshot()
	s := golden.state
	s.tokens = put(s.tokens, tokenKey(goldenServiceToken.Account, goldenServiceToken.Name), &goldenServiceToken)
	kibana := User{Name: "kibana", ID: "u-2", Disabled: true}
	s.users = put(put(s.users, goldenUser.Name, &goldenUser), kibana.Name, &kibana)
	s.roles = put(s.roles, goldenRole.Name, &goldenRole)
	s.privileges = put(s.privileges, privilegeKey(goldenPrivilege.Application, goldenPrivilege.Name), &goldenPrivilege)
	worker := goldenProposals["put_service_account"].Command.(*PutServiceAccount).Account
	s.serviceAccounts = put(s.serviceAccounts, worker.Name, &worker)

	spent, single := goldenOAuthToken, goldenProposals["create_oauth_token-without_a_refresh"].Command.(*CreateOAuthToken).Token
	spent.Refreshed, spent.AccessInvalidatedBy, spent.RefreshInvalidatedBy = 1767226000000, "r-1", "r-2"
	for _, t := range []*OAuthToken{&spent, &single, &goldenSuccessor} {
		s.putOAuthToken(t)
	}
	s.oauthSince = spent.Created
	s.successions = put(s.successions, spent.ID, &Succession{ID: spent.ID, At: spent.Refreshed, Sealed: "c2VhbGVk+/=="})
	for i, code := range []Code{Replaced, Unchanged, HasTokens, NotTheClient, Invalidated, Expired, Refreshed} {
		golden.outcomes = append(golden.outcomes, Outcome{ID: fmt.Sprintf("9f1c%04d", 8+i), Index: uint64(48 + i), Code: code})
	}
	return golden
}
