package httpapi

import (
	"context"
	"net/netip"

	"github.com/labstack/echo/v4"

	"jeton/security"
)

// handle is the one adapter between a route and its handler. The caller is
// authenticated before anything else of the request is judged.
func (s *server) handle(rt *route) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := requestOf(c)
		r.route = rt
		if err := r.bindSegments(c); err != nil {
			return err
		}
		timeout, err := s.timeoutOf(r)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), timeout)
		defer cancel()
		ctx = security.WithRequest(ctx, r.told(c.Request().RemoteAddr))
		ctx, told := s.report(ctx)
		c.Response().Before(func() { setReportHeaders(c.Response(), r, told) })

		if !rt.open {
			r.who, err = s.security.Authenticate(ctx, c.Request().Header.Get("Authorization"), c.Request().Header.Get(runAsHeader))
			r.read = told.Read() // before the use case looks up anything of its own
			if err != nil {
				return err
			}
		}
		if err := r.checkParams(); err != nil {
			return err
		}
		if err := s.readBody(c, r); err != nil {
			return err
		}
		r.calling = true
		a, err := rt.handler(s, ctx, r)
		if err = s.streamFault(r, err); err != nil {
			return err
		}
		return respond(c, r, a)
	}
}

// sourceOf is where a request comes from, as far as one person or machine is
// concerned: an IPv4 address, or the network of an IPv6 one, of which a single
// machine has as many as it likes. What a proxy says is not believed: anybody
// can say it.
func sourceOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	address := at.Addr().Unmap()
	if address.Is6() {
		network, err := address.Prefix(64)
		if err == nil {
			return network.String()
		}
	}
	return address.String()
}
