package node

import (
	"context"
	"strings"
)

// Commit carries an entry that no use case makes.
func (n *Node) Commit(ctx context.Context, entry []byte) error { return n.link.Commit(ctx, entry) }

// StateText is the node's replicated state as a snapshot would hold it.
func StateText(n *Node) string {
	var text strings.Builder
	_, _ = n.state.Snapshot().WriteTo(&text)
	return text.String()
}
