package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"jeton/security"
	"jeton/security/account"
	"jeton/security/query"
)

// errorTable maps the domain's errors to the wire's. The first row that knows
// an error, or anything it wraps, decides.
//
// 503 means that nothing happened: the official clients repeat it elsewhere by
// themselves. What may have happened is a 500 of its own type.
var errorTable = []errorRow{
	forError(func(_ *request, e *fault) *fault { return e }),
	forError(restoreUnknown), // before what it wraps
	forSentinel(security.ErrOutcomeUnknown, outcomeUnknown),
	forError(func(r *request, e *security.FormingError) *fault {
		return unavailable("master_not_discovered_exception")(r, e)
	}),
	forSentinel(security.ErrNoLeader, unavailable("master_not_discovered_exception")),
	forSentinel(security.ErrOverloaded, unavailable("es_rejected_execution_exception")),
	forSentinel(security.ErrNotMember, unavailable("node_closed_exception")),
	forError(func(_ *request, e *security.UpgradeError) *fault { return conflict(e) }),
	forSentinel(security.ErrUpgradeFirst, func(_ *request, err error) *fault { return conflict(err) }),
	forSentinel(security.ErrTokensDisabled, tokensDisabled),
	forSentinel(security.ErrNothingToInvalidate, nothingToInvalidate),
	forError(unauthenticated), // before what it may wrap
	forError(grantFault),
	forError(tlsRequired),
	forError(tokenUnknown),
	forError(unauthorized),
	forError(func(_ *request, e *security.ArgumentError) *fault { return illegalArgument("%s", e.Reason) }),
	forError(settingOutOfBounds),
	forError(func(_ *request, e *security.ValidationError) *fault { return validationFailed(e.Reasons...) }),
	forError(badDescriptor),
	forError(badQuery),
	forSentinel(security.ErrTooLarge, func(_ *request, err error) *fault {
		return &fault{status: http.StatusRequestEntityTooLarge, kind: "content_too_long_exception", reason: err.Error()}
	}),
	forError(func(r *request, e *security.TokenNameError) *fault {
		if r.route != nil && r.route.bareNameError {
			return illegalArgument("%s", e.Error())
		}
		return validationFailed(e.Error())
	}),
	forError(func(_ *request, e *security.EmptyPathError) *fault { return validationFailed(e.Error()) }),
	forError(func(_ *request, e *security.UnknownAccountError) *fault { return illegalArgument("%s", e.Error()) }),
	forError(tokenExists),
	forError(func(_ *request, e *security.NodeError) *fault {
		row, ok := nodeErrors[e.Kind]
		if !ok {
			return internalError()
		}
		return &fault{status: row.status, kind: row.kind, reason: e.Reason}
	}),
	forSentinel(context.DeadlineExceeded, deadlineExceeded),
}

var nodeErrors = map[security.NodeErrorKind]struct {
	status int
	kind   string
}{
	security.NodeUnknown:  {http.StatusNotFound, "resource_not_found_exception"},
	security.NodeConflict: {http.StatusConflict, "status_exception"},
	security.NodeInvalid:  {http.StatusBadRequest, "illegal_argument_exception"},
	security.NodeDenied:   {http.StatusForbidden, "security_exception"},
}

const (
	// The index and its id that a version conflict names. There is no index;
	// clients only show them.
	securityIndex     = ".security-7"
	securityIndexUUID = "amV0b25fc2VjdXJpdHlfXw"
)

// errorRow is nil for errors that it does not know.
type errorRow func(*request, error) *fault

func forError[E error](describe func(*request, E) *fault) errorRow {
	return func(r *request, err error) *fault {
		e, ok := errors.AsType[E](err)
		if !ok {
			return nil
		}
		return describe(r, e)
	}
}

func forSentinel(sentinel error, describe func(*request, error) *fault) errorRow {
	return func(r *request, err error) *fault {
		if !errors.Is(err, sentinel) {
			return nil
		}
		// The sentinel's own text: what wraps it may tell of the inside.
		return describe(r, sentinel)
	}
}

// describe finds the wire's words for an error. known is false for one that
// the table does not have; its text is then for the log only.
func describe(r *request, err error) (f *fault, known bool) {
	for _, row := range errorTable {
		if f := row(r, err); f != nil {
			return f, true
		}
	}
	return internalError(), false
}

// conflict is a change that does not suit the cluster as it is; it is nothing to
// repeat as it stands.
func conflict(err error) *fault {
	return &fault{status: http.StatusConflict, kind: "status_exception", reason: err.Error()}
}

func internalError() *fault {
	return &fault{
		status: http.StatusInternalServerError,
		kind:   "exception",
		reason: "an internal error occurred; the log of this node has the details",
	}
}

func unavailable(kind string) func(*request, error) *fault {
	return func(_ *request, err error) *fault {
		return &fault{status: http.StatusServiceUnavailable, kind: kind, reason: err.Error()}
	}
}

func outcomeUnknown(r *request, err error) *fault {
	reason := err.Error() + ": it may have happened or not"
	if r.route != nil && r.route.findOut != "" {
		reason += ". To find out, " + r.route.findOut
		if !slices.Contains([]string{findCreated, findGranted, findJoinTokens}, r.route.findOut) {
			reason += ". Whatever that shows, a node may still act by what was before until this request is answered with a success: send it again"
		}
	}
	return &fault{status: http.StatusInternalServerError, kind: "outcome_unknown_exception", reason: reason}
}

// deadlineExceeded is for a deadline that the domain did not explain. Only a
// request that changes nothing is known to have changed nothing.
func deadlineExceeded(r *request, _ error) *fault {
	if r.changing() {
		return outcomeUnknown(r, security.ErrOutcomeUnknown)
	}
	return &fault{
		status: http.StatusServiceUnavailable,
		kind:   "timeout_exception",
		reason: "the request's deadline passed before there was an answer; nothing was changed: retry, or give it a longer [timeout]",
	}
}

// validationFailed numbers what is wrong with a request.
func validationFailed(texts ...string) *fault {
	reason := "Validation Failed: "
	for i, text := range texts {
		reason += fmt.Sprintf("%d: %s;", i+1, text)
	}
	return &fault{status: http.StatusBadRequest, kind: "action_request_validation_exception", reason: reason}
}

// unparsable is the refusal of a body that is not of the form that was needed.
func unparsable(reason string) *fault {
	return &fault{status: http.StatusBadRequest, kind: "parse_exception", reason: reason}
}

func badDescriptor(_ *request, e *account.DescriptorError) *fault {
	switch {
	case e.Validation:
		return validationFailed(e.Reason)
	case e.Argument:
		return illegalArgument("%s", e.Reason)
	default:
		return unparsable(e.Reason)
	}
}

func badQuery(_ *request, e *query.Error) *fault {
	f := illegalArgument("%s", e.Reason)
	if e.Syntax {
		f.kind = "x_content_parse_exception"
	}
	return f
}

func settingOutOfBounds(_ *request, e *security.SettingError) *fault {
	bound := ">="
	if e.Value > e.Limit {
		bound = "<="
	}
	return illegalArgument("failed to parse value [%s] for setting [%s], must be %s [%s]", timeText(e.Value), e.Name, bound, timeText(e.Limit))
}

func tokenExists(_ *request, e *security.TokenExistsError) *fault {
	return &fault{
		status: http.StatusConflict,
		kind:   "version_conflict_engine_exception",
		reason: fmt.Sprintf("[service_account_token-%s/%s]: version conflict, document already exists (current version [1])", e.Principal, e.Name),
		extra:  object{{"index_uuid", securityIndexUUID}, {"shard", "0"}, {"index", securityIndex}},
	}
}

func unauthenticated(r *request, e *security.AuthenticationError) *fault {
	f := &fault{status: http.StatusUnauthorized, kind: "security_exception", reason: e.Error(), challenges: r.challenges}
	switch {
	case e.Kind == security.TokenExpired:
		f.challenges = []string{expiredChallenge}
	case e.Kind == security.NotTried:
		f.cause = &fault{kind: "exception", reason: e.Cause.Error()}
		f.root = f.cause
	case e.Kind == security.BadServiceToken:
	case e.Kind == security.BadBearer:
		f.extra = object{{"additional_unsuccessful_credentials", "oauth2 token: invalid token"}}
	case e.Kind == security.BadAPIKey:
		f.extra = object{{"additional_unsuccessful_credentials", "API key: there are no API keys here"}}
	case e.Action != "":
		f.reason += fmt.Sprintf(" for action [%s]", e.Action)
	default:
		f.reason += fmt.Sprintf(" for REST request [%s]", r.uri)
	}
	return f
}

func unauthorized(r *request, e *security.PermissionError) *fault {
	caller := callerText(r, e.Caller)
	reason := fmt.Sprintf("action [%s] is unauthorized for %s%s", e.Action, caller, rolesText(e))
	switch {
	case e.RunAs != "":
		reason += fmt.Sprintf(", because %s is unauthorized to run as [%s]", caller, e.RunAs)
	case e.Beyond != "":
		reason += ", because " + e.Beyond
	case len(e.GrantedBy) > 0:
		reason += fmt.Sprintf(", this action is granted by the cluster privileges [%s]", strings.Join(e.GrantedBy, ","))
	}
	return &fault{status: http.StatusForbidden, kind: "security_exception", reason: reason}
}

// callerText names who has authenticated, and as whom that one runs.
func callerText(r *request, who security.Identity) string {
	switch {
	case who.RunBy != nil:
		return fmt.Sprintf("user [%s] run as [%s]", who.RunBy.Username, who.Username)
	case who.ServiceAccount && !r.media.legacy():
		return fmt.Sprintf("service account [%s]", who.Username)
	default:
		return fmt.Sprintf("user [%s]", who.Username)
	}
}

// rolesText lists the roles that were found, then those that were not. Service
// accounts are shown without roles.
func rolesText(e *security.PermissionError) string {
	if e.Caller.ServiceAccount {
		return ""
	}
	effective := slices.DeleteFunc(slices.Sorted(slices.Values(e.Caller.Roles)), func(name string) bool {
		return slices.Contains(e.MissingRoles, name)
	})
	text := fmt.Sprintf(" with effective roles [%s]", strings.Join(effective, ","))
	if len(e.MissingRoles) > 0 {
		missing := slices.Sorted(slices.Values(e.MissingRoles))
		text += fmt.Sprintf(" (assigned roles [%s] were not found)", strings.Join(missing, ","))
	}
	return text
}
