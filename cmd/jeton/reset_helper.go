package main

import (
	"strings"

	"jeton/node"
	"jeton/security/token"
	"jeton/security/userfile"
)

// resetHelper is a superuser in the node's users file, for as long as
// reset-password runs.
type resetHelper struct {
	dir      string
	name     string
	password token.Secret
}

func (p *program) addHelper(c configFlags) (*resetHelper, error) {
	dir := p.configDir(c)
	settings, _, err := node.ReadSettings(dir, c.settings, p.environ)
	if err != nil {
		return nil, err
	}
	algorithm, err := token.ParseAlgorithm(settings.PasswordHashing)
	if err != nil {
		return nil, err
	}
	h := &resetHelper{dir: dir, name: "reset_password_" + strings.ToLower(token.NewName()), password: token.NewSecret()}
	hash, err := algorithm.Hash(h.password)
	if err != nil {
		return nil, err
	}
	_, err = userfile.Add(dir, h.name, hash, []string{"superuser"})
	return h, err
}

func (h *resetHelper) remove() error {
	_, err := userfile.Delete(h.dir, h.name)
	return err
}
