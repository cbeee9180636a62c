// Package security makes every decision of Jeton: who are you, may you, and
// what becomes of what you ask for.
//
// Each use case of [Service] takes the caller's [Identity] first and tests its
// privilege itself, so a route that forgets the check cannot be written. A use
// case prepares its command completely (authorised, named, hashed, dated,
// numbered), hands it to the [Log], and reads the outcome from this node's own
// state.
//
// It must not know echo, Raft, or the shape of anything on the wire: the
// cluster is behind the interfaces Log and Peers, and httpapi turns results and
// errors into answers.
package security
