package page

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
)

// Scatter is a plot of up to some 10,000 points with the reader's choice of axes
// and colour: it shows a point's settings and figures where the pointer rests,
// draws the Pareto front of the two axes, and lists the points that a reader
// selects.
type Scatter struct {
	Title   string
	Columns []Column
	// X, Y and Colour name the columns that are shown at first; "" for the first
	// two of numbers, and for one colour.
	X, Y, Colour string
	LogX, LogY   bool
}

// Column is one property of all points: numbers, or words where Words is not nil.
type Column struct {
	Name string
	// Unit is the unit of the numbers. Those of SI base units (s, J, W, Hz, b, B,
	// OPS, OPS/W) are shown with prefixes, "%" as 100 times the number.
	Unit    string
	Numbers []float64 // NaN for none
	Words   []string
	Better  Better
	Setting bool // what was chosen rather than what came of it
}

// Better says which numbers of a column are wanted.
type Better int

// No, smaller or larger numbers are better.
const (
	Neither Better = 0
	Smaller Better = -1
	Larger  Better = 1
)

// Len is the number of points of the column.
func (c *Column) Len() int { return max(len(c.Numbers), len(c.Words)) }

type scatterView struct {
	Scatter
	ID   string
	Data template.JS
	N    int
}

func (s Scatter) content(id string) (string, any) {
	numbers := 0
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Len() != s.Columns[0].Len() || c.Numbers != nil && c.Words != nil {
			panic(fmt.Sprintf("page: column %s has %d numbers and %d words, want %d of either", c.Name, len(c.Numbers), len(c.Words), s.Columns[0].Len()))
		}
		if c.Words == nil {
			numbers++
		}
	}
	if numbers == 0 {
		panic("page: a plot of points has no column of numbers, want at least one")
	}
	for _, name := range []string{s.X, s.Y, s.Colour} {
		if name != "" && !slices.ContainsFunc(s.Columns, func(c Column) bool { return c.Name == name }) {
			panic(fmt.Sprintf("page: a plot of points has no column %s, which it is to show", name))
		}
	}
	return "scatter", scatterView{Scatter: s, ID: id, Data: s.pack(), N: s.Columns[0].Len()}
}

// packed is a plot as its script reads it.
type packed struct {
	X       string         `json:"x"`
	Y       string         `json:"y"`
	Colour  string         `json:"colour"`
	LogX    bool           `json:"logX"`
	LogY    bool           `json:"logY"`
	Columns []packedColumn `json:"columns"`
}

// packedColumn holds the points' values, or where they repeat themselves the
// distinct ones and which of them each point has. Numbers are to be multiplied by
// the scale.
type packedColumn struct {
	Name    string            `json:"name"`
	Unit    string            `json:"unit,omitempty"`
	Better  Better            `json:"better,omitempty"`
	Setting bool              `json:"setting,omitempty"`
	Words   []string          `json:"words,omitempty"`
	Scale   json.RawMessage   `json:"scale,omitempty"`
	Values  []json.RawMessage `json:"values,omitempty"`
	Which   []int             `json:"which,omitempty"`
}

// pack is the plot as JSON, which is safe within a script: "<" is escaped.
func (s Scatter) pack() template.JS {
	p := packed{X: s.X, Y: s.Y, Colour: s.Colour, LogX: s.LogX, LogY: s.LogY}
	for i := range s.Columns {
		c := &s.Columns[i]
		column := packedColumn{Name: c.Name, Unit: c.Unit, Better: c.Better, Setting: c.Setting}
		if c.Words != nil {
			column.Words, column.Which = distinct(c.Words)
		} else {
			column.packNumbers(c.Numbers)
		}
		p.Columns = append(p.Columns, column)
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("page: a plot of points has no JSON: %v", err))
	}
	return template.JS(text)
}

// distinct lists the distinct values in order of their first appearance, and which
// of them each is.
func distinct[T comparable](all []T) (values []T, which []int) {
	at := map[T]int{}
	which = make([]int, len(all))
	for i, v := range all {
		n, ok := at[v]
		if !ok {
			n = len(values)
			at[v] = n
			values = append(values, v)
		}
		which[i] = n
	}
	return values, which
}

// digits is how many digits of a number a page shows at most, and one to spare.
const digits = 6

// packNumbers writes numbers with few digits, over a power of ten that makes the
// largest a little more than 1.
func (p *packedColumn) packNumbers(numbers []float64) {
	largest := 0.0
	for _, x := range numbers {
		if a := math.Abs(x); a > largest && !math.IsInf(x, 0) {
			largest = a
		}
	}
	exponent := 0
	if largest > 0 && (largest >= 1e6 || largest < 0.1) {
		exponent = int(math.Floor(math.Log10(largest)))
		p.Scale = json.RawMessage("1e" + strconv.Itoa(exponent))
	}
	scale := math.Pow(10, float64(exponent))
	texts := make([]string, len(numbers))
	for i, x := range numbers {
		texts[i] = "null"
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			texts[i] = strconv.FormatFloat(x/scale, 'g', digits, 64)
		}
	}
	values, which := distinct(texts)
	if 4*len(values) < len(texts) {
		texts, p.Which = values, which
	}
	p.Values = make([]json.RawMessage, len(texts))
	for i, text := range texts {
		p.Values[i] = json.RawMessage(text)
	}
}
