package report

// Lines is a chart of measured points on lines, over named categories or over
// numbers.
type Lines struct {
	Title, XLabel, YLabel string
	// Categories are the places of x = 0, 1, …; nil where x is a number.
	Categories []string
	LogX       bool // x is a number, greater than 0
	Series     []Line
}

// Line is one line: its points in their order.
type Line struct {
	Name   string // in the legend; "" for one that belongs to a named one of its colour
	X, Y   []float64
	Colour int // from 0; lines of one colour belong together
	Dashed bool
}

// Add puts a point at a line's end.
func (l *Line) Add(x, y float64) { l.X, l.Y = append(l.X, x), append(l.Y, y) }
