package mutant

// Variant names one way of getting the protocol wrong; "" is the protocol.
type Variant string

// The variants. The first group is of docs/consistency.md's rules for take-aways,
// the second of those for rounds, the third of those for leases and look-ups.
const (
	NoBarrier         Variant = "no-barrier"           // a take-away is answered once it is applied
	AbsentAtOnce      Variant = "absent-at-once"       // a delete of what is not there is answered without the log
	NoReadyWait       Variant = "no-ready-wait"        // a new leader takes nobody to hold a lease of a former one
	NoDrain           Variant = "no-drain"             // a server is removed while it may hold a lease
	RetiredKeepsLease Variant = "retired-keeps-lease"  // a member that was retired confirms and goes on
	LowerAtOnce       Variant = "lower-at-once"        // a shorter lease counts before the longer ones are over
	JoinInFlight      Variant = "join-in-flight"       // a question joins the round that is under way
	NoConfirmation    Variant = "no-confirmation"      // a leader answers without asking the voters
	NonVotersCounted  Variant = "non-voters-counted"   // answers of non-voters count
	LateAnswers       Variant = "late-answers"         // answers to an earlier round count
	NoOwnTerm         Variant = "no-own-term"          // a leader answers before it has applied an entry of its term
	HeartbeatFastPath Variant = "heartbeat-fast-path"  // Raft takes heartbeats beside its queue
	VerifyLeader      Variant = "verify-leader"        // hashicorp/raft's VerifyLeader is the confirmation
	GrantAfterIndex   Variant = "grant-after-index"    // the grant is recorded after the index was read
	StartAtReply      Variant = "start-at-reply"       // a lease begins when the answer arrives
	TwoHandles        Variant = "two-handles"          // epoch and index are tested on different handles
	NoEpoch           Variant = "no-epoch"             // a restored state does not end a lease
	EpochNotCompared  Variant = "epoch-not-compared"   // the look-up does not compare the state's epoch
	LookBeforeLease   Variant = "look-before-lease"    // the look-up comes before the test of the lease
	MissUnderLease    Variant = "miss-under-lease"     // a miss under a lease is a no
	MismatchIsNoMiss  Variant = "mismatch-is-no-miss"  // a wrong secret for a known name is a no at once
	UnsyncedLog       Variant = "unsynced-log"         // the log is not synced before it is acknowledged
	AckBeforeOwnState Variant = "ack-before-own-state" // a create is answered before the answering node holds it
)

// All are the variants, in the order of the list above.
func All() []Variant {
	return []Variant{
		NoBarrier, AbsentAtOnce, NoReadyWait, NoDrain, RetiredKeepsLease, LowerAtOnce,
		JoinInFlight, NoConfirmation, NonVotersCounted, LateAnswers, NoOwnTerm, HeartbeatFastPath, VerifyLeader,
		GrantAfterIndex, StartAtReply, TwoHandles, NoEpoch, EpochNotCompared, LookBeforeLease,
		MissUnderLease, MismatchIsNoMiss, UnsyncedLog, AckBeforeOwnState,
	}
}
