package timing

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"bitline/internal/units"
)

// TimelineOptions ask for a timeline of the settled window.
type TimelineOptions struct {
	Rows    int // resources at most; 0 means 12
	Columns int // stretches of time; 0 means 64
}

// Timeline is when the busiest resources were busy in the settled window. Of equal
// resources, those of one class and layer, the busiest is shown, the first of
// equals. All IMAs of one kind in a copy of a layer on a tile do the same at the
// same time and are one row, named after the first.
type Timeline struct {
	Length units.Time // of the window
	Rows   []TimelineRow
}

// TimelineRow is one resource's.
type TimelineRow struct {
	Class, Layer, Path string
	Share              float64   // of the window in which it is busy, 0 to 1
	Columns            []float64 // the same of each equal stretch of it
}

func (o *TimelineOptions) check() error {
	if o != nil && (o.Rows < 0 || o.Columns < 0) {
		return fmt.Errorf("timeline is %d rows of %d columns, want more than 0, or 0 for 12 of 64", o.Rows, o.Columns)
	}
	return nil
}

func (o *TimelineOptions) rows() int { return cmp.Or(o.Rows, 12) }

func (o *TimelineOptions) columns() int { return cmp.Or(o.Columns, 64) }

// lines are the busy times of all resources in stretches of time. Resources are
// in the order of eachStation.
type lines struct {
	m          *model
	from       units.Time
	length     units.Time
	width      units.Time // of a column
	columns    int
	busy       []units.Time // columns for each site
	pools      []int32      // first one of each class
	adds, tile int          // first resource of these kinds
	links      int
}

func newLines(b *builder, m *model, from, length units.Time, columns int) *lines {
	w := &lines{m: m, from: from, length: length, columns: columns, width: max(1, length/units.Time(columns))}
	classes, pools := 0, 0
	for i := range m.teams {
		for c := range m.teams[i].classes {
			w.pools = append(w.pools, int32(pools))
			pools += len(m.teams[i].classes[c].kind.pools)
			classes++
		}
	}
	for i := range w.pools {
		w.pools[i] += int32(classes)
	}
	w.adds = classes + pools
	w.tile = w.adds + classes
	w.links = w.tile + sharedParts*len(m.tiles)
	w.busy = make([]units.Time, columns*(w.links+len(m.net.links)+1))
	return w
}

// sharedParts is the number of pools that the layers on a tile share.
const sharedParts = 4

// shared takes the service of a resource in that layers share.
func (w *lines) shared(s *served) {
	row := w.links + int(s.at.owner)
	switch s.at.place {
	case inBuffer, inTileAdd, inActivation, inPool:
		row = w.tile + int(s.at.place)*len(w.m.tiles) + int(s.at.owner)
	case inHost:
		row = w.links + len(w.m.net.links)
	}
	w.add(row, 1, s.start, s.end)
}

// rowStep is for how long so many servers of a part of an IMA are busy.
type rowStep struct {
	what action
	pool int32
	stretch
}

// busySteps is when the parts of an IMA are busy during a product.
func busySteps(kind *imaKind, spans []imaSpan) []rowStep {
	var all []rowStep
	each := func(what action, pool int32) {
		var of []imaSpan
		for _, s := range spans {
			if s.what == what && (what != scanning || kind.lanes[s.lane].pool == pool) {
				of = append(of, s)
			}
		}
		for _, s := range levels(of, func(s *imaSpan) int64 { return kind.servers(s) }) {
			all = append(all, rowStep{what, pool, s})
		}
	}
	each(reading, 0)
	for p := range kind.pools {
		each(scanning, int32(p))
	}
	each(accumulating, 0)
	return all
}

// servers is how many servers a part of an IMA takes for a service.
func (k *imaKind) servers(s *imaSpan) int64 {
	if s.what == reading {
		return k.lanes[s.lane].crossbars
	}
	return 1
}

// product takes a product in that some equal IMAs begin now.
func (w *lines) product(class int32, imas int64, steps []rowStep, now units.Time) {
	for _, s := range steps {
		w.add(w.row(class, s.what, s.pool), imas*s.level, now+s.start, now+s.end)
	}
}

// part takes the service of a part of some equal IMAs in.
func (w *lines) part(kind *imaKind, class int32, imas int64, s *imaSpan) {
	if s.what != blocked {
		w.add(w.row(class, s.what, kind.lanes[s.lane].pool), imas*kind.servers(s), s.start, s.end)
	}
}

// row is the resource of a class that does something.
func (w *lines) row(class int32, what action, pool int32) int {
	switch what {
	case scanning:
		return int(w.pools[class] + pool)
	case accumulating:
		return w.adds + int(class)
	}
	return int(class)
}

// add adds the time for which n servers are busy.
func (w *lines) add(row int, n int64, start, end units.Time) {
	start, end = max(start-w.from, 0), min(end-w.from, w.length)
	columns := w.busy[row*w.columns : (row+1)*w.columns]
	for c := int(start / w.width); start < end; c++ {
		c = min(c, w.columns-1)
		to := min(w.edge(c+1), end)
		columns[c] += units.Time(n) * (to - start)
		start = to
	}
}

// edge is where a column begins. The last one takes over what the division leaves.
func (w *lines) edge(c int) units.Time {
	if c == w.columns {
		return w.length
	}
	return units.Time(c) * w.width
}

// timeline shows the busiest resources.
func (w *lines) timeline(b *builder, rows int) *Timeline {
	t := &Timeline{Length: w.length}
	index := map[[2]string]int{}
	number := 0
	b.eachStation(w.m, func(s station) {
		columns := w.busy[number*w.columns : (number+1)*w.columns]
		number++
		var busy units.Time
		for _, c := range columns {
			busy += c
		}
		key := [2]string{s.class, s.layer}
		i, ok := index[key]
		share := float64(busy) / float64(s.servers) / float64(w.length)
		if busy == 0 || ok && t.Rows[i].Share >= share {
			return
		}
		if !ok {
			i = len(t.Rows)
			index[key] = i
			t.Rows = append(t.Rows, TimelineRow{})
		}
		t.Rows[i] = TimelineRow{Class: s.class, Layer: s.layer, Path: s.path(), Share: share}
		for c, busy := range columns {
			t.Rows[i].Columns = append(t.Rows[i].Columns, float64(busy)/float64(s.servers)/float64(w.edge(c+1)-w.edge(c)))
		}
	})
	slices.SortStableFunc(t.Rows, func(a, b TimelineRow) int { return cmp.Compare(b.Share, a.Share) })
	t.Rows = t.Rows[:min(rows, len(t.Rows))]
	return t
}

// WriteText draws the timeline, a line for each resource, with the share of each
// stretch of time as a shade.
func (t *Timeline) WriteText(to io.Writer) error {
	var b strings.Builder
	var names []string
	width, columns := 0, 0
	for _, r := range t.Rows {
		name := r.Class + "  " + r.Path
		if r.Layer != "" {
			name = r.Class + " of " + r.Layer + "  " + r.Path
		}
		names = append(names, name)
		width, columns = max(width, utf8.RuneCountInString(name)), len(r.Columns)
	}
	if columns > 0 {
		fmt.Fprintf(&b, "Busiest resources in a window of %v, %v a column (░ up to 25 %%, ▒ 50 %%, ▓ 75 %%, █ more)\n", t.Length, t.Length/units.Time(columns))
	}
	for i, r := range t.Rows {
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(names[i]))
		fmt.Fprintf(&b, "  %s%s  %5.1f %%  ", names[i], pad, 100*r.Share)
		for _, share := range r.Columns {
			b.WriteRune(shade(share))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(to, b.String())
	return err
}

// shade is a share as a character.
func shade(share float64) rune {
	switch {
	case share <= 0:
		return '·'
	case share <= 0.25:
		return '░'
	case share <= 0.5:
		return '▒'
	case share <= 0.75:
		return '▓'
	}
	return '█'
}
