package page_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"

	"bitline/internal/page"
	"bitline/internal/report"
)

// attack is a name that tries everything at once.
const attack = `"'><script>window.attacked=1</script><img src=x onerror=window.attacked=1></script>` + "`${window.attacked=1}"

// hostile is a page whose every text is an attack.
func hostile() *page.Page {
	t := report.Table{Title: attack, Columns: []string{attack, attack + ">"}}
	t.Add(attack, attack)
	limit := 1.0
	return &page.Page{Title: attack, Subtitle: attack, Footer: attack, Sections: []page.Section{{
		Title: attack, Blocks: []page.Block{
			page.Figures{{Name: attack, Value: "1 " + attack, Note: attack}},
			page.Facts{Title: attack, List: []page.Fact{{Name: attack, Text: attack}}},
			page.Text(attack), page.List{attack}, page.Code{Title: attack, Text: attack}, page.Table(t),
			page.Bars{Title: attack, Note: attack, Names: attack, Parts: []string{attack}, Format: func(float64) string { return attack },
				Rows: []page.Bar{{Name: attack, Parts: []page.Part{{Value: 1}}}}},
			page.Histograms{Title: attack, Note: attack, Key: page.HistogramKey{Within: attack, Beyond: attack, Limit: attack}, Groups: []page.HistogramGroup{
				{Title: attack, Items: []page.Histogram{{Title: attack, Counts: []int64{1, 2, 3}, High: &limit, Notes: []string{attack}}}},
			}},
			page.Lines{Title: attack, XLabel: attack, YLabel: attack, Categories: []string{attack}, Series: []report.Line{{Name: attack, X: []float64{0}, Y: []float64{1}}}},
			page.Scatter{Title: attack, X: attack, Columns: []page.Column{
				{Name: attack, Unit: attack, Numbers: []float64{1, 2}}, {Name: "words", Words: []string{attack, "b"}},
			}},
		},
	}}}
}

func TestEscapes(t *testing.T) {
	text := string(write(t, hostile()))
	for _, bad := range []string{"<img", "<script>window", "onerror=window.attacked=1>"} {
		if i := strings.Index(text, bad); i >= 0 {
			t.Errorf("the page holds %q: %s", bad, text[max(0, i-80):i+80])
		}
	}
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("the page has %d scripts, want its own and the data of the plot", n)
	}
}

// A page needs nothing but itself.
func TestSelfContained(t *testing.T) {
	text := string(write(t, demo(10)))
	for _, m := range regexp.MustCompile(`(?i)(src|href)="([^"]*)"|url\(|@import|https?://\S*`).FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[2], "#") || m[2] == "data:," || strings.HasPrefix(m[0], "http://www.w3.org/2000/svg") {
			continue
		}
		t.Errorf("the page refers to %s", m[0])
	}
	if !strings.Contains(text, "default-src 'none'") {
		t.Error("the page's policy lets it load things")
	}
	if strings.Contains(text, " style=") {
		t.Error("the page has a style attribute, which its policy refuses")
	}
}

func TestEqualPagesGiveEqualBytes(t *testing.T) {
	if a, b := write(t, demo(500)), write(t, demo(500)); !bytes.Equal(a, b) {
		t.Error("two pages of the same differ")
	}
}

// Sections without blocks are not there, and their scripts neither.
func TestLeavesOutWhatIsEmpty(t *testing.T) {
	p := &page.Page{Title: "t", Sections: []page.Section{{Title: "full", Blocks: []page.Block{page.Text("x")}}, {Title: "empty"}}}
	text := string(write(t, p))
	if strings.Contains(text, "empty") || strings.Count(text, "<section") != 1 {
		t.Errorf("a section without blocks is on the page:\n%s", text)
	}
	if strings.Contains(text, "class Scatter") || !strings.Contains(string(write(t, demo(5))), "class Scatter") {
		t.Error("want the script of plots on pages with plots alone")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestWriteReportsErrors(t *testing.T) {
	if err := demo(5).Write(full{}); !errors.Is(err, errFull) {
		t.Errorf("error is %v, want %v", err, errFull)
	}
}

// The data of a plot, as its script reads it.
func TestScatterData(t *testing.T) {
	many := make([]float64, 12)
	for i := range many {
		many[i] = 3e-9
	}
	many[5], many[7] = 1.23456789e-9, math.NaN()
	words := strings.Split("b a b a b a b a b a b a", " ")
	p := &page.Page{Title: "t", Sections: []page.Section{{Blocks: []page.Block{page.Scatter{LogX: true, Y: "words and",
		Columns: []page.Column{{Name: "words and", Unit: "J", Numbers: many, Better: page.Smaller}, {Name: "w", Words: words, Setting: true}}}}}}}
	match := regexp.MustCompile(`<script type="application/json">(.*)</script>`).FindSubmatch(write(t, p))
	if match == nil {
		t.Fatal("the page has no data")
	}
	var got map[string]any
	if err := json.Unmarshal(match[1], &got); err != nil {
		t.Fatal(err)
	}
	const want = `{"x":"","y":"words and","colour":"","logX":true,"logY":false,"columns":[` +
		`{"name":"words and","unit":"J","better":-1,"scale":1e-9,"values":[3,3,3,3,3,1.23457,3,null,3,3,3,3]},` +
		`{"name":"w","setting":true,"words":["b","a"],"which":[0,1,0,1,0,1,0,1,0,1,0,1]}]}`
	if string(match[1]) != want {
		t.Errorf("got\n%s\nwant\n%s", match[1], want)
	}
}

// Callers' bugs do not make pages.
func TestScatterPanics(t *testing.T) {
	for name, s := range map[string]page.Scatter{
		"no numbers":        {Columns: []page.Column{{Name: "w", Words: []string{"a"}}}},
		"different lengths": {Columns: []page.Column{{Name: "a", Numbers: []float64{1}}, {Name: "b", Numbers: []float64{1, 2}}}},
		"unknown axis":      {X: "b", Columns: []page.Column{{Name: "a", Numbers: []float64{1}}}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "page: ") {
					t.Errorf("panics with %v, want a message that begins with page:", r)
				}
			}()
			write(t, &page.Page{Sections: []page.Section{{Blocks: []page.Block{s}}}})
		})
	}
}
