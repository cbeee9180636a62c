package model

// The sizes that are searched. A leads first. Where no clock goes wrong a lease may
// be as short as one tick without a margin: then there are fewer states, and a tick
// is still all that a lease may last.

// small is what the others are made of: three voters, one leader change, one
// delete, B serves the requests.
func small(name string, changes ...func(*scenario)) scenario {
	sc := scenario{
		name: name, servers: 3, voters: set(serverA, serverB, serverC), holders: set(serverB),
		terms: 2, lease: 2, margin: 1, deletes: 1,
	}
	for _, change := range changes {
		change(&sc)
	}
	return sc
}

func atLeader(sc *scenario) {
	sc.holders, sc.twins = set(serverA), [2]int{serverB, serverC}
}

func atNonVoter(sc *scenario) {
	sc.servers, sc.holders, sc.twins = 4, set(serverD), [2]int{serverB, serverC}
}

func twoVoters(sc *scenario) {
	sc.voters, sc.holders = set(serverA, serverB), set(serverC)
}

func clocks(sc *scenario) {
	sc.slow = sc.holders
	sc.fast = set(serverA, serverB, serverC) &^ sc.holders
}

func shortest(sc *scenario) { sc.lease, sc.margin = 1, 0 }

func oneTerm(sc *scenario) { sc.terms = 1 }

func creation(sc *scenario) { sc.creates, sc.deletes = 1, 0 }

func restoring(sc *scenario) { sc.restores = 1 }

func counting(sc *scenario) { sc.counter = true }

func denying(sc *scenario) { sc.early = true }

func leaving(sc *scenario) {
	sc.removes, sc.target = true, serverB
	if !has(sc.holders, serverB) {
		sc.target = serverC
	}
}

func entering(sc *scenario) {
	atNonVoter(sc)
	sc.enters, sc.target = true, serverD
}

func lowering(sc *scenario) { sc.lease, sc.margin, sc.lowTo = 2, 0, 1 }

func twoHolders(sc *scenario) { sc.holders = set(serverB, serverC) }

func times(deletes, restores, terms int) func(*scenario) {
	return func(sc *scenario) { sc.deletes, sc.restores, sc.terms = deletes, restores, terms }
}

func length(lease, margin byte) func(*scenario) {
	return func(sc *scenario) { sc.lease, sc.margin = lease, margin }
}

// scenarios are searched with every run of the tests.
func scenarios() []scenario {
	return []scenario{
		small("at a follower"),
		small("at the leader", atLeader),
		small("at a server without a vote", atNonVoter),
		small("two voters and one without", twoVoters),
		small("clocks, at a follower", clocks),
		small("clocks, at the leader", atLeader, clocks),
		small("create at two servers", creation, twoHolders),
		small("create and delete", func(sc *scenario) { sc.creates = 1 }),
		small("two deletes", shortest, times(2, 0, 2)),
		small("restore", restoring),
		small("restore, the epoch a counter", restoring, counting),
		small("early denial", denying, restoring),
		small("removal of a voter, one term", shortest, oneTerm, leaving),
		small("removal of a server without a vote", shortest, twoVoters, leaving),
		small("adding a server", entering, shortest),
		small("lowering the lease", twoVoters, lowering),
	}
}

// largeScenarios are searched by hand.
func largeScenarios() []scenario {
	return []scenario{
		small("clocks and a longer lease", clocks, length(3, 1)),
		small("three terms", times(1, 0, 3)),
		small("three terms, at the leader", times(1, 0, 3), atLeader),
		small("two deletes with a margin", times(2, 0, 2)),
		small("two holders", twoHolders, shortest),
		small("two restores", times(1, 2, 2)),
		small("two deletes and a restore", shortest, times(2, 1, 2)),
		small("restore and clocks", restoring, clocks, twoVoters),
		small("removal of a voter", leaving, shortest),
		small("removal with a restore", twoVoters, leaving, shortest, restoring),
		small("adding a server, with a margin", entering),
		small("lowering the lease, three voters", lowering),
		small("removal with a margin", twoVoters, leaving),
		small("adding a server, three terms", entering, shortest, times(1, 0, 3)),
		small("three terms and a restore", twoVoters, times(1, 1, 3)),
		small("no shortcuts", clocks, func(sc *scenario) { sc.plain = true }),
	}
}

// fault is a variant and the smallest scenario in which it is looked for.
type fault struct {
	wrong variant
	in    scenario
}

func faults() []fault {
	return []fault{
		{noBarrier, small("", oneTerm)},
		{absentAtOnce, small("", times(2, 0, 1))},
		{noReadyWait, small("")},
		{deposedForgets, small("")},
		{askedBefore, small("", restoring)},
		{joinInFlight, small("", creation)},
		{joinAtLeader, small("", creation)},
		{noConfirmation, small("")},
		{nonVotersCount, small("", atNonVoter)},
		{lateAnswers, small("")},
		{noOwnTerm, small("")},
		{grantAfterIndex, small("", oneTerm)},
		{startAtReply, small("", oneTerm)},
		{twoHandles, small("", restoring, counting)},
		{noEpoch, small("", restoring)},
		{epochNotCompared, small("", restoring)},
		{confirmInRestore, small("", restoring, counting)},
		{lookFirst, small("", oneTerm)},
		{missUnderLease, small("", creation)},
		{ownStateOnly, small("", creation, twoHolders)},
		{noMargin, small("", clocks, oneTerm)},
		{wildClocks, small("", clocks, oneTerm)},
		{noDrain, small("", shortest, oneTerm, leaving)},
		{retireAtOnce, small("", shortest, oneTerm, leaving)},
		{retiredGoesOn, small("", shortest, oneTerm, leaving)},
		{grantUncommitted, small("", entering, shortest)},
		{lowerAtOnce, small("", twoVoters, lowering)},
	}
}

// harmless are variants that break nothing where they are searched: another rule
// covers for the one that is missing.
func harmless() []fault {
	return []fault{
		{twoHandles, small("", restoring)},
		{confirmInRestore, small("", restoring)},
		{grantRetired, small("", shortest, oneTerm, leaving)},
		{configIgnored, small("", shortest, entering)},
	}
}

func largeHarmless() []fault {
	return []fault{
		{grantRetired, small("", shortest, leaving)},
		{grantRetired, small("", shortest, twoVoters, leaving, restoring)},
		{configIgnored, small("", shortest, leaving)},
	}
}
