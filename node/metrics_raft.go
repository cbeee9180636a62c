package node

import (
	"sync"
	"time"

	gometrics "github.com/hashicorp/go-metrics/compat"
	sink "github.com/hashicorp/go-metrics/compat/prometheus"
	"github.com/prometheus/client_golang/prometheus"
)

// raftMetrics shows what Raft measures of itself. Raft tells that to a global of
// the process, so there is one collector, made by the first node of the process
// and shared by all others: where several nodes run in one, as in `jeton dev`,
// each of them shows the numbers of all together. Raft's package expects exactly
// this, and writes to the global without asking for another.
var raftMetrics = sync.OnceValue(func() prometheus.Collector {
	collector, err := sink.NewPrometheusSinkFrom(sink.PrometheusOpts{
		Name:               "raft_metrics",
		Registerer:         prometheus.NewRegistry(), // it insists on one; ours are the nodes'
		Expiration:         raftExpiration,
		GaugeDefinitions:   raftGauges,
		CounterDefinitions: raftCounters,
		SummaryDefinitions: raftSummaries,
	})
	if err != nil {
		panic(err) // the registry is new: it has no other of that name
	}
	config := gometrics.DefaultConfig("")
	config.EnableHostname, config.EnableRuntimeMetrics = false, false // the Go collector's are better
	if _, err := gometrics.NewGlobal(config, collector); err != nil {
		panic(err) // it has no reason to
	}
	return collector
})

// raftExpiration is how long a number stays that nothing has changed: those about
// a member, whose label peer_id is its id, go when it has gone. The ones below
// stay.
const raftExpiration = 10 * time.Minute

// What is declared is there from the beginning, zero until it was measured, at
// leaders and at followers. Times are milliseconds, as Raft tells them.
var (
	raftGauges = []sink.GaugeDefinition{
		{Name: []string{"raft", "peers"}, Help: "Servers of the configuration, as the leader sees them."},
		{Name: []string{"raft", "commitNumLogs"}, Help: "Entries of the latest commit of the leader."},
		{Name: []string{"raft", "leader", "dispatchNumLogs"}, Help: "Entries of the latest write of the leader."},
		{Name: []string{"raft", "leader", "oldestLogAge"}, Help: "Milliseconds since the oldest entry of the leader's log was written."},
		{Name: []string{"raft", "fsm", "lastRestoreDuration"}, Help: "Milliseconds that the latest restore of a snapshot took."},
	}
	raftCounters = []sink.CounterDefinition{
		{Name: []string{"raft", "apply"}, Help: "Entries that were handed to the leader."},
		{Name: []string{"raft", "barrier"}, Help: "Barriers of Raft's own."},
		{Name: []string{"raft", "restore"}, Help: "Restores by a user."},
		{Name: []string{"raft", "state", "candidate"}, Help: "Times a node became a candidate."},
		{Name: []string{"raft", "state", "follower"}, Help: "Times a node became a follower."},
		{Name: []string{"raft", "state", "leader"}, Help: "Times a node became the leader."},
		{Name: []string{"raft", "transition", "heartbeat_timeout"}, Help: "Times a follower heard of no leader for too long."},
		{Name: []string{"raft", "transition", "leader_lease_timeout"}, Help: "Times a leader heard of no majority for too long, and gave up."},
	}
	raftSummaries = []sink.SummaryDefinition{
		{Name: []string{"raft", "commitTime"}, Help: "Milliseconds from the leader's write of an entry to its commit."},
		{Name: []string{"raft", "leader", "dispatchLog"}, Help: "Milliseconds that the leader's writes to its disk took."},
		{Name: []string{"raft", "leader", "lastContact"}, Help: "Milliseconds since the leader heard of each follower, when it checked that it leads."},
		{Name: []string{"raft", "fsm", "apply"}, Help: "Milliseconds that applying entries took."},
		{Name: []string{"raft", "fsm", "applyBatch"}, Help: "Milliseconds that applying one batch of entries took."},
		{Name: []string{"raft", "fsm", "restore"}, Help: "Milliseconds that restores of snapshots took."},
		{Name: []string{"raft", "fsm", "snapshot"}, Help: "Milliseconds that taking the state for a snapshot took."},
		{Name: []string{"raft", "snapshot", "persist"}, Help: "Milliseconds that writing snapshots took."},
		{Name: []string{"raft", "rpc", "appendEntries"}, Help: "Milliseconds that followers took for a message with entries."},
		{Name: []string{"raft", "rpc", "installSnapshot"}, Help: "Milliseconds that followers took for a snapshot."},
		{Name: []string{"raft", "boltdb", "storeLogs"}, Help: "Milliseconds that writes to the file of the log took."},
		{Name: []string{"raft", "boltdb", "logsPerBatch"}, Help: "Entries in one write to the file of the log."},
		{Name: []string{"raft", "boltdb", "logBatchSize"}, Help: "Bytes in one write to the file of the log."},
	}
)
