package security

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"jeton/security/account"
	"jeton/security/token"
)

// ClearCache makes every node forget what its cache of that kind holds; of
// realms, names says which ones ("*", "_all" and none are all). A realm
// remembers which secrets it has proven, and forgets those of all its users;
// nothing but the next verification's cost depends on it. Of roles and
// privileges nothing is remembered, so the answer tells which nodes are there.
// Errors: *PermissionError.
func (s *Service) ClearCache(ctx context.Context, who Identity, cache Cache, names []string) (ClearedCache, error) {
	if err := s.authorize(ctx, who, account.ActionClearCache); err != nil {
		return ClearedCache{}, err
	}
	topic, body := topicInfo, []byte(nil)
	if cache == CacheRealms {
		if slices.Contains(names, "*") || slices.Contains(names, "_all") {
			names = nil
		}
		realms, err := json.Marshal(names)
		if err != nil {
			return ClearedCache{}, err
		}
		topic, body = topicClearRealms, realms
	}
	cleared := ClearedCache{ClusterName: s.clusterName(), Names: map[string]string{}}
	cleared.Nodes = s.ask(ctx, topic, body, func(m Member, _ []byte) error {
		cleared.Names[m.ID] = m.Name
		return nil
	})
	return cleared, nil
}

// clearLocalRealms forgets nothing when one of the realms does not exist.
func (s *Service) clearLocalRealms(body []byte) error {
	var names []string
	if err := json.Unmarshal(body, &names); err != nil {
		return errors.New("malformed clear-realms question")
	}
	for _, name := range names {
		if name != realmReserved.Name && name != realmFile.Name && name != realmNative.Name {
			return errors.New("could not find active realm [" + name + "]")
		}
	}
	s.verifier.forgetAll()
	return nil
}

type clearCache struct {
	Account string   `json:"account"`
	Names   []string `json:"names"` // none: all
}

// ClearTokenCache makes every node forget which secrets it has verified for an
// account's tokens; no names, "*" or "_all" mean all of them. Nothing but the
// next verification's cost depends on it. Errors: *PermissionError,
// *TokenNameError.
func (s *Service) ClearTokenCache(ctx context.Context, who Identity, namespace, service string, names []string) (ClearedCache, error) {
	if err := s.authorize(ctx, who, account.ActionClearCache); err != nil {
		return ClearedCache{}, err
	}
	if slices.Contains(names, "*") || slices.Contains(names, "_all") {
		names = nil
	}
	for _, name := range names {
		if !token.ValidName(name) {
			return ClearedCache{}, &TokenNameError{name}
		}
	}
	body, err := json.Marshal(clearCache{namespace + "/" + service, names})
	if err != nil {
		return ClearedCache{}, err
	}
	cleared := ClearedCache{ClusterName: s.clusterName(), Names: map[string]string{}}
	cleared.Nodes = s.ask(ctx, topicClearCache, body, func(m Member, _ []byte) error {
		cleared.Names[m.ID] = m.Name
		return nil
	})
	return cleared, nil
}

func (s *Service) clearLocalCache(body []byte) error {
	var c clearCache
	if err := json.Unmarshal(body, &c); err != nil {
		return errors.New("malformed clear-cache question")
	}
	files := s.files.Current()
	if len(c.Names) == 0 {
		c.Names = files.Names(c.Account)
	}
	for _, name := range c.Names {
		if hash, ok := files.Lookup(c.Account, name); ok {
			s.verifier.forget(hash)
		}
	}
	return nil
}
