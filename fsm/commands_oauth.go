package fsm

import "log/slog"

// CreateOAuthToken adds an OAuth token.
type CreateOAuthToken struct {
	Token OAuthToken `json:"token"`
}

// Type implements Command.
func (*CreateOAuthToken) Type() string { return "create_oauth_token" }

// LogValue implements slog.LogValuer.
func (c CreateOAuthToken) LogValue() slog.Value { return printed(c) }

func (c *CreateOAuthToken) apply(next *State) Code {
	if _, taken := next.OAuthToken(c.Token.ID); taken {
		return Exists
	}
	if next.oauthSince == 0 {
		next.oauthSince = c.Token.Created
	}
	next.putOAuthToken(&c.Token)
	return OK
}

// RefreshOAuthToken spends a refresh token on a new pair. However many arrive,
// one is applied; the others find its Succession.
type RefreshOAuthToken struct {
	ID      string     `json:"id"`      // of the token to be refreshed
	Refresh Sensitive  `json:"refresh"` // hash of the refresh token that was presented
	Client  Client     `json:"client"`  // who presented it
	Now     int64      `json:"now"`     // Unix milliseconds, by the maker's clock
	New     OAuthToken `json:"new"`
	Sealed  Sensitive  `json:"sealed"` // the new pair, for the Succession
}

// Type implements Command.
func (*RefreshOAuthToken) Type() string { return "refresh_oauth_token" }

// LogValue implements slog.LogValuer.
func (c RefreshOAuthToken) LogValue() slog.Value { return printed(c) }

func (c *RefreshOAuthToken) apply(next *State) Code {
	old, there := next.OAuthToken(c.ID)
	_, taken := next.OAuthToken(c.New.ID)
	switch {
	case !there || old.Refresh == "" || old.Refresh != c.Refresh:
		return NotFound
	case old.Until <= c.Now:
		return Expired
	case old.RefreshInvalidatedBy != "":
		return Invalidated
	case old.Client != c.Client:
		return NotTheClient
	case old.Refreshed != 0:
		return Refreshed
	case taken:
		return Exists
	}
	spent := *old
	spent.Refreshed = max(c.Now, 1) // one use, whatever the maker's clock says
	next.putOAuthToken(&spent)
	next.putOAuthToken(&c.New)
	next.successions = put(next.successions, c.ID, &Succession{ID: c.ID, At: c.Now, Sealed: c.Sealed})
	return OK
}

// InvalidateOAuthToken invalidates an access token, or a refresh token; the
// other one of the pair stays as it is.
type InvalidateOAuthToken struct {
	ID      string    `json:"id"`
	Access  Sensitive `json:"access,omitempty"`  // hash of the access token, or
	Refresh Sensitive `json:"refresh,omitempty"` // hash of the refresh token
	By      string    `json:"by"`                // id of the request, never empty
}

// Type implements Command.
func (*InvalidateOAuthToken) Type() string { return "invalidate_oauth_token" }

// LogValue implements slog.LogValuer.
func (c InvalidateOAuthToken) LogValue() slog.Value { return printed(c) }

func (c *InvalidateOAuthToken) apply(next *State) Code {
	t, there := next.OAuthToken(c.ID)
	if !there {
		return NotFound
	}
	invalid := *t
	var by *string
	switch {
	case c.Access != "" && c.Access == t.Access:
		by = &invalid.AccessInvalidatedBy
	case c.Refresh != "" && c.Refresh == t.Refresh:
		by = &invalid.RefreshInvalidatedBy
	default:
		return NotFound
	}
	switch *by {
	case "":
		*by = c.By
		next.putOAuthToken(&invalid)
	case c.By: // the request was here before
	default:
		return Invalidated
	}
	return OK
}

// InvalidateOAuthTokens invalidates what is still good of an owner's tokens.
type InvalidateOAuthTokens struct {
	Username string `json:"username,omitempty"` // "" is everybody of the realm
	Realm    string `json:"realm,omitempty"`    // "" is every realm
	By       string `json:"by"`                 // id of the request, never empty
	Now      int64  `json:"now"`                // Unix milliseconds, by the maker's clock
}

// Type implements Command.
func (*InvalidateOAuthTokens) Type() string { return "invalidate_oauth_tokens" }

func (c *InvalidateOAuthTokens) apply(next *State) Code {
	var changed []*OAuthToken
	for t := range next.OAuthTokensOf(c.Username, c.Realm) {
		access := t.AccessInvalidatedBy == "" && t.Expires > c.Now
		refresh := t.Refresh != "" && t.RefreshInvalidatedBy == "" && t.Refreshed == 0 && t.Until > c.Now
		if !access && !refresh {
			continue
		}
		invalid := *t
		if access {
			invalid.AccessInvalidatedBy = c.By
		}
		if refresh {
			invalid.RefreshInvalidatedBy = c.By
		}
		changed = append(changed, &invalid)
	}
	next.replaceOAuthTokens(changed)
	return OK
}

// PurgeExpired drops records whose time is over. The maker names them, a bounded
// number at a time; what is not over by the command's time stays.
type PurgeExpired struct {
	Now int64 `json:"now"` // Unix milliseconds, by the maker's clock
	// OAuthTokens are ids of tokens whose Until has passed.
	OAuthTokens []string `json:"oauth_tokens,omitempty"`
	// Successions are ids of those from before SuccessionsBefore.
	Successions       []string `json:"successions,omitempty"`
	SuccessionsBefore int64    `json:"successions_before,omitempty"`
	// ServiceTokens are tokens that expired before ServiceTokensBefore.
	ServiceTokens       []TokenKey `json:"service_tokens,omitempty"`
	ServiceTokensBefore int64      `json:"service_tokens_before,omitempty"`
}

// TokenKey names one service token.
type TokenKey struct {
	Account string `json:"account"`
	Name    string `json:"name"`
}

// Type implements Command.
func (*PurgeExpired) Type() string { return "purge_expired" }

func (c *PurgeExpired) apply(next *State) Code {
	for _, id := range c.OAuthTokens {
		if t, there := next.OAuthToken(id); there && t.Until <= c.Now {
			next.removeOAuthToken(t)
		}
	}
	for _, id := range c.Successions {
		if s, there := next.Succession(id); there && s.At < c.SuccessionsBefore {
			next.successions = remove(next.successions, id)
		}
	}
	for _, k := range c.ServiceTokens {
		if t, there := next.ServiceToken(k.Account, k.Name); there && t.Expires != 0 && t.Expires < c.ServiceTokensBefore {
			next.tokens = remove(next.tokens, tokenKey(k.Account, k.Name))
		}
	}
	return OK
}
