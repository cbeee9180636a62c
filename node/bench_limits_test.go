package node_test

import (
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"github.com/labstack/echo/v4"
	"go.etcd.io/bbolt"

	"jeton/fsm"
	"jeton/node/nodetest"
	"jeton/security/token"
)

// The limits: what the libraries below Jeton reach on this machine when nothing
// is done with them.

// BenchmarkEmptyEcho answers the request of BenchmarkAuthenticate without
// looking at it.
func BenchmarkEmptyEcho(b *testing.B) {
	e := echo.New()
	e.GET(whoAmI, func(c echo.Context) error {
		return c.JSON(http.StatusOK, struct {
			Username string `json:"username"`
			Enabled  bool   `json:"enabled"`
		}{"elastic/fleet-server", true})
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: e}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	url := "http://" + listener.Addr().String()
	bearer := token.Bearer{Namespace: "elastic", Service: "fleet-server", Name: "stored-1", Secret: token.NewSecret()}
	r := request(b, http.MethodGet, url+whoAmI, nodetest.Bearer(bearer.Encode()))
	byClients(b, func(b *testing.B) operation {
		conn := dial(b, url)
		return func() error { return conn.do(r) }
	})
}

// BenchmarkBareRaft commits entries of the size of a create's, handed to the
// leader without HTTP, to three nodes that forget them, connected without TLS.
func BenchmarkBareRaft(b *testing.B) {
	leader := startBareRaft(b, 3)
	entry := createEntry(b)
	byClients(b, func(*testing.B) operation {
		return func() error { return leader.Apply(entry, 5*time.Second).Error() }
	})
	if leader.State() != raft.Leader {
		b.Error("leadership moved during the measurement: run it again")
	}
}

// createEntry is a log entry as a create makes it.
func createEntry(b *testing.B) []byte {
	b.Helper()
	entry, err := fsm.Encode(fsm.Proposal{ID: rand.Text(), Seen: 10_000, Command: &fsm.CreateServiceToken{
		Token: fsm.ServiceToken{
			Account: "elastic/fleet-server",
			Name:    "node0-10000",
			Hash:    fsm.Sensitive(token.HashFast(token.NewSecret()).Text()),
			Created: time.Now().UnixMilli(),
			Creator: fsm.Creator{Principal: "elastic", Realm: "reserved"},
		},
	}})
	if err != nil {
		b.Fatal(err)
	}
	return entry
}

// startBareRaft starts Raft servers, each with a disk of its own and a port of
// 127.0.0.1, and returns their leader.
func startBareRaft(b *testing.B, servers int) *raft.Raft {
	b.Helper()
	var founding raft.Configuration
	transports := make([]*raft.NetworkTransport, servers)
	for i := range transports {
		t, err := raft.NewTCPTransportWithLogger("127.0.0.1:0", nil, 4, 10*time.Second, hclog.NewNullLogger())
		if err != nil {
			b.Fatal(err)
		}
		transports[i] = t
		founding.Servers = append(founding.Servers, raft.Server{ID: raft.ServerID(t.LocalAddr()), Address: t.LocalAddr()})
	}
	rafts := make([]*raft.Raft, servers)
	for i, t := range transports {
		rafts[i] = openBareRaft(b, t)
	}
	if err := rafts[0].BootstrapCluster(founding).Error(); err != nil {
		b.Fatal(err)
	}
	for deadline := time.Now().Add(nodetest.Patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, r := range rafts {
			if r.State() == raft.Leader {
				return r
			}
		}
	}
	b.Fatal("no leader was elected")
	return nil
}

// openBareRaft opens one server with the stores and the settings that package
// cluster has (cluster/store.go, openRaft): they must be changed together.
func openBareRaft(b *testing.B, transport *raft.NetworkTransport) *raft.Raft {
	b.Helper()
	dir := b.TempDir()
	bolt, err := raftboltdb.New(raftboltdb.Options{
		Path:        filepath.Join(dir, "raft.db"),
		BoltOptions: &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType},
	})
	if err != nil {
		b.Fatal(err)
	}
	cached, err := raft.NewLogCache(512, bolt)
	if err != nil {
		b.Fatal(err)
	}
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(dir, 2, hclog.NewNullLogger())
	if err != nil {
		b.Fatal(err)
	}
	conf := raft.DefaultConfig()
	conf.LocalID = raft.ServerID(transport.LocalAddr())
	conf.CommitTimeout = 3 * time.Millisecond
	conf.MaxAppendEntries = 512
	conf.BatchApplyCh = true
	conf.NoLegacyTelemetry = true
	conf.Logger = hclog.NewNullLogger()
	r, err := raft.NewRaft(conf, forgetful{}, cached, bolt, snapshots, transport)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = r.Shutdown().Error()
		_ = transport.Close()
		_ = bolt.Close()
	})
	return r
}

// forgetful is a state machine without a state.
type forgetful struct{}

// Apply implements raft.FSM.
func (forgetful) Apply(*raft.Log) any { return nil }

// Snapshot implements raft.FSM.
func (forgetful) Snapshot() (raft.FSMSnapshot, error) { return forgetful{}, nil }

// Restore implements raft.FSM.
func (forgetful) Restore(r io.ReadCloser) error { return r.Close() }

// Persist implements raft.FSMSnapshot.
func (forgetful) Persist(sink raft.SnapshotSink) error { return sink.Close() }

// Release implements raft.FSMSnapshot.
func (forgetful) Release() {}
