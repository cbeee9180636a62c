package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	patience    time.Duration // how long the node may take to see its changed files
}

func (p *program) resetPasswordCommand() *cobra.Command {
	var o resetOptions
	cmd := &cobra.Command{
		Use:   "reset-password -u USER",
		Short: "Give a reserved or native user a new password",
		Long: `Give a reserved or native user a new password: a random one, which is printed,
or with --interactive one that is asked for. Where there is no terminal, it is
what stdin holds: one line, or the same line twice.

It asks first whether to go on, and takes the answer, y or N, from the first line
of stdin; --batch asks nothing. No answer is no, and changes nothing.

It needs no password, but the right to write the config directory of the node
on this machine: for a moment it adds a superuser of its own to the node's users
file. The node must be running, and its cluster have a leader.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.resetPassword(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.user, "username", "u", "", "the user")
	flags.BoolVarP(&o.auto, "auto", "a", false, "a random password (the default)")
	flags.BoolVarP(&o.interactive, "interactive", "i", false, "ask for the password")
	flags.BoolVarP(&o.batch, "batch", "b", false, "do not ask for confirmation")
	flags.BoolVarP(&o.silent, "silent", "s", false, "print the new password alone")
	flags.DurationVar(&o.patience, "timeout", 15*time.Second, "how long the node may take to see its changed files")
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
	if err := checkConfigDir(p.configDir(o.local.config)); err != nil {
		return fmt.Errorf("the config directory cannot be used, name it with --config: %w", err)
	}
	c, err := p.localClient(o.local, clientTimeout)
	if err != nil {
		return err
	}
	if !o.batch {
		if sure, err := p.confirmReset(o.user); err != nil || !sure {
			return err
		}
	}
	password, err := p.passwordToSet(o)
	if err != nil {
		return err
	}
	// From here on a signal must not end the program before the helper is gone.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return p.setByHelper(ctx, c, o, password)
}

// setByHelper changes the password through a helper, which goes whatever
// happens: a superuser that nobody knows of is a door.
func (p *program) setByHelper(ctx context.Context, c *client, o resetOptions, password token.Secret) error {
	helper, warnings, err := p.addHelper(o.local.config)
	if !o.silent {
		p.warn(warnings)
	}
	if err != nil {
		return err
	}
	err = helper.setPassword(ctx, c, o, password)
	removed := helper.remove()
	if err == nil { // told whatever became of the helper: nobody else knows it
		err = p.tellReset(o, password)
	}
	return errors.Join(err, removed)
}

func (p *program) confirmReset(user string) (bool, error) {
	fmt.Fprintf(p.stderr, "The password of [%s] will be replaced, on all nodes. Please confirm that you would like to continue [y/N] ", visible(user))
	answer, err := readLine(p.stdin, maxAnswerLine)
	if err != nil {
		return false, fmt.Errorf("the answer cannot be read: %w; nothing was changed", err)
	}
	sure := strings.EqualFold(strings.TrimSpace(answer), "y")
	if !sure {
		fmt.Fprintln(p.stderr, "\nNothing was changed: the answer was not y. --batch asks nothing.")
	}
	return sure, nil
}

// maxAnswerLine bounds a line with y or N, in bytes.
const maxAnswerLine = 1 << 10

// readLine reads to the end of a line or of the input and not a byte further: what
// follows may be a password.
func readLine(from io.Reader, limit int) (string, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < limit; {
		n, err := from.Read(one)
		if n == 1 && one[0] == '\n' || errors.Is(err, io.EOF) {
			return string(append(line, one[:n]...)), nil
		}
		if err != nil {
			return "", err
		}
		line = append(line, one[:n]...)
	}
	return "", fmt.Errorf("it is longer than %d bytes", limit)
}

// passwordToSet is the password to be set, in clear.
func (p *program) passwordToSet(o resetOptions) (token.Secret, error) {
	if !o.interactive {
		return token.NewSecret(), nil
	}
	password, err := p.askNewPassword("new password of "+visible(o.user)+": ", "again: ")
	if err != nil {
		return token.Secret{}, fmt.Errorf("the new password cannot be taken: %w", err)
	}
	return token.SecretFrom(password), nil
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
