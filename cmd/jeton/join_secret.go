package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"jeton/internal/localfile"
	"jeton/security/token"
)

// minJoinSecret is how many characters cluster.join_secret has at least, without
// the spaces around them.
const minJoinSecret = 32

func (p *program) joinSecretCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "join-secret FILE",
		Short: "Make the secret by which nodes find each other, in a file",
		Long: `Make a random secret in FILE, unless the file is there: a file that holds one
already stays as it is, so the command may run before each start. Nothing is
printed.

Give the same file to all nodes, as cluster.join_secret_file. Whoever has it can
make a machine a member of the cluster.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.makeJoinSecret(args[0]) },
	}
}

// makeJoinSecret makes the file under a lock: of two that run at once, neither
// may hand out a secret that the other then replaces.
func (p *program) makeJoinSecret(path string) error {
	if err := needDirectoryOf(path); err != nil {
		return err
	}
	unlock, warnings, err := localfile.LockForEdit(path)
	p.warn(warnings)
	if err != nil {
		return err
	}
	defer unlock()
	data, err := localfile.ReadOrAbsent(path)
	if err != nil {
		return err
	}
	if data != nil {
		return checkJoinSecret(path, data)
	}
	warnings, err = localfile.WriteShared(path, []byte(newJoinSecret().Reveal()+"\n"))
	p.warn(warnings)
	return err
}

// checkJoinSecret does not mend a file: other nodes may have its secret.
func checkJoinSecret(path string, data []byte) error {
	if n := utf8.RuneCount(bytes.TrimSpace(data)); n < minJoinSecret {
		return fmt.Errorf("%s is there and holds %d characters; a join secret has %d or more: remove the file if no cluster uses it, and run this again", path, n, minJoinSecret)
	}
	return nil
}

// newJoinSecret has 256 random bits and more: whoever records how nodes prove
// it to each other may guess for as long as they like.
func newJoinSecret() token.Secret { return token.SecretFrom(rand.Text() + rand.Text()) }
