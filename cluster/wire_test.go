package cluster

import (
	"io"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

func TestHeartbeatsGoWhereAllElseGoes(t *testing.T) {
	t.Parallel()
	open := func() *raft.NetworkTransport {
		transport, err := raft.NewTCPTransport("127.0.0.1:0", nil, 1, patience, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = transport.Close() })
		return transport
	}
	here, there := open(), queued{open()}
	there.SetHeartbeatHandler(func(raft.RPC) { t.Error("a heartbeat went past the queue") })
	leader := []byte(here.LocalAddr())
	heartbeat := &raft.AppendEntriesRequest{RPCHeader: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: leader, Addr: leader}, Term: 7}
	answered := make(chan error, 1)
	go func() {
		answered <- here.AppendEntries("there", there.LocalAddr(), heartbeat, new(raft.AppendEntriesResponse))
	}()
	select {
	case rpc := <-there.Consumer():
		rpc.Respond(&raft.AppendEntriesResponse{Term: 7, Success: true}, nil)
	case <-time.After(patience):
		t.Fatal("no heartbeat came")
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
