package node

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"jeton/internal/localfile"
	"jeton/security/token"
)

// Bounds of the declarative settings.
const (
	minJoinSecret   = 32 // characters, without the spaces around them
	maxJoinSecret   = 4 << 10
	maxListed       = 100 // names or hosts
	defaultSeedPort = 9300
)

// Declared reports whether this node was told how its cluster forms.
func (s Settings) Declared() bool {
	return len(s.InitialMasterNodes) > 0 || len(s.SeedHosts) > 0 || s.hasJoinSecret()
}

func (s Settings) hasJoinSecret() bool { return s.JoinSecretFile != "" || s.JoinSecret.Reveal() != "" }

// checkFormation is about what needs what.
func (s *Settings) checkFormation() error {
	switch {
	case s.JoinSecretFile != "" && s.JoinSecret.Reveal() != "":
		return errors.New("settings [cluster.join_secret] and [cluster.join_secret_file] exclude each other: set one, best the file")
	case len(s.InitialMasterNodes) > 0 && len(s.SeedHosts) == 0:
		return errors.New("setting [cluster.initial_master_nodes] needs [discovery.seed_hosts]: where the nodes of the list find each other")
	case len(s.SeedHosts) > 0 && !s.hasJoinSecret():
		return errors.New("setting [discovery.seed_hosts] needs [cluster.join_secret_file] (or [cluster.join_secret]): by the secret nodes know that they belong together")
	}
	return nil
}

// completeSeedHosts gives hosts without a port this node's own: the nodes of a
// cluster are mostly set up alike.
func (s *Settings) completeSeedHosts() {
	port := s.TransportPort
	if port == 0 {
		port = defaultSeedPort
	}
	for i, h := range s.SeedHosts {
		if strings.HasSuffix(h, ":") {
			s.SeedHosts[i] = h + strconv.Itoa(port)
		}
	}
}

// joinSecret is the secret's text: the one that was set, or the file's.
func (s Settings) joinSecret() (token.Secret, error) {
	if s.JoinSecretFile == "" {
		return s.JoinSecret, nil
	}
	secret, err := readJoinSecret(s.JoinSecretFile)
	if err != nil {
		return token.Secret{}, fmt.Errorf("setting [cluster.join_secret_file]: %w", err)
	}
	return secret, nil
}

// readSecretFile reads a file with a secret, unless everybody may.
func readSecretFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o007 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s is for everybody on this machine (mode %04o): chmod 600, or 640 for a group", path, info.Mode().Perm())
	}
	return localfile.Read(path)
}

func readJoinSecret(path string) (token.Secret, error) {
	data, err := readSecretFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return token.Secret{}, fmt.Errorf("%w: make it once with `jeton join-secret %s`, and give the same file to all nodes", err, path)
	}
	if err != nil {
		return token.Secret{}, err
	}
	secret, ok := parseJoinSecret(string(data))
	if !ok {
		return token.Secret{}, fmt.Errorf("%s cannot be used: allowed is %s", path, joinSecretAllowed)
	}
	return secret, nil
}

const joinSecretAllowed = "32 characters or more, the same on every node, such as `openssl rand -hex 32` prints"

func parseJoinSecret(text string) (token.Secret, bool) {
	text = strings.TrimSpace(text)
	return token.SecretFrom(text), utf8.ValidString(text) && utf8.RuneCountInString(text) >= minJoinSecret && len(text) <= maxJoinSecret
}

func joinSecretForm(field *token.Secret) form {
	f := into(field, joinSecretAllowed, parseJoinSecret)
	f.secret = true
	return f
}

// listOf splits a comma separated text; nothing in it may be there twice.
func listOf(text string, one func(string) (string, bool)) ([]string, bool) {
	var list []string
	for item := range strings.SplitSeq(text, ",") {
		v, ok := one(strings.TrimSpace(item))
		if !ok || slices.Contains(list, v) {
			return nil, false
		}
		list = append(list, v)
	}
	return list, len(list) <= maxListed
}

func namesForm(field *[]string) form {
	return into(field, "a list of node names, each once", func(text string) ([]string, bool) {
		return listOf(text, func(item string) (string, bool) { return item, nameForm(new(string)).parse(item) })
	})
}

func seedHostsForm(field *[]string) form {
	return into(field, "a list of host or host:port, each once", func(text string) ([]string, bool) {
		return listOf(text, seedHost)
	})
}

// seedHost is a host:port; without a port it ends with the colon.
func seedHost(item string) (string, bool) {
	if a, err := parseAddress(item); err == nil {
		return net.JoinHostPort(a.String(), ""), !a.IsUnspecified() && !a.IsMulticast()
	}
	host, port, err := net.SplitHostPort(item)
	if err != nil {
		return item + ":", hostName.MatchString(item)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	usable := isAddress(host) || hostName.MatchString(host)
	return net.JoinHostPort(host, port), usable && err == nil && n > 0
}
