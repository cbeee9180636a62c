package audit

import "time"

// Event is one decision. It is a value: nobody changes it, or what it points to,
// once it was recorded. Texts may be as long as a client likes; the file has them
// cut.
type Event struct {
	Kind Kind
	Time time.Time
	// Authentication is how the caller has shown who it is; the zero value where
	// nobody has.
	Authentication Authentication
	User           User
	RunBy          User   // who runs as User; without Roles
	RunAs          User   // whom User wants to run as; without Roles
	Realm          string // that has judged the credential
	Origin         Origin
	RequestID      string
	OpaqueID       string // X-Opaque-Id
	Action         string // cluster:…, that was allowed or not
	Change         Change // of a SecurityConfigChange
}

// Authentication is a kind of credential, and the name of a service token.
type Authentication struct {
	Type      string // REALM, TOKEN or ANONYMOUS
	TokenName string
	TokenType string
}

// User is a caller.
type User struct {
	Name  string
	Realm string
	Roles []string
}

// Origin is where a request came from, and what it was; the zero value is a
// decision that no client has asked for.
type Origin struct {
	Type    string // OriginREST, OriginTransport or OriginLocal
	Address string // host:port
	Method  string
	Path    string
	Query   string
}

// The values of Origin.Type.
const (
	OriginREST      = "rest"
	OriginTransport = "transport"  // another node
	OriginLocal     = "local_node" // this node itself
)

// Change is a changed object, by its name: Path leads to Fields, as "put" and
// "user" lead to {"put":{"user":{"name":…}}}.
type Change struct {
	Name    string // event.action: put_user
	Path    []string
	Fields  []Field
	Outcome Outcome
}

// Field is one field of a changed object. Value is a string, a bool, a number or
// a []string.
type Field struct {
	Name  string
	Value any
}

// Outcome tells what became of a change.
type Outcome string

// The outcomes. A change that did not happen is no event.
const (
	Success Outcome = "success"
	Unknown Outcome = "unknown" // it may have happened
)

// gap is a stretch of time of which events are missing.
type gap struct {
	count    uint64
	from, to time.Time
}
