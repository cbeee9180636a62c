package node_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/cluster"
	"jeton/node"
	"jeton/node/nodetest"
	"jeton/security/userfile"
)

const (
	credentials = "/_security/service/elastic/fleet-server/credential"
	tokens      = credentials + "/token"
	whoAmI      = "/_security/_authenticate"
)

// create makes a token at a node and returns its bearer value.
func create(t *testing.T, n *nodetest.Node, name string) string {
	t.Helper()
	a := n.Do(http.MethodPost, tokens+"/"+name, "")
	if a.Status != http.StatusOK {
		t.Fatalf("create %s at %s: %d %s", name, n.Name, a.Status, a.Body)
	}
	return bearerOf(t, a)
}

func bearerOf(t *testing.T, a nodetest.Answer) string {
	t.Helper()
	token, _ := a.JSON(t)["token"].(map[string]any)
	value, _ := token["value"].(string)
	if value == "" {
		t.Fatalf("no token in %s", a.Body)
	}
	return value
}

func wantStatus(t *testing.T, want int, a nodetest.Answer, what string) {
	t.Helper()
	if a.Status != want {
		t.Errorf("%s: status %d, want %d: %s", what, a.Status, want, a.Body)
	}
}

// names returns the keys of an object in an answer.
func names(t *testing.T, a nodetest.Answer, key string) []string {
	t.Helper()
	object, ok := a.JSON(t)[key].(map[string]any)
	if !ok {
		t.Fatalf("no %s in %s", key, a.Body)
	}
	var keys []string
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func TestATokenWorksOnEveryNodeTheMomentItsCreationIsAnswered(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	var clients sync.WaitGroup
	for client := range 6 {
		clients.Go(func() {
			at := c.Nodes[client%3]
			for i := range 15 {
				name := fmt.Sprintf("t-%d-%d", client, i)
				a, err := at.Try(http.MethodPost, tokens+"/"+name, "")
				if err != nil || a.Status != http.StatusOK {
					t.Errorf("create %s at %s: %v %d %s", name, at.Name, err, a.Status, a.Body)
					return
				}
				bearer := bearerOf(t, a)
				for _, other := range c.Nodes {
					used, err := other.Try(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer))
					if err != nil || used.Status != http.StatusOK {
						t.Errorf("%s was created at %s and is not accepted at %s: %v %d %s", name, at.Name, other.Name, err, used.Status, used.Body)
					}
				}
				listed, err := c.Nodes[(client+i)%3].Try(http.MethodGet, credentials, "")
				if err != nil || !strings.Contains(listed.Body, `"`+name+`"`) {
					t.Errorf("%s was created and is not listed: %v %s", name, err, listed.Body)
				}
			}
		})
	}
	clients.Wait()
}

func TestEveryNodeTakesEveryWrite(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	for i, n := range c.Nodes {
		name := fmt.Sprintf("token%d", i)
		bearer := create(t, n, name)
		next := c.Nodes[(i+1)%3]
		wantStatus(t, http.StatusConflict, next.Do(http.MethodPut, tokens+"/"+name, ""), "create again at "+next.Name)
		wantStatus(t, http.StatusOK, next.Do(http.MethodDelete, tokens+"/"+name, ""), "delete at "+next.Name)
		wantStatus(t, http.StatusNotFound, n.Do(http.MethodDelete, tokens+"/"+name, ""), "delete again at "+n.Name)
		wantStatus(t, http.StatusUnauthorized, next.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer)), "use after delete")
	}
}

func TestAFileTokenBelongsToItsNodeAlone(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	// A documented vector: the file as Elasticsearch writes it, and its bearer.
	const line = "elastic/fleet-server/token1:{PBKDF2_STRETCH}10000$8QN+eThJEaCd18sCP0nfzxJq2D9yhmSZgI20TDooYcE=$+0ELfqW4D2+/SlHvm/885dzv67qO2SMJg32Mv/9epXk=\n"
	const bearer = "AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpyNXdkYmRib1FTZTl2R09Ld2FKR0F3"
	owner := c.Nodes[1]
	if err := os.WriteFile(owner.ServiceTokens(), []byte("no colon in this line\n"+line), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Eventually("the changed file to be live", func() error {
		a, err := owner.Try(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer))
		if err == nil && a.Status != http.StatusOK {
			err = errors.New(a.Body)
		}
		return err
	})
	a := owner.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer))
	if !strings.Contains(a.Body, `"type":"_service_account_file"`) {
		t.Errorf("authenticated otherwise than from the file: %s", a.Body)
	}
	for _, n := range c.Nodes {
		mine := names(t, n.Do(http.MethodGet, credentials, ""), "file_tokens")
		switch {
		case n == owner && !slices.Equal(mine, []string{"token1"}):
			t.Errorf("%s lists %v as its own file tokens", n.Name, mine)
		case n != owner && len(mine) > 0:
			t.Errorf("%s lists %v, which is another node's", n.Name, mine)
		}
		if n != owner {
			wantStatus(t, http.StatusUnauthorized, n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer)), "file token at "+n.Name)
		}
		all := n.Do(http.MethodGet, credentials, "", nodetest.Header("Accept", "application/vnd.elasticsearch+json; compatible-with=9"))
		if !strings.Contains(all.Body, `"file_tokens":{"token1":{"nodes":["node1"]}}`) || !strings.Contains(all.Body, `"successful":3`) {
			t.Errorf("%s does not tell which nodes hold the file token: %s", n.Name, all.Body)
		}
	}
	if err := os.Remove(owner.ServiceTokens()); err != nil {
		t.Fatal(err)
	}
	c.Eventually("the removed file to be forgotten", func() error {
		a, err := owner.Try(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer))
		if err == nil && a.Status != http.StatusUnauthorized {
			err = fmt.Errorf("status %d", a.Status)
		}
		return err
	})
}

func TestWithoutALeaderNothingIsWrittenAndFileTokensStillWork(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{"auth.timeout=300ms"}})
	last := c.Nodes[2]
	index, onFile := create(t, last, "indexed"), fileToken(t, c, last)
	edited(t)(userfile.Add(filepath.Join(last.Dir, "config"), "jane", quickHash(t, "janes-password"), []string{"superuser"}))
	answers(t, c, last, http.StatusOK, whoAmI, as("jane", "janes-password"))
	c.Nodes[0].Stop()
	c.Nodes[1].Stop()
	c.Eventually("the last node to see that nobody leads", func() error {
		if last.Leads() {
			return errors.New("it still leads")
		}
		return nil
	})
	answers(t, c, last, http.StatusServiceUnavailable, whoAmI, nodetest.Bearer(index)) // its lease is over
	wantStatus(t, http.StatusOK, last.Do(http.MethodGet, whoAmI, "", onFile), "the file token")
	unknown := index[:len(index)-4] + "AAAA"
	wantStatus(t, http.StatusServiceUnavailable, last.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(unknown)), "a token that only a leader could refuse")
	wantStatus(t, http.StatusServiceUnavailable, last.Do(http.MethodGet, credentials+"?timeout=300ms", ""), "list")
	a := last.Do(http.MethodPost, tokens+"/lost?timeout=300ms", "")
	wantStatus(t, http.StatusServiceUnavailable, a, "create")
	if !strings.Contains(a.Body, "nothing was changed") {
		t.Errorf("the error does not say that nothing happened: %s", a.Body)
	}
	wantStatus(t, http.StatusServiceUnavailable, last.Do(http.MethodGet, "/readyz", ""), "readyz")
	wantStatus(t, http.StatusOK, last.Do(http.MethodGet, "/livez", ""), "livez")
	health := must(t, last, http.MethodGet, "/_cluster/health", "", as("jane", "janes-password"))
	if health.JSON(t)["status"] != "red" {
		t.Errorf("health without a majority: %s", health.Body)
	}
	c.Nodes[0].Restart()
	c.Nodes[1].Restart()
	c.WaitReady()
	if got := names(t, last.Do(http.MethodGet, credentials, ""), "tokens"); !slices.Equal(got, []string{"indexed"}) {
		t.Errorf("tokens after a create that was refused: %v", got)
	}
}

func TestALateJoinerGetsEverythingFromASnapshot(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 3, nodetest.Options{Tune: func(_ string, o *node.Options) {
		o.Timing = cluster.Timing{SnapshotThreshold: 20, TrailingLogs: 5, SnapshotInterval: 100 * time.Millisecond}
	}})
	bearers := map[string]string{}
	for i := range 60 {
		name := fmt.Sprintf("early%d", i)
		bearers[name] = create(t, c.Nodes[i%3], name)
	}
	c.Eventually("a snapshot on every node", func() error {
		for _, n := range c.Nodes {
			found, err := os.ReadDir(n.Dir + "/data/raft/snapshots")
			if err != nil || len(found) == 0 {
				return fmt.Errorf("%s has none: %v", n.Name, err)
			}
		}
		return nil
	})
	late := c.Add()
	c.WaitReady()
	for name, bearer := range bearers {
		wantStatus(t, http.StatusOK, late.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer)), name+" at the late joiner")
	}
	create(t, late, "by-the-late-one")
	if voters, members := late.Voters(); voters != 4 || members != 4 {
		t.Errorf("%d voters of %d members, want 4 of 4", voters, members)
	}
	// From its snapshot and the log behind it the joiner comes back by itself.
	late.Stop()
	create(t, c.Nodes[0], "meanwhile")
	late.Restart()
	c.WaitReady()
	got := names(t, late.Do(http.MethodGet, credentials, ""), "tokens")
	if len(got) != len(bearers)+2 {
		t.Errorf("the restarted joiner lists %d tokens, want %d", len(got), len(bearers)+2)
	}
}

func TestARemovedNodeStopsAndDoesNotComeBack(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	gone := c.Follower()
	wantStatus(t, http.StatusNotFound, c.Leader().Do(http.MethodDelete, "/_jeton/nodes/nobody", ""), "remove an unknown node")
	wantStatus(t, http.StatusOK, c.Leader().Do(http.MethodDelete, "/_jeton/nodes/"+gone.Name, ""), "remove")
	select {
	case <-gone.Done():
	case <-time.After(nodetest.Patience):
		t.Fatal("the removed node goes on")
	}
	if gone.Err() == nil {
		t.Error("a node that was removed by somebody else stops without an error")
	}
	gone.Stop()
	if err := gone.TryStart(""); err == nil || !strings.Contains(err.Error(), "was removed from its cluster") {
		t.Errorf("the removed node's directory starts again: %v", err)
	}
	c.WaitReady()
	for _, n := range c.Running() {
		if _, members := n.Voters(); members != 2 {
			t.Errorf("%s counts %d members, want 2", n.Name, members)
		}
		health := n.Do(http.MethodGet, "/_cluster/health", "").JSON(t)
		if health["status"] != "green" || health["number_of_nodes"] != 2.0 {
			t.Errorf("health after a removal: %v", health)
		}
	}
	// Its name is free for a new machine, its id is not.
	if err := os.RemoveAll(gone.Dir + "/data"); err != nil {
		t.Fatal(err)
	}
	if err := gone.TryStart(c.JoinToken()); err != nil {
		t.Fatalf("a new node of the removed one's name: %v", err)
	}
	c.WaitReady()
}

func TestTheLeaderCanLeave(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	leader := c.Leader()
	bearer := create(t, leader, "kept")
	wantStatus(t, http.StatusOK, leader.Do(http.MethodPost, "/_jeton/nodes/_local/_leave", ""), "leave")
	select {
	case <-leader.Done():
	case <-time.After(nodetest.Patience):
		t.Fatal("the node that left goes on")
	}
	if err := leader.Err(); err != nil {
		t.Errorf("a node that left stops with %v", err)
	}
	leader.Stop()
	c.WaitReady()
	for _, n := range c.Running() {
		wantStatus(t, http.StatusOK, n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer)), "token at "+n.Name)
		create(t, n, "by-"+n.Name)
	}
}

func TestAStoppedNodeStaysAMember(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	stopped := c.Leader()
	kept := create(t, stopped, "before")
	stopped.Stop()
	survivor := c.Running()[0]
	create(t, survivor, "meanwhile") // the handed-over leader takes it
	health := survivor.Do(http.MethodGet, "/_cluster/health", "").JSON(t)
	if health["status"] != "yellow" || health["number_of_nodes"] != 2.0 {
		t.Errorf("health with one of three down: %v", health)
	}
	stopped.Restart() // at other ports than before
	c.WaitReady()
	wantStatus(t, http.StatusOK, stopped.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(kept)), "an old token")
	if got := names(t, stopped.Do(http.MethodGet, credentials, ""), "tokens"); !slices.Equal(got, []string{"before", "meanwhile"}) {
		t.Errorf("tokens at the node that came back: %v", got)
	}
}

func TestAJoinTokenLetsOneNodeIn(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 1)
	token := c.JoinToken()
	first := c.Prepare("first")
	if err := first.TryStart(token); err != nil {
		t.Fatal(err)
	}
	second := c.Prepare("second")
	if err := second.TryStart(token); err == nil || !strings.Contains(err.Error(), "each node needs its own") {
		t.Errorf("the token let a second node in: %v", err)
	}
	if err := second.TryStart("jeton1.rubbish"); err == nil {
		t.Error("a damaged token let a node in")
	}
	// The refused node has not founded a cluster of its own, and a token of its
	// own lets it in.
	if err := second.TryStart(""); err == nil {
		t.Error("a node that was refused starts without a token that is good")
	}
	if err := second.TryStart(c.JoinToken()); err != nil {
		t.Fatal(err)
	}
	c.WaitReady()
}

func TestANameIsTakenOnce(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 2)
	twin := c.Prepare("node1")
	if err := twin.TryStart(c.JoinToken()); err == nil || !strings.Contains(err.Error(), "another node of the cluster is named [node1]") {
		t.Errorf("a second node1 joined: %v", err)
	}
}

func TestAJoinThatWasCutOffGoesOnByItself(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 1)
	token := c.JoinToken()
	founder := c.Nodes[0]
	late := c.Prepare("late")
	founder.Stop()
	if err := late.TryStartFor(500*time.Millisecond, token); err == nil {
		t.Fatal("a node joined a cluster that is not there")
	}
	// At loopback a fresh directory would found; this one is not fresh.
	founder.RestartAtSameAddress()
	if err := late.TryStart(""); err != nil {
		t.Fatalf("the join did not go on: %v", err)
	}
	c.WaitReady()
	if voters, _ := late.Voters(); voters != 2 {
		t.Errorf("%d voters, want 2", voters)
	}
}

func TestThePasswordOfElasticIsHandedOverOnce(t *testing.T) {
	t.Parallel()
	shown := ""
	c := nodetest.StartWith(t, 1, nodetest.Options{Tune: func(_ string, o *node.Options) {
		o.Password = ""
		o.ShowPassword = func(p string) { shown = p }
	}})
	c.Password = shown
	wantStatus(t, http.StatusOK, c.Nodes[0].Do(http.MethodGet, whoAmI, ""), "the password that was shown")
	if _, err := os.Stat(c.Nodes[0].Dir + "/data/initial_password"); !os.IsNotExist(err) {
		t.Errorf("it was left on disk as well: %v", err)
	}
	c.Password = "wrong"
	wantStatus(t, http.StatusUnauthorized, c.Nodes[0].Do(http.MethodGet, whoAmI, ""), "a wrong password")
}

func TestWithoutATerminalThePasswordIsInAFileOfTheNode(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 1, nodetest.Options{Tune: func(_ string, o *node.Options) { o.Password = "" }})
	path := c.Nodes[0].Dir + "/data/initial_password"
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("initial_password: %v %v", info, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Password = strings.TrimSpace(string(data))
	wantStatus(t, http.StatusOK, c.Nodes[0].Do(http.MethodGet, whoAmI, ""), "the password from the file")
}

func TestAStopFinishesOpenRequests(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	last := c.Nodes[2]
	c.Nodes[0].Stop()
	c.Nodes[1].Stop()
	c.Eventually("the last node to see that nobody leads", func() error {
		if last.Leads() {
			return errors.New("it still leads")
		}
		return nil
	})
	// Without a leader these creates are held up until their time is over.
	var clients sync.WaitGroup
	sent := make(chan struct{}, 16)
	for i := range cap(sent) {
		clients.Go(func() {
			a, err := last.Try(http.MethodPost, fmt.Sprintf("%s/open%d?timeout=2s", tokens, i), "", nodetest.OnceSent(func() { sent <- struct{}{} }))
			if err != nil || a.Status != http.StatusServiceUnavailable {
				t.Errorf("a create that was under way at the stop: %v %d %s", err, a.Status, a.Body)
			}
		})
	}
	for range cap(sent) {
		<-sent
	}
	wantStatus(t, http.StatusOK, last.Do(http.MethodGet, "/livez", ""), "livez") // behind them all
	last.Stop()
	clients.Wait()
	c.Nodes[0].Restart()
	c.Nodes[1].RestartAtSameAddress()
	c.WaitReady()
}

func TestAMemberWhoseLogIsGoneDoesNotStart(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	n := c.Follower()
	n.Stop()
	if err := os.RemoveAll(n.Dir + "/data/raft"); err != nil {
		t.Fatal(err)
	}
	if err := n.TryStart(""); err == nil || !strings.Contains(err.Error(), "its log is gone") {
		t.Errorf("it would vote again where it has voted: %v", err)
	}
}

func TestANodeThatComesBackUnderAnothersNameStops(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	n := c.Follower()
	n.Stop()
	taken := c.Leader().Name
	n.Name, taken = taken, n.Name
	n.Restart()
	select {
	case <-n.Done():
	case <-time.After(nodetest.Patience):
		t.Fatal("two nodes go on under one name")
	}
	if err := n.Err(); err == nil || !strings.Contains(err.Error(), "another node of the cluster is named") {
		t.Errorf("it stops with %v", err)
	}
	n.Stop()
	n.Name = taken
	n.Restart()
	c.WaitReady()
}

func TestALeaveThatWasRefusedIsNoLeave(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	leader, other := c.Leader(), c.Follower()
	var third *nodetest.Node
	for _, n := range c.Nodes {
		if n != leader && n != other {
			third = n
		}
	}
	third.Stop()
	// Two are left, and after a removal one of two voters would be: no majority.
	wantStatus(t, http.StatusConflict, other.Do(http.MethodPost, "/_jeton/nodes/_local/_leave", ""), "leave")
	third.Restart()
	c.WaitReady()
	wantStatus(t, http.StatusOK, c.Leader().Do(http.MethodDelete, "/_jeton/nodes/"+other.Name, ""), "remove")
	select {
	case <-other.Done():
	case <-time.After(nodetest.Patience):
		t.Fatal("the removed node goes on")
	}
	if other.Err() == nil {
		t.Error("a node that was removed, and had once asked to leave in vain, stops without an error")
	}
	other.Stop()
}
