package node

import (
	"context"
	"time"

	"jeton/cluster"
	"jeton/fsm"
)

// certificateTick is how often a node looks whether something is due about
// certificates: a comparison of numbers, as a rule.
const certificateTick = time.Second

// keepCertificates renews the node's certificate in time, follows what the cluster
// trusts and, where this node leads, takes a rotation of the CA on. What fails is
// done the next time.
func (n *Node) keepCertificates() {
	tick := time.NewTicker(certificateTick)
	defer tick.Stop()
	for {
		n.certs.maintain(registry{n.link}.Sign)
		n.advanceCA(n.ctx)
		select {
		case <-tick.C:
		case <-n.ctx.Done():
			return
		}
	}
}

func (n *Node) advanceCA(ctx context.Context) {
	if !n.state.Current().CARotation().UnderWay() || !n.Leads() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, upkeepTime)
	defer cancel()
	if err := n.service.AdvanceCARotation(ctx); err != nil {
		n.log.Debug("the rotation of the cluster's CA could not be taken on; trying again", "error", err)
	}
}

// newCA makes a CA for a rotation.
func newCA(name string) (fsm.CA, error) {
	ca, err := cluster.NewCA(name)
	return fsm.CA{Certificate: string(ca.Certificate), Key: fsm.Sensitive(ca.Key)}, err
}
