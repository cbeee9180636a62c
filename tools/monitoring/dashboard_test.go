package monitoring

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

type dashboard struct {
	Panels []panel `json:"panels"`
}

type panel struct {
	ID      int      `json:"id"`
	Type    string   `json:"type"`
	Title   string   `json:"title"`
	GridPos position `json:"gridPos"`
	Targets []target `json:"targets"`
}

type position struct{ X, Y, W, H int }

type target struct {
	RefID string `json:"refId"`
	Expr  string `json:"expr"`
}

func theDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("../../docs/monitoring/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// variables gives what Grafana fills in, in expressions, a value.
func variables(expr string) string {
	return strings.NewReplacer("$__rate_interval", "5m", "$job", "jeton", "$instance", ".*").Replace(expr)
}

func TestPrometheusUnderstandsTheDashboard(t *testing.T) {
	p := newPrometheus(t, nil)
	for _, panel := range theDashboard(t).Panels {
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("the panel %q asks nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			expr := variables(target.Expr)
			if strings.Contains(expr, "$") {
				t.Errorf("the panel %q has an unknown variable: %s", panel.Title, target.Expr)
			}
			if _, err := newParser().ParseExpr(expr); err != nil {
				t.Errorf("the panel %q: %v in %s", panel.Title, err, expr)
				continue
			}
			p.ask(t, expr, 0)
		}
	}
}

func TestPanelsDoNotLieOnEachOther(t *testing.T) {
	ids, cells := map[int]string{}, map[[2]int]string{}
	for _, p := range theDashboard(t).Panels {
		if other, taken := ids[p.ID]; taken {
			t.Errorf("%q and %q have the id %d", p.Title, other, p.ID)
		}
		ids[p.ID] = p.Title
		if p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%q is wider than the page", p.Title)
		}
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, taken := cells[cell]; taken {
					t.Fatalf("%q lies on %q", p.Title, other)
				}
				cells[cell] = p.Title
			}
		}
	}
}
