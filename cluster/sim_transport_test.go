package cluster

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/hashicorp/raft"

	"jeton/internal/mutant"
)

// simTransport is Raft's side of a simWire.
type simTransport struct{ *simWire }

func (t simTransport) Consumer() <-chan raft.RPC                               { return t.consumer }
func (t simTransport) LocalAddr() raft.ServerAddress                           { return raft.ServerAddress(t.id) }
func (t simTransport) EncodePeer(_ raft.ServerID, a raft.ServerAddress) []byte { return []byte(a) }
func (t simTransport) DecodePeer(b []byte) raft.ServerAddress                  { return raft.ServerAddress(b) }

func (t simTransport) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}

func (t simTransport) SetHeartbeatHandler(f func(raft.RPC)) {
	if !mutant.Is(mutant.HeartbeatFastPath) {
		return // as tlsWire's
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heartbeat = f
}

// Close implements raft.WithClose.
func (t simTransport) Close() error {
	t.once.Do(func() { close(t.closed) })
	t.kill()
	return nil
}

func (t simTransport) AppendEntries(_ raft.ServerID, to raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	copied := *args
	return carryRPC(t, to, &copied, nil, resp)
}

func (t simTransport) RequestVote(_ raft.ServerID, to raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	return carryRPC(t, to, args, nil, resp)
}

func (t simTransport) RequestPreVote(_ raft.ServerID, to raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	return carryRPC(t, to, args, nil, resp)
}

func (t simTransport) TimeoutNow(_ raft.ServerID, to raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	return carryRPC(t, to, args, nil, resp)
}

func (t simTransport) InstallSnapshot(_ raft.ServerID, to raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	image, err := io.ReadAll(data)
	if err != nil {
		return err
	}
	return carryRPC(t, to, args, bytes.NewReader(image), resp)
}

// simPatience is how long Raft waits for an answer: longer than most cuts, as with
// a connection that comes back.
const simPatience = 600 * time.Millisecond

func carryRPC[T any](t simTransport, to raft.ServerAddress, command any, data io.Reader, resp *T) error {
	ctx, cancel := context.WithTimeout(t.ctx, simPatience)
	defer cancel()
	far := t.net.wire(string(to))
	if !t.net.travel(t.simWire, far, ctx.Done()) {
		return errSimTimeout
	}
	if t.net.isHeld(string(to), command) {
		<-ctx.Done()
		return errSimTimeout
	}
	answer := make(chan raft.RPCResponse, 1)
	rpc := raft.RPC{Command: command, Reader: data, RespChan: answer}
	if !far.take(ctx, rpc) {
		return errSimTimeout
	}
	select {
	case r := <-answer:
		if !t.net.travel(far, t.simWire, ctx.Done()) {
			return errSimTimeout
		}
		if r.Error != nil {
			return r.Error
		}
		*resp = *r.Response.(*T)
		return nil
	case <-ctx.Done():
		return errSimTimeout
	case <-far.closed:
		return errSimTimeout
	}
}

// take hands an RPC to the node's Raft: a heartbeat on its fast path, anything
// else in the queue.
func (w *simWire) take(ctx context.Context, rpc raft.RPC) bool {
	w.mu.Lock()
	heartbeat := w.heartbeat
	w.mu.Unlock()
	if a, ok := rpc.Command.(*raft.AppendEntriesRequest); ok && heartbeat != nil && isHeartbeat(a) {
		heartbeat(rpc)
		return true
	}
	select {
	case w.consumer <- rpc:
		return true
	case <-ctx.Done():
		return false
	case <-w.closed:
		return false
	}
}

// isHeartbeat is how Raft's own transports tell one.
func isHeartbeat(a *raft.AppendEntriesRequest) bool {
	return a.Term != 0 && len(a.RPCHeader.Addr) > 0 && a.PrevLogEntry == 0 && a.PrevLogTerm == 0 && len(a.Entries) == 0 && a.LeaderCommitIndex == 0
}
