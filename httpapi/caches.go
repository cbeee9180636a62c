package httpapi

import (
	"context"

	"jeton/security"
)

func (s *server) clearRoleCache(ctx context.Context, r *request) (answer, error) {
	return s.clearCache(ctx, r, security.CacheRoles, r.segment("name"))
}

func (s *server) clearPrivilegeCache(ctx context.Context, r *request) (answer, error) {
	return s.clearCache(ctx, r, security.CachePrivileges, r.segment("application"))
}

// clearRealmCache takes usernames too, and forgets more than those.
func (s *server) clearRealmCache(ctx context.Context, r *request) (answer, error) {
	return s.clearCache(ctx, r, security.CacheRealms, r.segment("realms"))
}

func (s *server) clearCache(ctx context.Context, r *request, cache security.Cache, names string) (answer, error) {
	c, err := s.security.ClearCache(ctx, r.who, cache, namesOrAll(names))
	return ok(clearedCacheOf(c)), err
}
