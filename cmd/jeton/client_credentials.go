package main

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// authorization is the value of the Authorization header; "" when there are no
// credentials. Flags of one kind hide the environment's of the other.
func (p *program) authorization(f clientFlags) (string, error) {
	byToken, byUser := f.token != "" || f.tokenFile != "", f.user != "" || f.passwordFile != ""
	switch {
	case byToken && byUser, f.token != "" && f.tokenFile != "":
		return "", usageErrorf("--token, --token-file and --user with --password-file exclude each other")
	case byToken:
		return p.bearer(f.token, f.tokenFile)
	case byUser:
		return p.basic(f.user, f.passwordFile)
	}
	byToken, byUser = p.getenv("JETON_TOKEN") != "", p.getenv("JETON_USER") != "" || p.getenv("JETON_PASSWORD") != ""
	switch {
	case byToken && byUser:
		return "", usageErrorf("JETON_TOKEN and JETON_USER with JETON_PASSWORD exclude each other")
	case byToken:
		return p.bearer(p.getenv("JETON_TOKEN"), "")
	case byUser:
		return p.basic("", "")
	}
	return "", nil
}

func (p *program) bearer(token, file string) (string, error) {
	if file != "" {
		var err error
		if token, err = p.readSecret(file); err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", usageErrorf("the token must be one line of base64")
	}
	return "Bearer " + token, nil
}

func (p *program) basic(user, file string) (string, error) {
	user = firstOf(user, p.getenv("JETON_USER"), "elastic")
	if strings.Contains(user, ":") {
		return "", usageErrorf("the user name must hold no colon: a password comes from --password-file or JETON_PASSWORD")
	}
	password, err := p.passwordOf(user, file)
	if err != nil {
		return "", err
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)), nil
}

func (p *program) passwordOf(user, file string) (string, error) {
	if file != "" {
		password, err := p.readSecret(file)
		if err != nil {
			return "", fmt.Errorf("--password-file: %w", err)
		}
		return password, nil
	}
	if password := p.getenv("JETON_PASSWORD"); password != "" {
		return password, nil
	}
	password, asked, err := p.askPassword(user)
	if err == nil && !asked {
		err = usageErrorf("the password of %s is missing: give --password-file, - for stdin, or JETON_PASSWORD", user)
	}
	return password, err
}
