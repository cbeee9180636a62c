package security

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestWhatIsHandedOutOnceIsNotPrinted(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, v := range []any{CreatedToken{Name: "n", Value: secret}, &CreatedToken{Value: secret}, JoinToken{Value: secret}} {
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("made", "it", v)
		for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%+v %#v %s %q", v, v, v, v), logged.String()} {
			if strings.Contains(text, secret) {
				t.Errorf("%T prints its secret: %s", v, text)
			}
		}
	}
}
