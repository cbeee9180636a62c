package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"jeton/security/token"
)

type resetOptions struct {
	local       localFlags
	user        string
	auto        bool
	interactive bool
	batch       bool
	silent      bool
}

func (p *program) resetPasswordCommand() *cobra.Command {
	var o resetOptions
	cmd := &cobra.Command{
		Use:   "reset-password -u USER",
		Short: "Give a reserved or native user a new password",
		Long: `Give a reserved or native user a new password: a random one, which is printed,
or with --interactive one that is asked for (or read from stdin, a line).

It needs no password, but the right to write the config directory of the node
on this machine: for a moment it adds a superuser of its own to the node's users
file. The node must be running, and its cluster have a leader.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return p.resetPassword(ctx, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.user, "username", "u", "", "the user")
	flags.BoolVarP(&o.auto, "auto", "a", false, "a random password (the default)")
	flags.BoolVarP(&o.interactive, "interactive", "i", false, "ask for the password")
	flags.BoolVarP(&o.batch, "batch", "b", false, "do not ask for confirmation")
	flags.BoolVarP(&o.silent, "silent", "s", false, "print the new password alone")
	o.local.register(flags)
	return cmd
}

func (p *program) resetPassword(ctx context.Context, o resetOptions) error {
	switch {
	case o.user == "":
		return usageErrorf("the user is missing: give --username")
	case o.auto && o.interactive:
		return usageErrorf("--auto and --interactive exclude each other")
	}
	in := bufio.NewReader(p.stdin)
	if !o.batch && isTerminalIn(p.stdin) {
		if sure, err := p.confirmReset(in, o.user); err != nil || !sure {
			return err
		}
	}
	password, err := p.passwordToSet(in, o)
	if err != nil {
		return err
	}
	c, err := p.localClient(o.local, clientTimeout)
	if err != nil {
		return err
	}
	helper, err := p.addHelper(o.local.config)
	if err != nil {
		return err
	}
	// The helper goes whatever happens: a superuser that nobody knows of is a door.
	err = errors.Join(helper.setPassword(ctx, c, o.user, password), helper.remove())
	if err != nil {
		return err
	}
	return p.tellReset(o, password)
}

func (p *program) confirmReset(in *bufio.Reader, user string) (bool, error) {
	fmt.Fprintf(p.stderr, "The password of [%s] will be replaced, on all nodes. Please confirm that you would like to continue [y/N] ", visible(user))
	answer, err := in.ReadString('\n')
	if err != nil {
		return false, fmt.Errorf("no answer: %w", err)
	}
	return strings.EqualFold(strings.TrimSpace(answer), "y"), nil
}

// passwordToSet is the password to be set, in clear.
func (p *program) passwordToSet(in *bufio.Reader, o resetOptions) (token.Secret, error) {
	if !o.interactive {
		return token.NewSecret(), nil
	}
	first, asked, err := p.askPassword(o.user)
	if err != nil {
		return token.Secret{}, err
	}
	if !asked {
		line, err := in.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			return token.Secret{}, errors.Join(errors.New("stdin holds no password"), err)
		}
		return token.SecretFrom(line), nil
	}
	second, _, err := p.askPassword(o.user + " again")
	if err == nil && first != second {
		err = errors.New("the two passwords differ; nothing was changed")
	}
	return token.SecretFrom(first), err
}

func (p *program) tellReset(o resetOptions, password token.Secret) error {
	if !o.silent {
		fmt.Fprintf(p.stderr, "Password for the [%s] user successfully reset.\n", visible(o.user))
	}
	if o.interactive {
		return nil
	}
	form := "New value: %s\n"
	if o.silent {
		form = "%s\n"
	}
	_, err := fmt.Fprintf(p.stdout, form, password.Reveal())
	return err
}

// helperPatience is how long the node may take to see its changed files.
const helperPatience = 15 * time.Second

// setPassword waits until the node knows the helper, and changes the password.
func (h *resetHelper) setPassword(ctx context.Context, c *client, user string, password token.Secret) error {
	as := *c
	as.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(h.name+":"+h.password.Reveal()))
	if err := waitKnown(ctx, &as); err != nil {
		return err
	}
	err := as.do(ctx, request{
		method: http.MethodPost,
		path:   "/_security/user/" + url.PathEscape(user) + "/_password",
		body:   map[string]string{"password": password.Reveal()},
	}, nil)
	if err != nil {
		return fmt.Errorf("the password of [%s] was not changed: %w", visible(user), err)
	}
	return nil
}

func waitKnown(ctx context.Context, c *client) error {
	ctx, cancel := context.WithTimeout(ctx, helperPatience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := c.do(ctx, request{method: http.MethodGet, path: "/_security/_authenticate"}, nil)
		var refused *serverError
		if err == nil || !errors.As(err, &refused) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the node at %s does not take the helper that this command has added to its users file: is --config the directory of that node? %w", c.base, err)
		}
	}
}
