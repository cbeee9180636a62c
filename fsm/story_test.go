package fsm

import (
	"bytes"
	"fmt"
	"slices"

	"pgregory.net/rapid"
)

// story feeds one machine: every command takes the next log index, as the
// proposal of a maker who has seen everything before it.
type story struct {
	*Machine
	t rapid.TB
}

func newStory(t rapid.TB) *story { return &story{Machine: New(), t: t} }

// do proposes the command and returns what became of it.
func (s *story) do(c Command) Code {
	s.t.Helper()
	id := fmt.Sprintf("p%d", s.Index()+1)
	return s.propose(Proposal{ID: id, Seen: s.Index(), Command: c})
}

// propose applies the proposal as it is and returns what became of it.
func (s *story) propose(p Proposal) Code {
	s.t.Helper()
	if err := s.Apply(s.Index()+1, encode(s.t, p)); err != nil {
		s.t.Fatalf("apply %s: %v", p.Command.Type(), err)
	}
	o, known := s.Outcome(p.ID)
	if !known {
		s.t.Fatalf("the outcome of %s %q was not remembered", p.Command.Type(), p.ID)
	}
	return o.Code
}

// mustDo is for the parts of a story that lead up to its point.
func (s *story) mustDo(commands ...Command) {
	s.t.Helper()
	for _, c := range commands {
		if code := s.do(c); code != OK {
			s.t.Fatalf("%s: outcome %q, want %q", c.Type(), code, OK)
		}
	}
}

// restore reads a snapshot that must be good.
func (s *story) restore(data []byte) {
	s.t.Helper()
	if err := s.Restore(bytes.NewReader(data)); err != nil {
		s.t.Fatalf("restore: %v", err)
	}
}

func encode(t rapid.TB, p Proposal) []byte {
	t.Helper()
	data, err := Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// saved is the snapshot of the machine as it is now.
func saved(t rapid.TB, m *Machine) []byte {
	t.Helper()
	var out bytes.Buffer
	n, err := m.Snapshot().WriteTo(&out)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(out.Len()) {
		t.Fatalf("WriteTo said %d bytes and wrote %d", n, out.Len())
	}
	return out.Bytes()
}

// contents is a state as plain values, for comparison.
type contents struct {
	Cluster    *Cluster
	CA         *CA
	Users      []User
	Members    []Member
	Removed    []string
	JoinTokens []JoinToken
	Tokens     []ServiceToken

	Roles           []Role
	Privileges      []ApplicationPrivilege
	ServiceAccounts []ServiceAccount
	OAuthSince      int64
	OAuthTokens     []OAuthToken
	Successions     []Succession
	Settings        Settings
	Level           int

	Replicas   []string
	Autopilot  AutopilotSettings
	CARotation CARotation
	Restored   *Restored
	Stage      *stagedContents
}

func contentsOf(s *State) contents {
	return contents{
		Cluster:    s.cluster,
		CA:         s.ca,
		Users:      values(s.users),
		Members:    values(s.members),
		Removed:    values(s.removed),
		JoinTokens: values(s.joinTokens),
		Tokens:     values(s.tokens),

		Roles:           values(s.roles),
		Privileges:      values(s.privileges),
		ServiceAccounts: values(s.serviceAccounts),
		OAuthSince:      s.oauthSince,
		OAuthTokens:     values(s.oauthTokens),
		Successions:     values(s.successions),
		Settings:        s.Settings(),
		Level:           s.Level(),

		Replicas:   values(s.replicas),
		Autopilot:  s.Autopilot(),
		CARotation: s.CARotation(),
		Restored:   normalRestored(s.Restored()),
		Stage:      stagedContentsOf(s.stage),
	}
}

func normalRestored(r *Restored) *Restored {
	if r == nil {
		return nil
	}
	same := *r
	same.Listings = normal(r.Listings)
	return &same
}

// values is nil for an empty tree.
func values[T any](t *tree[T]) []T {
	var list []T
	for r := range walk(t, "") {
		list = append(list, *r)
	}
	return list
}

func want[T comparable](t rapid.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantFound[T any](t rapid.TB, what string, find func() (*T, bool), want bool) {
	t.Helper()
	if _, found := find(); found != want {
		t.Errorf("%s: found is %v, want %v", what, found, want)
	}
}

// names of an account's tokens, as a listing shows them.
func names(s *State, account string) []string {
	var list []string
	for t := range s.ServiceTokens(account) {
		list = append(list, t.Name)
	}
	return list
}

func wantNames(t rapid.TB, s *State, account string, want ...string) {
	t.Helper()
	if got := names(s, account); !slices.Equal(got, want) {
		t.Errorf("tokens of %s: got %q, want %q", account, got, want)
	}
}

func token(account, name string) ServiceToken {
	return ServiceToken{Account: account, Name: name, Hash: "{SSHA256}hash-of-" + Sensitive(name), Created: 1000}
}

func member(id, name string) Member {
	return Member{ID: id, Name: name, TransportAddress: name + ":9300", HTTPAddress: name + ":9200"}
}

func founding() *FoundCluster {
	return &FoundCluster{
		Cluster: Cluster{UUID: "uuid", Name: "jeton"},
		CA:      CA{Certificate: "certificate", Key: "key"},
		User:    User{Name: "elastic", Password: "{bcrypt}hash"},
		Member:  member("id0", "node0"),
	}
}
