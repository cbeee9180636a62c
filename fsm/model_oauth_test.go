package fsm

func (m *model) applyOAuth(c Command) Code {
	switch c := c.(type) {
	case *CreateOAuthToken:
		if _, taken := m.oauthTokens[c.Token.ID]; taken {
			return Exists
		}
		m.oauthTokens[c.Token.ID] = c.Token
		if m.oauthSince == 0 {
			m.oauthSince = c.Token.Created
		}
	case *RefreshOAuthToken:
		return m.refresh(c)
	case *InvalidateOAuthToken:
		return m.invalidate(c)
	case *InvalidateOAuthTokens:
		for id, t := range m.oauthTokens {
			if c.Username != "" && c.Username != t.Owner.Username || c.Realm != "" && c.Realm != t.Owner.Realm {
				continue
			}
			if c.Now < t.Expires && t.AccessInvalidatedBy == "" {
				t.AccessInvalidatedBy = c.By
			}
			if c.Now < t.Until && t.Refresh != "" && t.Refreshed == 0 && t.RefreshInvalidatedBy == "" {
				t.RefreshInvalidatedBy = c.By
			}
			m.oauthTokens[id] = t
		}
	case *PurgeExpired:
		m.purge(c)
	}
	return OK
}

func (m *model) refresh(c *RefreshOAuthToken) Code {
	old, there := m.oauthTokens[c.ID]
	if !there || old.Refresh != c.Refresh || c.Refresh == "" {
		return NotFound
	}
	if c.Now >= old.Until {
		return Expired
	}
	if old.RefreshInvalidatedBy != "" {
		return Invalidated
	}
	if c.Client != old.Client {
		return NotTheClient
	}
	if old.Refreshed != 0 {
		return Refreshed
	}
	if _, taken := m.oauthTokens[c.New.ID]; taken {
		return Exists
	}
	old.Refreshed = max(1, c.Now)
	m.oauthTokens[old.ID], m.oauthTokens[c.New.ID] = old, c.New
	m.successions[old.ID] = Succession{ID: old.ID, At: c.Now, Sealed: c.Sealed}
	return OK
}

func (m *model) invalidate(c *InvalidateOAuthToken) Code {
	t, there := m.oauthTokens[c.ID]
	mark := func(by *string) Code {
		if *by != "" && *by != c.By {
			return Invalidated
		}
		*by = c.By
		m.oauthTokens[c.ID] = t
		return OK
	}
	if there && c.Access != "" && c.Access == t.Access {
		return mark(&t.AccessInvalidatedBy)
	}
	if there && c.Refresh != "" && c.Refresh == t.Refresh {
		return mark(&t.RefreshInvalidatedBy)
	}
	return NotFound
}

func (m *model) purge(c *PurgeExpired) {
	for _, id := range c.OAuthTokens {
		if t, there := m.oauthTokens[id]; there && c.Now >= t.Until {
			delete(m.oauthTokens, id)
		}
	}
	for _, id := range c.Successions {
		if n, there := m.successions[id]; there && n.At < c.SuccessionsBefore {
			delete(m.successions, id)
		}
	}
	for _, k := range c.ServiceTokens {
		key := [2]string{k.Account, k.Name}
		if t, there := m.tokens[key]; there && t.Expires != 0 && t.Expires < c.ServiceTokensBefore {
			delete(m.tokens, key)
		}
	}
}
