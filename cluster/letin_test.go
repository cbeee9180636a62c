package cluster

import (
	"testing"

	"github.com/hashicorp/raft"
)

func (m *member) nodes() int { return len(m.registry.Nodes()) }

func TestABadCertificateRequestSpendsNoToken(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	only := tm.leader()
	token, node := tm.newToken(only), Node{ID: NewID(), Name: "new"}
	_, err := RequestJoin(within(t, patience), token, node, 1, []byte("no request"))
	wantRefusal(t, err, "certificate request")
	if n := only.nodes(); n != 1 {
		t.Errorf("%d nodes are recorded, want the founder", n)
	}
	_, csr := newCSR(t)
	if _, err := RequestJoin(within(t, patience), token, Node{ID: NewID(), Name: "another"}, 1, csr); err != nil {
		t.Errorf("the token was spent: %v", err)
	}
}

// The copy has the token too, which let the original in.
func TestACopyOfAVoterIsRefusedWithItsToken(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	leader := tm.leader()
	original := tm.newMember("original")
	token := tm.newToken(leader)
	original.requestJoin(token)
	original.listenAndOpen(false)
	tm.waitVoters(3)
	original.stop()
	_, csr := newCSR(t)
	_, err := RequestJoin(within(t, patience), token, original.self, 1, csr)
	wantRefusal(t, err, "never with a copy")
}

// The raise was proposed before, with an outcome that its maker did not learn, and
// is seen only once the newcomer's record is in the log after it.
func TestARaiseThatIsSeenLateKeepsAnOldReleaseOut(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	only := tm.leader()
	_, csr := newCSR(t)
	old := Node{ID: NewID(), Name: "old", TransportAddress: "127.0.0.1:1"}
	_, err := only.letIn(within(t, patience), JoinRequest{Node: old, CSR: csr, Level: 1}, func() error {
		only.commit(command{ID: "raise", Op: opRaise, Level: 2})
		return nil
	})
	wantRefusal(t, err, "feature level 2")
	if s := only.suffrage(old.ID); s != raft.ServerSuffrage(-1) {
		t.Errorf("it is a server, suffrage %v", s)
	}
}
