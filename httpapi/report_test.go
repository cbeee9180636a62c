package httpapi

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"jeton/security"
)

// told is a report that a test fills.
type told struct {
	read         string
	confirmation *security.Confirmation
}

func (t *told) Read() string { return t.read }

func (t *told) Confirmation() (security.Confirmation, bool) {
	if t.confirmation == nil {
		return security.Confirmation{}, false
	}
	return *t.confirmation, true
}

type toldKey struct{}

func withTold(ctx context.Context) (context.Context, report) {
	t := new(told)
	return context.WithValue(ctx, toldKey{}, t), t
}

// telling is a domain that reports. It reads by a lease, unless the credential is
// one of readBy, and of its three members two confirm what it takes away.
type telling struct{ *domain }

var readBy = map[string]string{asJoe: "file", asFleet: "stale", "Bearer wrong": "round", "Bearer junk": "", "Bearer undecided": ""}

func (d telling) Authenticate(ctx context.Context, authorization, runAs string) (security.Identity, error) {
	how, special := readBy[authorization]
	if !special {
		how = "lease"
	}
	ctx.Value(toldKey{}).(*told).read = how
	return d.domain.Authenticate(ctx, authorization, runAs)
}

func takeAway(ctx context.Context) {
	ctx.Value(toldKey{}).(*told).confirmation = &security.Confirmation{Confirmed: 2, Members: 3}
}

func (d telling) DeleteServiceToken(ctx context.Context, who security.Identity, namespace, service, name string) (bool, error) {
	takeAway(ctx)
	return d.domain.DeleteServiceToken(ctx, who, namespace, service, name)
}

func (d telling) RotateServiceToken(ctx context.Context, who security.Identity, namespace, service, name string, grace *time.Duration) (security.CreatedToken, error) {
	takeAway(ctx)
	return d.domain.RotateServiceToken(ctx, who, namespace, service, name, grace)
}

func (d telling) SetUserEnabled(ctx context.Context, who security.Identity, name string, enabled bool) error {
	takeAway(ctx)
	return d.domain.SetUserEnabled(ctx, who, name, enabled)
}

// serveTelling is serve for a domain that reports.
func serveTelling(t *testing.T, cfg Config) string {
	t.Helper()
	cfg.Security = telling{&domain{}}
	s := newServer(cfg)
	s.report = withTold
	server := httptest.NewServer(s.handler())
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestTheReportOfTheDomainIsShown(t *testing.T) {
	_, r := newServer(Config{Security: &domain{}}).report(t.Context())
	if _, ok := r.(*security.Report); !ok {
		t.Fatalf("requests report to a %T", r)
	}
}
