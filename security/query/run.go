package query

import (
	"context"
	"slices"
)

// Page is a part of what a search finds.
type Page[T any] struct {
	// Total counts everything that the query finds, on this page or not.
	Total int
	// Hits is never nil.
	Hits []Hit[T]
}

// Hit is one find.
type Hit[T any] struct {
	Value T
	// Sort has a key for each level of the search's sort: a string, an int (1
	// and 0 for a boolean, a place for _doc), or nil for a missing value. It
	// is nil where the search has no sort. As JSON it can be sent back as
	// search_after.
	Sort []any
}

// candidate is a record that the query finds, by its place in the input.
type candidate struct {
	place int
	keys  []any
}

// Run searches all, of which record makes what the search compares. Equal hits
// stay in the order of the input. The error is that of a context that ends
// before the search does.
func Run[T any](ctx context.Context, s *Search, all []T, record func(T) Record) (Page[T], error) {
	var found []candidate
	terms := map[field][]string{}
	for i, v := range all {
		if err := ctx.Err(); err != nil {
			return Page[T]{}, err
		}
		clear(terms)
		if r := record(v); s.query(&document{r, terms}) {
			found = append(found, candidate{i, s.keys(r, i)})
		}
	}
	total := len(found)
	page := Page[T]{Total: total, Hits: []Hit[T]{}}
	for _, c := range s.page(found) {
		page.Hits = append(page.Hits, Hit[T]{all[c.place], c.keys})
	}
	return page, nil
}

func (s *Search) keys(r Record, place int) []any {
	var keys []any
	for _, level := range s.sort {
		keys = append(keys, level.key(r, place))
	}
	return keys
}

// page sorts what was found and cuts the page out of it.
func (s *Search) page(found []candidate) []candidate {
	slices.SortStableFunc(found, func(a, b candidate) int { return s.compare(a.keys, b.keys) })
	if s.after != nil {
		found = slices.DeleteFunc(found, func(c candidate) bool { return s.compare(c.keys, s.after) <= 0 })
	}
	found = found[min(s.from, len(found)):]
	return found[:min(s.size, len(found))]
}

func (s *Search) compare(a, b []any) int {
	for i, level := range s.sort {
		if order := level.compare(a[i], b[i]); order != 0 {
			return order
		}
	}
	return 0
}
