package node

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"jeton/security/audit"
)

// openAudit opens the audit log; nil where none is asked for.
func openAudit(o Options, id string, log *slog.Logger) (*audit.Log, error) {
	s := o.Settings
	if s.AuditEnabled == nil || !*s.AuditEnabled {
		return nil, nil
	}
	include, err := audit.ParseKinds(s.AuditInclude)
	if err != nil {
		return nil, fmt.Errorf("setting [xpack.security.audit.logfile.events.include]: %w", err)
	}
	exclude, err := audit.ParseKinds(s.AuditExclude)
	if err != nil {
		return nil, fmt.Errorf("setting [xpack.security.audit.logfile.events.exclude]: %w", err)
	}
	return audit.Open(audit.Options{
		Dir:      cmp.Or(s.PathLogs, filepath.Join(s.PathData, "logs")),
		Name:     auditName(s.ClusterName),
		Source:   audit.Source{ID: id, Name: s.NodeName},
		Kinds:    include.Without(exclude),
		MaxSize:  s.AuditMaxSize,
		MaxFiles: s.AuditMaxFiles,
		Logger:   log,
		Room:     o.AuditRoom,
	})
}

// auditName is the file's name without its end. A cluster may be named by what a
// file cannot be.
func auditName(cluster string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, cluster) + "_audit"
}

// auditPatience is how long a stop waits for a disk that hangs.
const auditPatience = 2 * time.Second

func (n *Node) closeAudit(ctx context.Context) error {
	if n.audit == nil {
		return nil
	}
	// Those who stop in a hurry have used up their ctx, and the last events are
	// about them.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditPatience)
	defer cancel()
	return n.audit.Close(ctx)
}

func (n *Node) auditStats() audit.Stats {
	if n.audit == nil {
		return audit.Stats{}
	}
	return n.audit.Stats()
}
