package page

import (
	"math"
	"strconv"
	"strings"
)

// drawing is a picture of lines, shapes and text in user units, which a template
// writes as SVG. Classes give the colours of either theme.
type drawing struct {
	Width, Height int
	Label         string // what a reader who cannot see it is told
	Marks         []mark
}

// mark is a path, a circle or a text.
type mark struct {
	Kind   string // path, circle or text
	Class  string
	D      string // of a path
	X, Y   string
	Anchor string // of a text: start, middle or end
	Text   string
	Title  string // shown where the pointer rests; "" for none
}

func (d *drawing) path(class, data string) {
	d.Marks = append(d.Marks, mark{Kind: "path", Class: class, D: data})
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.path(class, "M"+point(x1, y1)+"L"+point(x2, y2))
}

func (d *drawing) text(class, anchor, text string, x, y float64) {
	d.Marks = append(d.Marks, mark{Kind: "text", Class: class, Anchor: anchor, Text: text, X: number(x), Y: number(y)})
}

func (d *drawing) dot(class, title string, x, y float64) {
	d.Marks = append(d.Marks, mark{Kind: "circle", Class: class, Title: title, X: number(x), Y: number(y)})
}

func point(x, y float64) string { return number(x) + " " + number(y) }

// axis maps values from Low to High onto pixels.
type axis struct {
	low, high  float64
	from, to   float64 // pixels at low and high
	logarithms bool
}

func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.logarithms {
		v, low, high = math.Log10(v), math.Log10(low), math.Log10(high)
	}
	if high == low {
		return (a.from + a.to) / 2
	}
	return a.from + (v-low)/(high-low)*(a.to-a.from)
}

// tick is a marked value of an axis.
type tick struct {
	value float64
	label string
}

// ticks marks about n round values: of logarithms over more than a decade their own.
func (a axis) ticks(n int) []tick {
	if a.logarithms && a.high > 10*a.low {
		return a.logTicks(n)
	}
	step := roundStep((a.high - a.low) / float64(n))
	if step == 0 {
		return []tick{{a.low, short(a.low)}}
	}
	var list []tick
	for i := math.Ceil(a.low/step - 1e-9); i*step <= a.high+1e-9*step; i++ {
		v := i*step + 0 // 0 rather than -0
		list = append(list, tick{v, short(v)})
	}
	return list
}

// logTicks marks powers of ten, and 2 and 5 times those where there are few.
func (a axis) logTicks(n int) []tick {
	first, last := math.Ceil(math.Log10(a.low)), math.Log10(a.high)
	every := max(1, math.Ceil((last-first)/float64(n)))
	factors := []float64{1}
	if last-math.Log10(a.low) < 3 {
		first, factors = first-1, []float64{1, 2, 5}
	}
	var list []tick
	for power := first; power <= last; power += every {
		for _, f := range factors {
			if v := f * math.Pow(10, power); v >= a.low*(1-1e-9) && v <= a.high*(1+1e-9) {
				list = append(list, tick{v, short(v)})
			}
		}
	}
	return list
}

// roundStep is 1, 2 or 5 times a power of ten, at least a given step.
func roundStep(least float64) float64 {
	if least <= 0 {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, f := range []float64{1, 2, 5} {
		if f*power >= least*(1-1e-9) {
			return f * power
		}
	}
	return 10 * power
}

// short is a number on an axis: 0.05, 20, 10k, 2M, 1e-6.
func short(v float64) string {
	for _, s := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if math.Abs(v) >= s.size && math.Abs(v) < 1e12 {
			if s.name == "k" {
				s.size = 1e3
			}
			return strconv.FormatFloat(v/s.size, 'g', 4, 64) + s.name
		}
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 6, 64), "e-0", "e-", 1)
}
