package timing

// course is a lane's way through the reads of a product whose steps differ: in
// each input step its shots, one for each group of columns that is read at a time,
// are gone through as often as there are groups of wordlines.
type course struct {
	times             []int32 // of each step; nil where every read is the same
	step, turn, place int32   // of the read to begin next
}

// setTimes says how often the shots of each step are gone through in the next
// product.
func (x *imaState) setTimes(k int32, times func(step int) int32) {
	l := &x.lanes[k]
	l.reads = 0
	for s, shots := range x.kind.lanes[k].steps {
		l.times[s] = 0
		if len(shots) > 0 {
			l.times[s] = times(s)
		}
		l.reads += l.times[s] * int32(len(shots))
	}
}

// start goes to the first read of a product.
func (c *course) start() { c.step, c.turn, c.place = 0, 0, 0 }

// shot is what the next read leads to. There must be one.
func (c *course) shot(l *lane) *shot {
	if c.times == nil {
		return &l.shot
	}
	for c.turn == c.times[c.step] {
		c.step, c.turn = c.step+1, 0
	}
	shots := l.steps[c.step]
	s := &shots[c.place]
	if c.place++; int(c.place) == len(shots) {
		c.turn, c.place = c.turn+1, 0
	}
	return s
}
