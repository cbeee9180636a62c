package security

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"jeton/security/token"
)

// Sentinels. "Refused" (nothing happened) and "unknown" (it may have happened)
// stay apart all the way to the client: see docs/consistency.md.
var (
	// ErrNoLeader: no leader could be reached in time; nothing happened.
	ErrNoLeader = errors.New("no leader of the cluster could be reached in time; nothing was changed: retry, or ask another node; GET /readyz?verbose tells what this one lacks")
	// ErrOutcomeUnknown: the change was handed to a leader whose answer was
	// lost; it may have happened.
	ErrOutcomeUnknown = errors.New("the outcome of the change could not be learnt in time")
	// ErrOverloaded: a bounded queue is full; nothing happened.
	ErrOverloaded = errors.New("too many requests are waiting for this node's decision; nothing was decided or changed: retry, or ask another node")
	// ErrTooLarge: the change does not fit one entry of the log.
	ErrTooLarge = errors.New("the change is larger than the 1 MiB that one change may have; nothing was changed: send less, in parts if need be")
	// ErrTokensDisabled: the OAuth 2.0 token service is off on this node.
	ErrTokensDisabled = errors.New("security tokens are not enabled")
	// ErrNothingToInvalidate: an unknown token was to be invalidated, in a cluster
	// that never had any.
	ErrNothingToInvalidate = errors.New("failed to invalidate token")
	// ErrUpgradeFirst: not every member runs a release that knows the change;
	// nothing happened. UpgradeError is one that names them.
	ErrUpgradeFirst = errors.New("not every member of the cluster runs a release that knows this change, and nothing was changed: upgrade those of older releases first; `jeton node list` shows the versions")
	// ErrNotMember: this node is not, or no longer, a member of the cluster.
	ErrNotMember = errors.New("this node is not a member of the cluster any more; start it with an empty path.data to join again (by a join token, or by discovery.seed_hosts and the join secret)")
)

// FormingError is ErrNoLeader of a node that has no cluster yet. Its reason is for
// probes and logs: it names other nodes.
type FormingError struct{ Reason string } // for what it waits

func (e *FormingError) Error() string { return e.Reason }

// Unwrap implements errors.Unwrap.
func (e *FormingError) Unwrap() error { return ErrNoLeader }

// AuthenticationError is a refused or missing credential. Its text never says
// which part was wrong; the wire's reason is made from Kind and the names.
type AuthenticationError struct {
	Kind      AuthenticationKind
	Principal string // user name or NAMESPACE/SERVICE, where the Kind has one
	TokenName string // for BadServiceToken
	// Action is what a password grant was for; "" for the request itself.
	Action string
	// Cause is why it could not be tried, for NotTried.
	Cause error
}

// Unwrap returns the cause.
func (e *AuthenticationError) Unwrap() error { return e.Cause }

// AuthenticationKind tells the documented forms of a 401 apart.
type AuthenticationKind int

// The forms of a 401.
const (
	// MissingCredentials: no Authorization header.
	MissingCredentials AuthenticationKind = iota + 1
	// BadUser: unknown user or wrong password, indistinguishable.
	BadUser
	// BadServiceToken: unknown account, unknown token or wrong secret,
	// indistinguishable.
	BadServiceToken
	// BadBearer: a Bearer value that is no token of any kind.
	BadBearer
	// TokenExpired: an OAuth access token whose time is over, or that was
	// invalidated.
	TokenExpired
	// NotTried: this node does not take such a credential now; see Cause.
	NotTried
	// BadAPIKey: an ApiKey value; Jeton has none.
	BadAPIKey
	// BadScheme: an Authorization header of another or a malformed scheme.
	// It counts as no credentials.
	BadScheme
)

func (e *AuthenticationError) Error() string {
	switch e.Kind {
	case BadUser:
		return fmt.Sprintf("unable to authenticate user [%s]", e.Principal)
	case BadServiceToken:
		return fmt.Sprintf("failed to authenticate service account [%s] with token name [%s]", e.Principal, e.TokenName)
	case TokenExpired:
		return "token expired"
	case NotTried:
		return "error attempting to authenticate request"
	case BadBearer, BadAPIKey:
		return "unable to authenticate with provided credentials and anonymous access is not allowed for this request"
	default:
		return "missing authentication credentials"
	}
}

// PermissionError is a refused action of an authenticated caller.
type PermissionError struct {
	Action       string
	Caller       Identity
	MissingRoles []string // assigned to the caller, and not to be found
	GrantedBy    []string // cluster privileges that would grant it, narrowest first
	// RunAs is the user that the caller is not allowed to run as; "" for any
	// other refusal.
	RunAs string
	// Beyond says what the caller wanted to hand on without holding it; "" for
	// any other refusal.
	Beyond string
}

func (e *PermissionError) Error() string {
	return fmt.Sprintf("action [%s] is unauthorized for [%s]", e.Action, e.Caller.Username)
}

// ArgumentError is something in a request that cannot be; Reason is a whole
// text for the caller.
type ArgumentError struct{ Reason string }

func (e *ArgumentError) Error() string { return e.Reason }

// ValidationError lists what is missing in a request, or does not go together.
type ValidationError struct{ Reasons []string }

func (e *ValidationError) Error() string { return strings.Join(e.Reasons, "; ") }

// GrantError is a refused grant of the token service, in the words of RFC 6749,
// section 5.2.
type GrantError struct {
	Code        string // "invalid_request", "invalid_grant", "unsupported_grant_type", "_unauthorized"
	Description string
}

func (e *GrantError) Error() string { return e.Code + ": " + e.Description }

// TLSRequiredError refuses a feature on a node that serves clients without TLS
// in production mode.
type TLSRequiredError struct{ Feature string }

func (e *TLSRequiredError) Error() string {
	return "[" + e.Feature + "] requires TLS for the HTTP interface"
}

// TokenNameError is a token name outside the documented form.
type TokenNameError struct{ Name string }

func (e *TokenNameError) Error() string {
	return fmt.Sprintf("invalid service token name [%s]. %s", e.Name, token.NameRule)
}

// EmptyPathError is an empty namespace or service in a path.
// Part is "namespace" or "service-name".
type EmptyPathError struct{ Part string }

func (e *EmptyPathError) Error() string { return "service account " + e.Part + " is required" }

// UnknownAccountError is a service account that does not exist.
type UnknownAccountError struct{ Principal string }

func (e *UnknownAccountError) Error() string {
	return fmt.Sprintf("service account [%s] does not exist", e.Principal)
}

// TokenUnknownError is a service token that does not exist.
type TokenUnknownError struct{ Principal, Name string }

func (e *TokenUnknownError) Error() string {
	return fmt.Sprintf("service account token [%s/%s] does not exist", e.Principal, e.Name)
}

// TokenExistsError is a create of a token name that is taken.
type TokenExistsError struct{ Principal, Name string }

func (e *TokenExistsError) Error() string {
	return fmt.Sprintf("service account token [%s/%s] already exists", e.Principal, e.Name)
}

// SettingError is a value outside the bounds of a cluster setting; Limit is the
// bound that it is beyond.
type SettingError struct {
	Name         string
	Value, Limit time.Duration
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("value [%s] of setting [%s] is beyond [%s]", e.Value, e.Name, e.Limit)
}

// NodeError is a refused operation on a member of the cluster; Reason is a
// whole sentence for the caller that says what to do next.
type NodeError struct {
	Kind   NodeErrorKind
	Reason string
}

// NodeErrorKind tells what kind of refusal a NodeError is.
type NodeErrorKind int

// The kinds of NodeError.
const (
	NodeUnknown  NodeErrorKind = iota + 1 // no member of that name or id
	NodeConflict                          // name taken, last voter, token used by another node, …
	NodeInvalid                           // a malformed argument
	NodeDenied                            // join token unknown, expired or wrong
)

func (e *NodeError) Error() string { return e.Reason }
