package cluster

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
)

// forming is a fresh node of three, at a listener of its own, whose hosts are those.
func forming(t *testing.T, name string, hosts ...string) Formation {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return Formation{
		Self:     Node{ID: NewID(), Name: name, TransportAddress: l.Addr().String()},
		List:     []string{"n0", "n1", "n2"},
		Hosts:    hosts,
		Secret:   quickSecret(t, storySecret, "jeton"),
		Listener: l,
		Keep:     func(Ballot) error { return nil },
		Met:      func() error { return nil },
		Waiting:  func(string) {},
		Logger:   slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// inLobby answers for the node until the test is over.
func inLobby(t *testing.T, f Formation) (address string) {
	t.Helper()
	l, err := openLobby(&f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	return f.Self.TransportAddress
}

func TestAChosenFounderWaitsForOneThatKnowsOfACluster(t *testing.T) {
	t.Parallel()
	joining := forming(t, "n1")
	joining.Joining = true
	founder := forming(t, "n0", inLobby(t, joining))
	founder.Ballot = Ballot{List: founder.List, Vote: founder.Self.ID, Founder: true}
	ctx, cancel := context.WithCancel(within(t, patience))
	founder.Waiting = func(string) { cancel() }
	if _, err := founder.Run(ctx); err == nil {
		t.Fatal("it has founded a second cluster")
	} else {
		wantError(t, err, "waiting for n1, which knows of a cluster")
	}
}

func TestAChosenFounderThatSeesNobodyFounds(t *testing.T) {
	t.Parallel()
	founder := forming(t, "n0", freeAddress(t))
	founder.Ballot = Ballot{List: founder.List, Vote: founder.Self.ID, Founder: true}
	if joined, err := founder.Run(within(t, patience)); joined != nil || err != nil {
		t.Fatalf("%v, %v", joined, err)
	}
}

func TestAChosenFounderThatIsStoppedDoesNotFound(t *testing.T) {
	t.Parallel()
	founder := forming(t, "n0", freeAddress(t))
	founder.Ballot = Ballot{List: founder.List, Vote: founder.Self.ID, Founder: true}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // all the others seem to be silent then
	if _, err := founder.Run(ctx); err == nil {
		t.Fatal("it has founded")
	}
}

// It gave its vote, and has met a cluster since.
func TestTheVoteOfOneThatIsJoiningDoesNotCount(t *testing.T) {
	t.Parallel()
	candidate := forming(t, "n0")
	for about, c := range map[string]struct {
		joining bool
		yes     int
	}{"fresh": {false, 1}, "joining": {true, 0}} {
		voter := forming(t, "n1")
		voter.Joining, voter.Ballot = c.joining, Ballot{List: voter.List, Vote: candidate.Self.ID}
		address := inLobby(t, voter)
		s := &seeker{Formation: candidate, discovery: discovery{secret: candidate.Secret, tcp: (&net.Dialer{}).DialContext}}
		at := sighting{address: address, presence: presence{ID: voter.Self.ID, Name: "n1", State: stateFresh}}
		body := []byte(`{"id":"` + candidate.Self.ID + `","name":"n0","list":["n0","n1","n2"]}`)
		if yes, _ := s.poll(within(t, patience), []sighting{at}, body); len(yes) != c.yes {
			t.Errorf("%s: %d votes, want %d", about, len(yes), c.yes)
		}
	}
}

// Seed hosts that are this node itself look well, and nobody will ever come.
func TestALoneSeedListIsNotCalledHealthy(t *testing.T) {
	s := &seeker{Formation: Formation{Self: Node{ID: "0", Name: "n0"}, Hosts: []string{"n0:9300"}, List: []string{"n0", "n1", "n2"}}}
	self := sighting{address: "n0:9300", presence: presence{ID: "0", Name: "n0", State: stateFresh, List: s.List}}
	another := sighting{address: "n9:9300", presence: presence{ID: "9", Name: "n9", State: stateFresh}}
	for about, c := range map[string]struct {
		seen []sighting
		says string
	}{
		"itself":  {[]sighting{self}, "nobody but this node itself is behind discovery.seed_hosts (n0:9300): set it to"},
		"another": {[]sighting{self, another}, "all of discovery.seed_hosts answer"},
	} {
		if why := s.missing(s.sort(c.seen), []string{"n0"}); !strings.Contains(why, c.says) {
			t.Errorf("%s: %q does not say %q", about, why, c.says)
		}
	}
}
