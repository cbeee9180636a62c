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
