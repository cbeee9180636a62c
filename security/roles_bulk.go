package security

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"jeton/fsm"
	"jeton/security/account"
)

const (
	// maxBulk bounds the records of one request.
	maxBulk = 1000
	// bulkWidth bounds how many changes of one request are on their way at once.
	bulkWidth = 16
)

func checkBulk(n int) error {
	if n > maxBulk {
		return invalid(fmt.Sprintf("one request may name at most [%d], found [%d]: send them in parts", maxBulk, n))
	}
	return nil
}

// concurrently calls do with 0 to n-1, and returns when all have returned.
func concurrently(n int, do func(i int)) {
	width := make(chan struct{}, bulkWidth)
	var all sync.WaitGroup
	for i := range n {
		width <- struct{}{}
		all.Go(func() {
			defer func() { <-width }()
			do(i)
		})
	}
	all.Wait()
}

// PutRoles puts each of some roles by itself: what becomes of one is nothing to
// the others. Errors, when nothing was tried: *PermissionError,
// *ValidationError. In the result: those of PutRole.
func (s *Service) PutRoles(ctx context.Context, who Identity, roles []Role) (BulkResult, error) {
	if err := s.authorize(ctx, who, account.ActionBulkPutRole); err != nil {
		return BulkResult{}, err
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.Name
	}
	if err := checkBulk(len(names)); err != nil {
		return BulkResult{}, err
	}
	if len(unique(names)) < len(names) {
		return BulkResult{}, invalid("one request may name each role once")
	}
	codes, errs := make([]fsm.Code, len(roles)), make([]error, len(roles))
	concurrently(len(roles), func(i int) { codes[i], errs[i] = s.putRole(ctx, roles[i]) })
	var result BulkResult
	for i, name := range names {
		result.put(name, codes[i], errs[i])
	}
	return result, nil
}

func (r *BulkResult) put(name string, code fsm.Code, err error) {
	switch {
	case err != nil:
		r.Failed = append(r.Failed, BulkFailure{name, err})
	case code == fsm.OK:
		r.Created = append(r.Created, name)
	case code == fsm.Replaced:
		r.Updated = append(r.Updated, name)
	default:
		r.Noop = append(r.Noop, name)
	}
}

// DeleteRoles deletes each of some roles by itself; a name that is there again
// counts once. Errors, when nothing was tried: *PermissionError,
// *ValidationError. In the result: those of DeleteRole.
func (s *Service) DeleteRoles(ctx context.Context, who Identity, names []string) (BulkResult, error) {
	if err := s.authorize(ctx, who, account.ActionBulkDeleteRole); err != nil {
		return BulkResult{}, err
	}
	if err := checkBulk(len(names)); err != nil {
		return BulkResult{}, err
	}
	names = unique(names)
	found, errs := make([]bool, len(names)), make([]error, len(names))
	concurrently(len(names), func(i int) { found[i], errs[i] = s.deleteRole(ctx, names[i]) })
	var result BulkResult
	for i, name := range names {
		switch {
		case errs[i] != nil:
			result.Failed = append(result.Failed, BulkFailure{name, errs[i]})
		case found[i]:
			result.Deleted = append(result.Deleted, name)
		default:
			result.NotFound = append(result.NotFound, name)
		}
	}
	return result, nil
}

// together is the one error of changes that were made each by itself. Where
// some have happened and others not, no error but one that says so is true.
func together(errs []error) error {
	failed := 0
	for _, err := range errs {
		if errors.Is(err, ErrOutcomeUnknown) {
			return err
		}
		if err != nil {
			failed++
		}
	}
	switch failed {
	case 0:
		return nil
	case len(errs):
		return errs[0]
	default:
		return fmt.Errorf("%w: %d of %d changes failed", ErrOutcomeUnknown, failed, len(errs))
	}
}
