package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"jeton/node"
	"jeton/security/token"
	"jeton/security/userfile"
)

// helperPrefix begins the name of every helper.
const helperPrefix = "reset_password_"

// resetHelper is a superuser in the node's users file, for as long as
// reset-password runs.
type resetHelper struct {
	dir      string
	name     string
	password token.Secret
}

// addHelper adds a helper to the files of a config directory. The warnings are
// sentences for the person who called.
func (p *program) addHelper(c configFlags) (h *resetHelper, warnings []string, err error) {
	dir := p.configDir(c)
	settings, _, err := node.ReadSettings(dir, c.settings, p.environ)
	if err != nil {
		return nil, nil, err
	}
	algorithm, err := token.ParseAlgorithm(settings.PasswordHashing)
	if err != nil {
		return nil, nil, err
	}
	h = &resetHelper{dir: dir, name: helperPrefix + strings.ToLower(token.NewName()), password: token.NewSecret()}
	hash, err := algorithm.Hash(h.password)
	if err != nil {
		return nil, nil, err
	}
	if warnings, err = userfile.Add(dir, h.name, hash, []string{"superuser"}); err != nil {
		_, _ = userfile.Delete(dir, h.name) // half of it may be there
	}
	return h, warnings, err
}

func (h *resetHelper) remove() error {
	if _, err := userfile.Delete(h.dir, h.name); err != nil {
		return fmt.Errorf("the helper user of this command is still in %s, remove it with `jeton users userdel %s`: %w", h.dir, h.name, err)
	}
	return nil
}

// setPassword waits until the node knows the helper, and changes the password.
func (h *resetHelper) setPassword(ctx context.Context, c *client, o resetOptions, password token.Secret) error {
	as := *c
	as.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(h.name+":"+h.password.Reveal()))
	if err := h.waitKnown(ctx, &as, o.patience); err != nil {
		return err
	}
	err := as.do(ctx, request{
		method: http.MethodPost,
		path:   "/_security/user/" + url.PathEscape(o.user) + "/_password",
		body:   map[string]string{"password": password.Reveal()},
	}, nil)
	var refused *serverError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && (refused.status < 500 || refused.status == http.StatusServiceUnavailable):
		return fmt.Errorf("the password of [%s] was not changed: %w", visible(o.user), err)
	}
	return fmt.Errorf("it is not known whether the password of [%s] was changed, run this command again: %w", visible(o.user), err)
}

// waitKnown waits until the node takes the helper.
func (h *resetHelper) waitKnown(ctx context.Context, as *client, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := as.do(ctx, request{method: http.MethodGet, path: "/_security/_authenticate"}, nil)
		var refused *serverError
		late := time.Now().After(deadline)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return errors.New("interrupted; nothing was changed")
		case !errors.As(err, &refused):
			return err
		case late && refused.status != http.StatusUnauthorized:
			return fmt.Errorf("the node at %s cannot change a password now: %w", as.base, err)
		case late:
			return fmt.Errorf("the node at %s does not take the helper that this command has added to the users file in %s: is --config the directory of that node? %w", as.base, h.dir, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}
