package security

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"jeton/fsm"
	"jeton/security/account"
)

// Credentials lists what an account has: the index-backed tokens, and the
// file-backed ones of all nodes or of this one. An unknown account has none. A
// token that has expired is listed for another week.
// Errors: *PermissionError, *TLSRequiredError, ErrNoLeader.
func (s *Service) Credentials(ctx context.Context, who Identity, namespace, service string, allNodes bool) (Credentials, error) {
	if err := s.authorize(ctx, who, account.ActionGetServiceCredentials); err != nil {
		return Credentials{}, err
	}
	if err := s.checkTLS(featureCredentials); err != nil {
		return Credentials{}, err
	}
	// A list must show what was acknowledged a moment ago, on any node.
	state, err := s.fresh(ctx)
	if err != nil {
		return Credentials{}, err
	}
	principal := namespace + "/" + service
	c := Credentials{Account: principal, NodeName: s.peers.Self().Name, Tokens: []TokenInfo{}}
	for t := range state.ServiceTokens(principal) {
		c.Tokens = append(c.Tokens, s.tokenInfo(t))
	}
	if !allNodes {
		c.Nodes = NodesHeader{Total: 1, Successful: 1}
		for _, name := range s.files.Current().Names(principal) {
			c.FileTokens = append(c.FileTokens, FileToken{Name: name, Nodes: []string{c.NodeName}})
		}
		return c, nil
	}
	c.FileTokens, c.Nodes = s.gatherFileTokens(ctx, principal)
	return c, nil
}

// tokenInfo is what listings show of a record.
func (s *Service) tokenInfo(t *fsm.ServiceToken) TokenInfo {
	info := TokenInfo{
		Account: t.Account, Name: t.Name, Created: moment(t.Created), Creator: t.Creator,
		Expires: moment(t.Expires), LastUsed: moment(t.LastUsed), Metadata: t.Metadata,
	}
	if t.Previous != nil && t.Previous.Until > s.now().UnixMilli() {
		info.PreviousUntil = moment(t.Previous.Until)
	}
	return info
}

// moment reads a record's time; the zero time for 0.
func moment(milliseconds int64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds).UTC()
}

// gatherFileTokens asks every node what its file holds for the account.
func (s *Service) gatherFileTokens(ctx context.Context, principal string) ([]FileToken, NodesHeader) {
	nodes := map[string][]string{} // token name → node names
	header := s.ask(ctx, topicFileTokens, []byte(principal), func(m Member, body []byte) error {
		var names []string
		if err := json.Unmarshal(body, &names); err != nil {
			return err
		}
		for _, name := range names {
			nodes[name] = append(nodes[name], m.Name)
		}
		return nil
	})
	tokens := make([]FileToken, 0, len(nodes))
	for name, holders := range nodes {
		slices.Sort(holders)
		tokens = append(tokens, FileToken{Name: name, Nodes: holders})
	}
	slices.SortFunc(tokens, func(a, b FileToken) int { return cmp.Compare(a.Name, b.Name) })
	return tokens, header
}

// minUnused is the shortest time for which disuse is told: uses are kept to the
// hour, and other nodes' latest are not known yet.
const minUnused = time.Hour

// UnusedCredentials lists the index-backed tokens of all accounts that nobody
// has used, or made, for at least so long: 1 h or more. It is sorted by account
// and name. Errors: *PermissionError, *TLSRequiredError, *ArgumentError,
// ErrNoLeader.
func (s *Service) UnusedCredentials(ctx context.Context, who Identity, unusedFor time.Duration) ([]TokenInfo, error) {
	if err := s.authorize(ctx, who, account.ActionUnusedCredentials); err != nil {
		return nil, err
	}
	if err := s.checkTLS(featureCredentials); err != nil {
		return nil, err
	}
	if unusedFor < minUnused {
		return nil, &ArgumentError{"[unused_for] must be at least 1h: uses are kept to the hour"}
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	since := s.now().Add(-unusedFor)
	list := []TokenInfo{}
	for t := range state.AllServiceTokens() {
		if !lastTouched(t).After(since) {
			list = append(list, s.tokenInfo(t))
		}
	}
	slices.SortFunc(list, func(a, b TokenInfo) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Name, b.Name))
	})
	return list, nil
}

// lastTouched is the latest moment at which the token may have been used, or
// else that of its making.
func lastTouched(t *fsm.ServiceToken) time.Time {
	if t.LastUsed == 0 {
		return moment(t.Created)
	}
	return moment(t.LastUsed).Add(time.Hour)
}
