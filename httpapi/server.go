package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"jeton/security"
	"jeton/security/account"
	"jeton/security/query"
	"jeton/security/token"
)

// Security is the part of security.Service that the wire calls. Every method
// but Authenticate, Ready and Freshness decides by itself whether the caller may.
type Security interface {
	Authenticate(ctx context.Context, authorization, runAs string) (security.Identity, error)
	WhoAmI(ctx context.Context, who security.Identity) (security.Identity, error)
	Ready(ctx context.Context) error
	Freshness() security.Freshness

	CreateServiceToken(ctx context.Context, who security.Identity, namespace, service, name string, o security.TokenOptions) (security.CreatedToken, error)
	RotateServiceToken(ctx context.Context, who security.Identity, namespace, service, name string, grace *time.Duration) (security.CreatedToken, error)
	DeleteServiceToken(ctx context.Context, who security.Identity, namespace, service, name string) (found bool, err error)
	Credentials(ctx context.Context, who security.Identity, namespace, service string, allNodes bool) (security.Credentials, error)
	UnusedCredentials(ctx context.Context, who security.Identity, unusedFor time.Duration) ([]security.TokenInfo, error)
	ClearTokenCache(ctx context.Context, who security.Identity, namespace, service string, names []string) (security.ClearedCache, error)

	PutServiceAccount(ctx context.Context, who security.Identity, namespace, service string, roles []string, enabled bool) (created bool, err error)
	DeleteServiceAccount(ctx context.Context, who security.Identity, namespace, service string, force bool) (found bool, err error)
	ServiceAccounts(ctx context.Context, who security.Identity, namespace, service string, types []string) ([]security.ServiceAccount, error)
	QueryServiceAccounts(ctx context.Context, who security.Identity, body []byte) (query.Page[security.ServiceAccount], error)

	PutUser(ctx context.Context, who security.Identity, u security.UserChange) (created bool, err error)
	Users(ctx context.Context, who security.Identity, names []string) ([]security.User, error)
	DeleteUser(ctx context.Context, who security.Identity, name string) (found bool, err error)
	ChangePassword(ctx context.Context, who security.Identity, name string, p security.NewPassword) error
	SetUserEnabled(ctx context.Context, who security.Identity, name string, enabled bool) error
	QueryUsers(ctx context.Context, who security.Identity, body []byte) (query.Page[security.User], error)

	PutRole(ctx context.Context, who security.Identity, name string, d account.Descriptor) (created bool, err error)
	PutRoles(ctx context.Context, who security.Identity, roles []security.Role) (security.BulkResult, error)
	Roles(ctx context.Context, who security.Identity, names []string) ([]security.Role, error)
	DeleteRole(ctx context.Context, who security.Identity, name string) (found bool, err error)
	DeleteRoles(ctx context.Context, who security.Identity, names []string) (security.BulkResult, error)
	QueryRoles(ctx context.Context, who security.Identity, body []byte) (query.Page[security.Role], error)

	HasPrivileges(ctx context.Context, who security.Identity, username string, r account.PrivilegesRequest) (account.PrivilegesAnswer, error)
	UserPrivileges(ctx context.Context, who security.Identity) (account.UserPrivileges, error)
	BuiltinPrivileges(ctx context.Context, who security.Identity) (security.BuiltinPrivileges, error)
	PutPrivileges(ctx context.Context, who security.Identity, privileges []account.ApplicationPrivilege) (created []bool, err error)
	Privileges(ctx context.Context, who security.Identity, application string, names []string) ([]account.ApplicationPrivilege, error)
	DeletePrivileges(ctx context.Context, who security.Identity, application string, names []string) (found []bool, err error)
	ClearCache(ctx context.Context, who security.Identity, cache security.Cache, names []string) (security.ClearedCache, error)

	CreateToken(ctx context.Context, who security.Identity, r security.TokenRequest) (security.IssuedToken, error)
	InvalidateTokens(ctx context.Context, who security.Identity, i security.Invalidation) (security.Invalidated, error)

	Info(ctx context.Context, who security.Identity) (security.Info, error)
	Health(ctx context.Context, who security.Identity) (security.Health, error)
	Nodes(ctx context.Context, who security.Identity) (security.NodesInfo, error)
	Metrics(ctx context.Context, who security.Identity) error

	ClusterSettings(ctx context.Context, who security.Identity) (security.ClusterSettings, error)
	PutClusterSettings(ctx context.Context, who security.Identity, change security.SettingsChange) error

	CreateJoinToken(ctx context.Context, who security.Identity, ttl time.Duration) (security.JoinToken, error)
	RemoveNode(ctx context.Context, who security.Identity, name string) error
	PromoteNode(ctx context.Context, who security.Identity, name string) error
	DemoteNode(ctx context.Context, who security.Identity, name string) error
	Leave(ctx context.Context, who security.Identity) error
	Resilience() security.Resilience
	RollCall(ctx context.Context) security.RollCall
	TransferLeadership(ctx context.Context, who security.Identity, name string) error
	CAStatus(ctx context.Context, who security.Identity) (security.CAStatus, error)
	RotateCA(ctx context.Context, who security.Identity, hold bool) error

	SaveBackup(ctx context.Context, who security.Identity, passphrase token.Secret) (io.WriterTo, error)
	RestoreBackup(ctx context.Context, who security.Identity, r security.RestoreRequest) (security.RestoreReport, error)
	LastRestore(ctx context.Context, who security.Identity, id string) (security.RestoreReport, error)
}

var _ Security = (*security.Service)(nil)

// Config is what New needs. Security must be set; the rest has defaults.
type Config struct {
	Security         Security
	Logger           *slog.Logger  // default: silence
	RequestTimeout   time.Duration // default 30 s; a request's `timeout` goes before it
	MaxContentLength int64         // bytes of a request's body; default 1 MiB
	TokenService     bool          // a 401 offers Bearer; see security.TokenService
	// Metrics writes what the node measures, in a format that the Accept header
	// names or in its own; default: nothing is measured.
	Metrics func(accept string) (contentType string, body []byte, err error)
	// Observe is told of each request that was answered, while its client may
	// still wait; default: nobody is.
	Observe func(Observation)
	// Stopping says that the node is about to stop: it is not ready any more,
	// while it answers still; default: never.
	Stopping func() bool
}

type server struct {
	security         Security
	log              *slog.Logger
	requestTimeout   time.Duration
	maxContentLength int64
	challenges       []string // what a 401 offers
	expose           func(accept string) (contentType string, body []byte, err error)
	observe          func(Observation)
	stopping         func() bool
	// report notes how a request was decided.
	report func(context.Context) (context.Context, report)
}

// New makes the handler of the client port. It sets no limit on headers, idle
// or slow connections: those belong to the http.Server around it, whose
// WriteTimeout must be 0 or above MaxTimeout.
func New(cfg Config) http.Handler { return newServer(cfg).handler() }

func newServer(cfg Config) *server {
	s := &server{
		security:         cfg.Security,
		log:              cfg.Logger,
		requestTimeout:   cfg.RequestTimeout,
		maxContentLength: cfg.MaxContentLength,
		challenges:       challengesOf(cfg.TokenService),
		expose:           cfg.Metrics,
		observe:          cfg.Observe,
		stopping:         cfg.Stopping,
		report:           withReport,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.requestTimeout <= 0 {
		s.requestTimeout = 30 * time.Second
	}
	if s.maxContentLength <= 0 {
		s.maxContentLength = 1 << 20
	}
	if s.expose == nil {
		s.expose = func(string) (string, []byte, error) { return textType, nil, nil }
	}
	if s.observe == nil {
		s.observe = func(Observation) {}
	}
	if s.stopping == nil {
		s.stopping = func() bool { return false }
	}
	return s
}

func (s *server) handler() http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = s.fail
	e.Pre(s.accept)
	e.Use(s.routed)
	for i := range routes {
		rt := &routes[i]
		e.Add(rt.method, rt.path, s.handle(rt))
	}
	return e
}
