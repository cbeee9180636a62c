package fsm

// goldenRecords are a record of each kind that a backup holds, with every field.
func goldenRecords() []Restorable {
	spent := goldenOAuthToken
	spent.Refreshed, spent.AccessInvalidatedBy, spent.RefreshInvalidatedBy = 1767226000000, "r-1", "r-2"
	return []Restorable{
		{OAuthSince: 1767225600000},
		{User: &goldenUser},
		{Role: &goldenRole},
		{ApplicationPrivilege: &goldenPrivilege},
		{ServiceAccount: &ServiceAccount{Name: "apps/worker", Roles: []string{"<role>", "viewer"}, Disabled: true}},
		{ServiceToken: &goldenServiceToken},
		{OAuthToken: &spent},
		{Succession: &Succession{ID: spent.ID, At: spent.Refreshed, Sealed: "c2VhbGVk+/=="}},
	}
}

var goldenSource = BackupSource{
	ClusterUUID: "Zm9ybWVyLWNsdXN0ZXI", Former: []string{"b2xkZXItY2x1c3Rlcg"}, ClusterName: "<jeton>",
	Index: 9007199254740993, Made: 1767225600000, Version: "1.0.0",
}

var goldenCounts = Counts{Users: 1, Roles: 1, ApplicationPrivileges: 1, ServiceAccounts: 1, ServiceTokens: 1, OAuthTokens: 1, Successions: 1}

// The proposals of a restore.
var (
	goldenStaging = Proposal{ID: "9f1c0047", Seen: 36, Command: &StageRestore{
		Stage: "stage-1", Now: 1767225600000, Digest: "5ea1", Records: goldenRecords(),
	}}
	goldenDrop   = Proposal{ID: "9f1c0048", Seen: 37, Command: &DropRestore{Stage: "stage-2", Chunks: 3}}
	goldenSwitch = Proposal{ID: "9f1c0049", Seen: 38, Command: &CommitRestore{
		ID: "restore-1", Stage: "stage-1", Chunks: 1, Records: goldenCounts, Digest: ChainDigest("", "5ea1"),
		Now: 1767225600001, By: Creator{Principal: "elastic", Realm: "reserved"}, Source: goldenSource, BringBack: true, Reserved: "elastic",
	}}
)

// withRestore adds to a state what restores leave in it.
func withRestore(golden *snapshot) *snapshot {
	s := golden.state
	s.restored = &Restored{
		ID: "restore-0", At: 1767225600000, By: Creator{Principal: "zoë", Realm: "native"}, Source: goldenSource,
		Foreign: true, BringBack: true, ReservedPassword: PasswordKept, Counts: goldenCounts,
		Listings: []Listing{{Kind: KindServiceToken, What: StaysRevoked, Total: 12, Names: []string{"apps/worker/<t>"}}},
	}
	s.stage = &stage{stageMeta: stageMeta{ID: "stage-1", Now: 1767225600002, Chunks: 1, Digest: ChainDigest("", "5ea1")}, records: newState()}
	for _, r := range goldenRecords() {
		if err := r.into(s.stage.records); err != nil {
			panic(err)
		}
	}
	golden.outcomes = append(golden.outcomes, Outcome{ID: "9f1c0016", Index: 56, Code: Incomplete}, Outcome{ID: "9f1c0017", Index: 57, Code: Full})
	return golden
}
