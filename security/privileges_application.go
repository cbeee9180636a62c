package security

import (
	"context"
	"encoding/json"
	"slices"

	"jeton/fsm"
	"jeton/security/account"
)

// PutPrivileges defines or replaces privileges of applications; created tells
// for each, in the order of the request. Errors: *PermissionError,
// *ValidationError, ErrNoLeader, ErrTooLarge; ErrOutcomeUnknown also when only
// some of them were put.
func (s *Service) PutPrivileges(ctx context.Context, who Identity, privileges []account.ApplicationPrivilege) (created []bool, err error) {
	if err := s.authorize(ctx, who, account.ActionPutPrivileges); err != nil {
		return nil, err
	}
	records, err := privilegeRecords(privileges)
	if err != nil {
		return nil, err
	}
	created, errs := make([]bool, len(records)), make([]error, len(records))
	concurrently(len(records), func(i int) {
		code, again, err := s.propose(ctx, &fsm.PutApplicationPrivilege{Privilege: records[i]})
		if err == nil && again && code != fsm.OK {
			err = ErrOutcomeUnknown // it may be this put that has created it
		}
		created[i], errs[i] = code == fsm.OK, err
	})
	if err := together(errs); err != nil {
		return nil, err
	}
	return created, nil
}

// privilegeRecords checks all of them before any is put.
func privilegeRecords(privileges []account.ApplicationPrivilege) ([]fsm.ApplicationPrivilege, error) {
	if len(privileges) == 0 {
		return nil, invalid("At least one application privilege must be provided")
	}
	if err := checkBulk(len(privileges)); err != nil {
		return nil, err
	}
	var records []fsm.ApplicationPrivilege
	var reasons []string
	seen := map[[2]string]bool{}
	for _, p := range privileges {
		if err := p.Check(); err != nil {
			reasons = append(reasons, err.Error())
			continue
		}
		key := [2]string{p.Application, p.Name}
		if seen[key] {
			reasons = append(reasons, "privilege ["+p.Name+"] of application ["+p.Application+"] is there twice")
		}
		seen[key] = true
		record := fsm.ApplicationPrivilege{Application: p.Application, Name: p.Name, Actions: p.Actions}
		if len(p.Metadata) > 0 {
			metadata, err := json.Marshal(p.Metadata)
			if err != nil {
				return nil, err
			}
			record.Metadata = metadata
		}
		records = append(records, record)
	}
	if reasons != nil {
		return nil, invalid(reasons...)
	}
	return records, nil
}

// Privileges lists the privileges of an application ("" is all) of these names
// (nil is all), sorted; those that do not exist are left out. Errors:
// *PermissionError, ErrNoLeader.
func (s *Service) Privileges(ctx context.Context, who Identity, application string, names []string) ([]account.ApplicationPrivilege, error) {
	if err := s.authorize(ctx, who, account.ActionGetPrivileges); err != nil {
		return nil, err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	list := []account.ApplicationPrivilege{}
	for p := range state.ApplicationPrivileges() {
		if (application == "" || application == p.Application) && (names == nil || slices.Contains(names, p.Name)) {
			list = append(list, shownPrivilege(p))
		}
	}
	return list, nil
}

func shownPrivilege(p *fsm.ApplicationPrivilege) account.ApplicationPrivilege {
	shown := account.ApplicationPrivilege{Application: p.Application, Name: p.Name, Actions: slices.Clone(p.Actions)}
	if json.Unmarshal(p.Metadata, &shown.Metadata) != nil || shown.Metadata == nil {
		shown.Metadata = map[string]any{}
	}
	return shown
}

// DeletePrivileges removes definitions of an application's privileges; found
// tells for each name, in the order of the request. Errors: *PermissionError,
// *ValidationError, ErrNoLeader; ErrOutcomeUnknown also when only some of them
// were deleted.
func (s *Service) DeletePrivileges(ctx context.Context, who Identity, application string, names []string) (found []bool, err error) {
	if err := s.authorize(ctx, who, account.ActionDeletePrivileges); err != nil {
		return nil, err
	}
	if err := checkBulk(len(names)); err != nil {
		return nil, err
	}
	once := unique(names)
	was, errs := make([]bool, len(once)), make([]error, len(once))
	concurrently(len(once), func(i int) {
		was[i], errs[i] = deleted(s.propose(ctx, &fsm.DeleteApplicationPrivilege{Application: application, Name: once[i]}))
	})
	if err := together(errs); err != nil {
		return nil, err
	}
	for _, name := range names {
		found = append(found, was[slices.Index(once, name)])
	}
	return found, nil
}
