package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"jeton/security"
)

// Security is the part of security.Service that the wire calls. Every method
// but Authenticate and Ready decides by itself whether the caller may.
type Security interface {
	Authenticate(ctx context.Context, authorization string) (security.Identity, error)
	WhoAmI(ctx context.Context, who security.Identity) (security.Identity, error)
	Ready(ctx context.Context) error

	CreateServiceToken(ctx context.Context, who security.Identity, namespace, service, name string) (security.CreatedToken, error)
	DeleteServiceToken(ctx context.Context, who security.Identity, namespace, service, name string) (found bool, err error)
	Credentials(ctx context.Context, who security.Identity, namespace, service string, allNodes bool) (security.Credentials, error)
	ServiceAccounts(ctx context.Context, who security.Identity, namespace, service string) (security.ServiceAccounts, error)
	ClearTokenCache(ctx context.Context, who security.Identity, namespace, service string, names []string) (security.ClearedCache, error)

	Info(ctx context.Context, who security.Identity) (security.Info, error)
	Health(ctx context.Context, who security.Identity) (security.Health, error)
	Nodes(ctx context.Context, who security.Identity) (security.NodesInfo, error)

	CreateJoinToken(ctx context.Context, who security.Identity, ttl time.Duration) (security.JoinToken, error)
	RemoveNode(ctx context.Context, who security.Identity, name string) error
	Leave(ctx context.Context, who security.Identity) error
	TransferLeadership(ctx context.Context, who security.Identity, name string) error
	CACertificate(ctx context.Context, who security.Identity) ([]byte, error)
}

var _ Security = (*security.Service)(nil)

// Config is what New needs. Security must be set; the rest has defaults.
type Config struct {
	Security         Security
	Logger           *slog.Logger  // default: silence
	RequestTimeout   time.Duration // default 30 s; a request's `timeout` goes before it
	MaxContentLength int64         // bytes of a request's body; default 1 MiB
}

type server struct {
	security         Security
	log              *slog.Logger
	requestTimeout   time.Duration
	maxContentLength int64
}

// New makes the handler of the client port. It sets no limit on headers, idle
// or slow connections: those belong to the http.Server around it, whose
// WriteTimeout must be 0 or above MaxTimeout.
func New(cfg Config) http.Handler {
	s := &server{
		security:         cfg.Security,
		log:              cfg.Logger,
		requestTimeout:   cfg.RequestTimeout,
		maxContentLength: cfg.MaxContentLength,
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
