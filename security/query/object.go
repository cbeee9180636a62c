package query

import (
	"encoding/json"
	"strconv"
	"strings"
)

// maxObjectDepth is how deep an object is looked into; Elasticsearch refuses
// to store what is deeper.
const maxObjectDepth = 20

// objectValues collects what stands at the path, or everything for "". A key
// may have dots itself, so each key that the path begins with is followed.
func objectValues(found []string, m map[string]any, path string, depth int) []string {
	for key, v := range m {
		rest, below := strings.CutPrefix(path, key+".")
		switch {
		case path == "" || path == key:
			found = leafValues(found, v, path == "", depth)
		case below:
			for _, inner := range objectsIn(v) {
				found = deeper(found, inner, rest, depth)
			}
		}
	}
	return found
}

func deeper(found []string, m map[string]any, path string, depth int) []string {
	if depth == 0 {
		return found
	}
	return objectValues(found, m, path, depth-1)
}

// leafValues collects a scalar or the elements of a list; with all set, what
// is inside of objects too.
func leafValues(found []string, v any, all bool, depth int) []string {
	switch v := v.(type) {
	case string:
		return append(found, v)
	case bool:
		return append(found, boolText(v))
	case json.Number:
		return append(found, v.String())
	case float64:
		return append(found, strconv.FormatFloat(v, 'f', -1, 64))
	case int:
		return append(found, strconv.Itoa(v))
	case int64:
		return append(found, strconv.FormatInt(v, 10))
	case []string:
		return append(found, v...)
	case []any:
		for _, e := range v {
			if depth > 0 {
				found = leafValues(found, e, all, depth-1)
			}
		}
	case map[string]any:
		if all {
			return deeper(found, v, "", depth)
		}
	}
	return found
}

// objectsIn is the object itself, or the objects of a list.
func objectsIn(v any) []map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var list []map[string]any
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				list = append(list, m)
			}
		}
		return list
	}
	return nil
}
