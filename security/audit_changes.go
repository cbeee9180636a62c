package security

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"jeton/fsm"
	"jeton/security/audit"
)

// auditCommand tells of a command that has changed something, or may have.
func (s *Service) auditCommand(ctx context.Context, c fsm.Command, code fsm.Code, again bool, err error) {
	if s.auditor == nil || !s.auditor.Wants(audit.SecurityConfigChange) {
		return
	}
	outcome, ok := outcomeOf(code, again, err)
	if !ok {
		return
	}
	if change, ok := changeBy(c); ok {
		change.Outcome = outcome
		s.auditChange(ctx, change)
	}
}

// outcomeOf is false for a command that has surely changed nothing.
func outcomeOf(code fsm.Code, again bool, err error) (audit.Outcome, bool) {
	switch {
	case errors.Is(err, ErrOutcomeUnknown):
		return audit.Unknown, true
	case err != nil:
		return "", false
	case code == fsm.OK || code == fsm.Replaced:
		return audit.Success, true
	default: // what stands in the way may be what an earlier attempt has done
		return audit.Unknown, again
	}
}

func (s *Service) auditChange(ctx context.Context, c audit.Change) {
	if s.auditor != nil {
		s.auditAs(ctx, audit.SecurityConfigChange, requestOf(ctx).asker(), func(e *audit.Event) { e.Change = c })
	}
}

// changed is a Change; path is divided by dots.
func changed(name, path string, fields ...audit.Field) audit.Change {
	return audit.Change{Name: name, Path: strings.Split(path, "."), Fields: fields}
}

func is(name string, value any) audit.Field { return audit.Field{Name: name, Value: value} }

// changeBy tells a command by the names of what it changes, with Elasticsearch's
// words where it has some. False: the command is housekeeping, and nobody's
// authority is another one after it. Every command must be here: see the test.
func changeBy(c fsm.Command) (audit.Change, bool) {
	switch c := c.(type) {
	case *fsm.NoteTokenUses, *fsm.PurgeExpired, *fsm.SettleSettings, *fsm.StageRestore, *fsm.DropRestore:
		return audit.Change{}, false

	case *fsm.CreateServiceToken:
		return changed("create_service_token", "create.service_token", serviceToken(c.Token.Account, c.Token.Name)...), true
	case *fsm.DeleteServiceToken:
		return changed("delete_service_token", "delete.service_token", serviceToken(c.Account, c.Name)...), true
	case *fsm.RotateServiceToken:
		return changed("rotate_service_token", "change.service_token", serviceToken(c.Account, c.Name)...), true
	case *fsm.PutServiceAccount:
		return changed("put_service_account", "put.service_account", is("name", c.Account.Name), is("enabled", !c.Account.Disabled), is("roles", c.Account.Roles)), true
	case *fsm.DeleteServiceAccount:
		return changed("delete_service_account", "delete.service_account", is("name", c.Name)), true

	case *fsm.PutUser:
		return changed("put_user", "put.user", is("name", c.User.Name), is("enabled", !c.User.Disabled), is("roles", c.User.Roles), is("has_password", c.User.Password != "")), true
	case *fsm.DeleteUser:
		return changed("delete_user", "delete.user", is("name", c.Name)), true
	case *fsm.SetPassword:
		return changed("change_password", "change.password.user", is("name", c.Name)), true
	case *fsm.SetUserEnabled:
		if c.Enabled {
			return changed("change_enable_user", "change.enable.user", is("name", c.Name)), true
		}
		return changed("change_disable_user", "change.disable.user", is("name", c.Name)), true

	case *fsm.PutRole:
		return changed("put_role", "put.role", is("name", c.Role.Name)), true
	case *fsm.DeleteRole:
		return changed("delete_role", "delete.role", is("name", c.Name)), true
	case *fsm.PutApplicationPrivilege:
		return changed("put_privileges", "put.privileges", is("application", c.Privilege.Application), is("name", c.Privilege.Name)), true
	case *fsm.DeleteApplicationPrivilege:
		return changed("delete_privileges", "delete.privileges", is("application", c.Application), is("privileges", []string{c.Name})), true
	}
	if change, ok := changeOfTokens(c); ok {
		return change, true
	}
	if change, ok := changeOfCluster(c); ok {
		return change, true
	}
	if change, ok := changeOfCA(c); ok {
		return change, true
	}
	return changed(c.Type(), "change"), true // better than silence
}

func serviceToken(principal, name string) []audit.Field {
	namespace, service, _ := strings.Cut(principal, "/")
	return []audit.Field{is("namespace", namespace), is("service", service), is("name", name)}
}

// changeOfTokens tells whose OAuth tokens a command is about. An id is a part of a
// token's text, so it is not told.
func changeOfTokens(c fsm.Command) (audit.Change, bool) {
	switch c := c.(type) {
	case *fsm.CreateOAuthToken:
		return changed("create_token", "create.token.user", is("name", c.Token.Owner.Username), is("realm", c.Token.Owner.Realm)), true
	case *fsm.RefreshOAuthToken:
		return changed("refresh_token", "change.token.user", is("name", c.New.Owner.Username), is("realm", c.New.Owner.Realm)), true
	case *fsm.InvalidateOAuthToken:
		return changed("invalidate_token", "invalidate.token", is("type", kindOfInvalidated(c))), true
	case *fsm.InvalidateOAuthTokens:
		return changed("invalidate_tokens", "invalidate.tokens.user", is("name", c.Username), is("realm", c.Realm)), true
	}
	return audit.Change{}, false
}

func kindOfInvalidated(c *fsm.InvalidateOAuthToken) string {
	if c.Access != "" {
		return "access_token"
	}
	return "refresh_token"
}

func changeOfCluster(c fsm.Command) (audit.Change, bool) {
	switch c := c.(type) {
	case *fsm.FoundCluster:
		return changed("found_cluster", "create.cluster", is("name", c.Cluster.Name), is("uuid", c.Cluster.UUID)), true
	case *fsm.CreateJoinToken:
		return changed("create_join_token", "create.join_token", is("id", c.Token.ID), is("creator", c.Token.Creator.Principal)), true
	case *fsm.AdmitMember:
		return changed("admit_node", "create.node", append(nodeFields(c.Member.ID, c.Member.Name), is("join_token", c.TokenID))...), true
	case *fsm.AdmitSeededMember:
		return changed("admit_node", "create.node", append(nodeFields(c.Member.ID, c.Member.Name), is("join_secret", true))...), true
	case *fsm.UpdateMember:
		return changed("update_node", "change.node", nodeFields(c.Member.ID, c.Member.Name)...), true
	case *fsm.RemoveMember:
		return changed("retire_node", "delete.node", is("id", c.ID)), true
	case *fsm.SetMemberVoting:
		return changed("set_node_voting", "change.node", is("id", c.ID), is("voting", c.Voting)), true
	case *fsm.RecoverCluster: // by a tool, with no node to tell of it
		return changed("recover_cluster", "create.cluster", is("uuid", c.UUID)), true
	case *fsm.PutAutopilotSettings:
		return changed("put_cluster_settings", "change.cluster_settings", is("names", autopilotNames(c))), true
	case *fsm.CommitRestore:
		return changed("restore_backup", "change.cluster", is("id", c.ID), is("backup_of", c.Source.ClusterUUID), is("bring_back", c.BringBack)), true
	case *fsm.RaiseLevel:
		return changed("raise_level", "change.feature_level", is("level", c.Level)), true
	case *fsm.PutSettings:
		return changed("put_cluster_settings", "change.cluster_settings", is("names", settingNames(c))), true
	}
	return audit.Change{}, false
}

// changeOfCA tells which CA a step of a rotation is about.
func changeOfCA(c fsm.Command) (audit.Change, bool) {
	switch c := c.(type) {
	case *fsm.BeginCARotation:
		return changed("begin_ca_rotation", "create.ca", is("fingerprint", c.Fingerprint)), true
	case *fsm.ReleaseCARotation:
		return changed("release_ca_rotation", "change.ca", is("fingerprint", c.Fingerprint)), true
	case *fsm.SwitchCA:
		return changed("switch_ca", "change.ca", is("fingerprint", c.Fingerprint)), true
	case *fsm.FinishCARotation:
		return changed("finish_ca_rotation", "change.ca", is("fingerprint", c.Fingerprint)), true
	}
	return audit.Change{}, false
}

// settingNames are the settings that a command changes.
func settingNames(c *fsm.PutSettings) []string {
	return named(map[string]bool{
		SettingConsistency: c.Consistency != nil, SettingLease: c.Lease != nil, SettingMaxAge: c.MaxAge != nil,
	})
}

func autopilotNames(c *fsm.PutAutopilotSettings) []string {
	names := named(map[string]bool{
		SettingCleanupDeadServers: c.CleanupDeadServers != nil, SettingDeadServerThreshold: c.DeadServerThreshold != nil,
		SettingLastContactThreshold: c.LastContact != nil, SettingMaxTrailingLogs: c.MaxTrailingLogs != nil,
		SettingMinQuorum: c.MinQuorum != nil, SettingServerStabilization: c.Stabilization != nil,
	})
	if c.Settings != nil {
		names = append(names, settingNames(c.Settings)...)
	}
	return names
}

// named are the names that are true, sorted.
func named(all map[string]bool) []string {
	maps.DeleteFunc(all, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(all))
}
