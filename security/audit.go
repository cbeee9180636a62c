package security

import (
	"context"
	"errors"

	"jeton/security/audit"
)

// What is told to the Auditor is told where it is decided, once: credentials in
// Authenticate, permissions in authorize, changes in propose and in auditedPeers.
// A use case cannot do without these, so none can forget to tell.

// auditAuthentication tells how a credential was judged. That a node could not
// know is no judgement.
func (s *Service) auditAuthentication(ctx context.Context, who Identity, err error) {
	if s.auditor == nil {
		return
	}
	if err == nil {
		s.auditAs(ctx, audit.AuthenticationSuccess, who, func(e *audit.Event) { e.Realm = who.AuthenticationRealm().Name })
		return
	}
	refused, ok := errors.AsType[*AuthenticationError](err)
	if !ok {
		return
	}
	kind, form := audit.AuthenticationFailed, ""
	switch refused.Kind {
	case MissingCredentials, BadScheme:
		kind, form = audit.AnonymousAccessDenied, "ANONYMOUS"
	case BadUser:
		form = "REALM"
	case BadServiceToken, BadBearer, TokenExpired:
		form = "TOKEN"
	}
	s.auditAs(ctx, kind, Identity{Username: refused.Principal}, func(e *audit.Event) {
		e.Authentication = audit.Authentication{Type: form, TokenName: refused.TokenName}
		e.Action = refused.Action
	})
}

// auditRunAs tells whether a caller may act as somebody else. Who asks to act as
// itself asks for nothing.
func (s *Service) auditRunAs(ctx context.Context, who, acting Identity, err error) {
	switch {
	case s.auditor == nil || err != nil:
	case acting.deniedRunAs != "":
		s.auditAs(ctx, audit.RunAsDenied, who, func(e *audit.Event) { e.RunAs.Name = acting.deniedRunAs })
	case acting.RunBy != nil && acting.RunBy != who.RunBy:
		s.auditAs(ctx, audit.RunAsGranted, who, func(e *audit.Event) {
			e.RunAs = audit.User{Name: acting.Username, Realm: acting.Realm.Name}
		})
	}
}

// auditAccess tells whether an action was allowed. Who may not act as somebody
// else is told of by auditRunAs.
func (s *Service) auditAccess(ctx context.Context, who Identity, action string, err error) {
	if s.auditor == nil {
		return
	}
	kind := audit.AccessGranted
	if err != nil {
		refused, ok := errors.AsType[*PermissionError](err)
		if !ok || refused.RunAs != "" {
			return
		}
		kind, who = audit.AccessDenied, refused.Caller
	}
	if !requestOf(ctx).judged(who, action, err == nil) {
		return
	}
	s.auditAs(ctx, kind, who, func(e *audit.Event) { e.Action = action })
}

// auditNewcomer tells of a node whose join token was refused; that one was
// admitted is a change.
func (s *Service) auditNewcomer(ctx context.Context, m Member, err error) {
	if s.auditor == nil {
		return
	}
	if refused, ok := errors.AsType[*NodeError](err); !ok || refused.Kind != NodeDenied {
		return
	}
	s.auditAs(ctx, audit.AuthenticationFailed, Identity{Username: m.Name}, func(e *audit.Event) {
		e.Authentication.Type = "TOKEN"
		e.Realm = realmJoinToken
		e.Origin = audit.Origin{Type: audit.OriginTransport, Address: m.TransportAddress}
	})
}

// realmJoinToken stands in the audit log for what judges newcomers.
const realmJoinToken = "_join_token"

// auditAs records an event about somebody. more completes it.
func (s *Service) auditAs(ctx context.Context, kind audit.Kind, who Identity, more func(*audit.Event)) {
	if !s.auditor.Wants(kind) {
		return
	}
	e := audit.Event{Kind: kind, Time: s.now(), User: audit.User{Name: who.Username, Realm: who.Realm.Name, Roles: who.Roles}}
	if who.Type != "" && e.User.Roles == nil {
		e.User.Roles = []string{} // somebody without any
	}
	switch who.Type {
	case TypeRealm:
		e.Authentication.Type = "REALM"
	case TypeToken:
		e.Authentication.Type = "TOKEN"
	}
	if who.Token != nil {
		e.Authentication.TokenName, e.Authentication.TokenType = who.Token.Name, who.Token.Type
	}
	if who.RunBy != nil {
		e.RunBy = audit.User{Name: who.RunBy.Username, Realm: who.RunBy.Realm.Name}
	}
	e.Origin.Type = audit.OriginLocal
	if r := requestOf(ctx); r != nil && r.ID != "" {
		e.Origin = audit.Origin{Type: audit.OriginREST, Address: r.Address, Method: r.Method}
		e.RequestID, e.OpaqueID = r.ID, r.OpaqueID
		if r.URL != nil {
			e.Origin.Path, e.Origin.Query = r.URL.AuditedURL()
		}
	}
	more(&e)
	s.auditor.Record(e)
}
