package httpapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"jeton/security"
)

// catJSON has every value as a string, and null where there is none.
func catJSON(shown []shownColumn, nodes []security.Node) []object {
	rows := make([]object, 0, len(nodes))
	for _, n := range nodes {
		row := make(object, 0, len(shown))
		for _, c := range shown {
			var value any
			if text := c.value(n); text != "" {
				value = text
			}
			row = append(row, member{c.title, value})
		}
		rows = append(rows, row)
	}
	return rows
}

// catText lines the columns up. A missing value is a dash, so that a line
// always has as many words as there are columns.
func catText(shown []shownColumn, nodes []security.Node, titles bool) string {
	var rows [][]string
	if titles {
		rows = append(rows, make([]string, len(shown)))
		for i, c := range shown {
			rows[0][i] = c.title
		}
	}
	for _, n := range nodes {
		row := make([]string, len(shown))
		for i, c := range shown {
			row[i] = cmp.Or(c.value(n), "-")
		}
		rows = append(rows, row)
	}
	widths := make([]int, len(shown))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(catLine(shown, row, widths) + "\n")
	}
	return b.String()
}

func catLine(shown []shownColumn, row []string, widths []int) string {
	cells := make([]string, len(row))
	for i, cell := range row {
		padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if shown[i].right {
			cells[i] = padding + cell
		} else {
			cells[i] = cell + padding
		}
	}
	return strings.TrimRight(strings.Join(cells, " "), " ")
}

// sortKey is one entry of the parameter s: a column and a direction.
type sortKey struct {
	column
	descending bool
}

// catSort judges the parameter s.
func catSort(_, value string) error {
	_, err := parseSort(value)
	return err
}

func parseSort(s string) ([]sortKey, error) {
	var keys []sortKey
	for _, wish := range splitList(s) {
		name, descending := strings.CutSuffix(wish, ":desc")
		name = strings.TrimSuffix(name, ":asc")
		i := slices.IndexFunc(nodeColumns, func(c column) bool { return c.name == name || slices.Contains(c.aliases, name) })
		if i < 0 {
			return nil, illegalArgument("Unable to sort by unknown sort key `%s`", name)
		}
		keys = append(keys, sortKey{nodeColumns[i], descending})
	}
	return keys, nil
}

// sortNodes sorts by a checked parameter s: numbers as numbers, the rest as
// text; equals keep their order.
func sortNodes(nodes []security.Node, s string) {
	keys, _ := parseSort(s)
	slices.SortStableFunc(nodes, func(a, b security.Node) int {
		for _, k := range keys {
			order := compareCells(k.value(a), k.value(b))
			if k.descending {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
}

func compareCells(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}
