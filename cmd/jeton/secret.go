package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxSecretFile bounds the files that passwords and tokens are read from, in
// bytes.
const maxSecretFile = 64 << 10

// readSecret reads a file that holds one secret, or stdin for "-". One newline
// at its end is not part of it.
func (p *program) readSecret(path string) (string, error) {
	from := p.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		from = f
	}
	data, err := io.ReadAll(io.LimitReader(from, maxSecretFile+1))
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if len(data) > maxSecretFile {
		return "", fmt.Errorf("%s is larger than the %d bytes allowed", path, maxSecretFile)
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if secret == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return secret, nil
}

// readPassphrase is readSecret of the flag's file.
func (p *program) readPassphrase(path string) (string, error) {
	passphrase, err := p.readSecret(path)
	if err != nil {
		return "", fmt.Errorf("--passphrase-file: %w", err)
	}
	return passphrase, nil
}

// errMismatch says that a new password was given twice, and not the same.
var errMismatch = errors.New("the two passwords differ; nothing was changed")

// askNewPassword asks for a new password twice on the terminal. Where there is
// none, stdin to its end is the password: one line, or the same line twice, as
// scripts write for a tool that asks twice. Errors: errMismatch, and those of
// reading.
func (p *program) askNewPassword(prompt, promptAgain string) (string, error) {
	password, terminal, err := p.ask(prompt)
	if err != nil {
		return "", err
	}
	if !terminal {
		return p.newPasswordFromStdin()
	}
	again, _, err := p.ask(promptAgain)
	if err == nil && again != password {
		err = errMismatch
	}
	return password, err
}

func (p *program) newPasswordFromStdin() (string, error) {
	text, err := p.readSecret("-")
	if err != nil {
		return "", err
	}
	password, again, twice := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if twice && again != password {
		return "", errMismatch
	}
	return password, nil
}

// askPassword asks on the terminal; ok is false where there is none.
func (p *program) askPassword(user string) (password string, ok bool, err error) {
	return p.ask(fmt.Sprintf("password of %s: ", user))
}

// ask asks on the terminal, without showing the answer; ok is false where there
// is none.
func (p *program) ask(prompt string) (answer string, ok bool, err error) {
	f, ok := p.stdin.(*os.File)
	if !ok || !isTerminalIn(f) {
		return "", false, nil
	}
	fmt.Fprint(p.stderr, prompt)
	typed, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(p.stderr)
	return string(typed), true, err
}

// elasticPassword is the first password of the user elastic, as the environment
// gives it; "" when it does not.
func (p *program) elasticPassword() (string, error) {
	password, file := p.getenv("ELASTIC_PASSWORD"), p.getenv("ELASTIC_PASSWORD_FILE")
	switch {
	case password != "" && file != "":
		return "", errors.New("ELASTIC_PASSWORD and ELASTIC_PASSWORD_FILE are both set: keep one")
	case file == "-": // a file of that name, as elsewhere in the environment
		return p.readSecret("./-")
	case file != "":
		password, err := p.readSecret(file)
		if err != nil {
			return "", fmt.Errorf("ELASTIC_PASSWORD_FILE: %w", err)
		}
		return password, nil
	}
	return password, nil
}

func isTerminalIn(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
