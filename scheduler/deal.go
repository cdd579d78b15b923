package scheduler

import "bitline/arch"

// CopyOf is the number of the copy that computes a position of an image.
//
// Dealt in turn, position p is copy p mod copies'. In stripes, neighbouring
// columns are the same copy's or its neighbours', in all rows. The position of row
// y and column x of H × W comes at place
//
//	i = x × H + shuffled(y)
//
// and copy c has the places of which ⌊i × copies / (H × W)⌋ is c. So all copies
// have equally many positions, but for one. Where W is a multiple of the copies,
// each has so many whole columns; where the copies are a multiple of W, those of a
// column take its rows in turn. In between, the rows in which a column is one
// copy's or the next one's are spread evenly.
func (l *Layer) CopyOf(position int) int {
	if !l.Striped() {
		return position % len(l.Copies)
	}
	y, x := position/l.Width, position%l.Width
	return (x*l.stripes.rows + l.stripes.shuffled(y)) * len(l.Copies) / l.Positions
}

// Striped says whether positions are dealt in stripes.
func (l *Layer) Striped() bool { return l.stripes.rows > 0 }

// Products is the number of products that the busiest copy does for one image.
func (l *Layer) Products() int { return ceil(l.Positions, len(l.Copies)) }

// Share is the number of products that a copy does for one image.
func (l *Layer) Share(copy int) int {
	if !l.Striped() {
		return ceil(l.Positions-copy, len(l.Copies))
	}
	return ceil((copy+1)*l.Positions, len(l.Copies)) - ceil(copy*l.Positions, len(l.Copies))
}

// deal says how a layer's positions are dealt.
func (l *Layer) deal(rule string) {
	if rule == arch.DealStriped {
		l.stripes = newStripes(l.Positions/l.Width, l.Positions, len(l.Copies))
	}
}

// stripes is an order of rows in which each comes turn places after the one before
// it, round and round; one place more after every cycle of rows, which ends where
// the next turn would come to a place that is taken.
type stripes struct{ rows, turn, cycle int }

// newStripes turns rows by what a copy has of places, so that the next row is the
// next copy's.
func newStripes(rows, positions, copies int) stripes {
	turn := (positions + copies/2) / copies
	return stripes{rows: rows, turn: turn, cycle: rows / divisor(turn, rows)}
}

// shuffled is the place of a row among the rows.
func (s stripes) shuffled(row int) int { return (row*s.turn + row/s.cycle) % s.rows }

// divisor is the greatest common divisor.
func divisor(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}
