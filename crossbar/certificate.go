package crossbar

import (
	"iter"
	"slices"
)

// ColumnStatus says what is known of the clipping of one column.
type ColumnStatus string

// What is known of a column.
const (
	ColumnProven  ColumnStatus = "proven"   // the weights say that no input can clip it
	ColumnUnseen  ColumnStatus = "not seen" // an input could clip it, none did
	ColumnClipped ColumnStatus = "clipped"  // clipped at least once
)

// ColumnCertificate says of one column of one converter what is known of its
// clipping.
type ColumnCertificate struct {
	Block int // row block
	Slice int // 0 is the least significant
	// Sign is 0 for the array of positive weights and 1 for that of negative ones;
	// 0 where both share a converter or one array holds both.
	Sign               int
	Column             int // output of the matrix
	Status             ColumnStatus
	Clips, Conversions int64 // conversions that clipped, and all
}

// ColumnCertificates is the clip certificate of every column of a matrix, each
// counted once per row block, slice and converter; unit columns are not among
// them. It does not change.
type ColumnCertificates struct {
	slices, signs, columns int
	conversions            int64   // of each column
	clips                  []int64 // in the order of All
	proven                 []bool  // likewise
}

// Len is the number of columns.
func (c ColumnCertificates) Len() int { return len(c.clips) }

// All visits every column, in the order of row block, slice, sign and column, the
// last fastest.
func (c ColumnCertificates) All() iter.Seq[ColumnCertificate] {
	return func(yield func(ColumnCertificate) bool) {
		for i := range c.clips {
			if !yield(c.at(i)) {
				return
			}
		}
	}
}

// at is the i-th column.
func (c ColumnCertificates) at(i int) ColumnCertificate {
	array := i / c.columns
	return ColumnCertificate{
		Block: array / c.signs / c.slices, Slice: array / c.signs % c.slices, Sign: array % c.signs, Column: i % c.columns,
		Status: c.status(i), Clips: c.clips[i], Conversions: c.conversions,
	}
}

func (c ColumnCertificates) status(i int) ColumnStatus {
	switch {
	case c.clips[i] > 0:
		return ColumnClipped
	case c.proven[i]:
		return ColumnProven
	}
	return ColumnUnseen
}

// Certificate says of the columns of a matrix, each counted once per block, slice
// and converter, what is known of their clipping.
type Certificate struct {
	Proven      int64 // no input can clip them
	Unseen      int64 // an input could, none did
	Clipped     int64 // clipped at least once
	Clips       int64 // conversions that clipped
	MostClips   int64 // of the column that clipped most
	Conversions int64
}

// Total sums the columns up.
func (c ColumnCertificates) Total() Certificate {
	t := Certificate{Conversions: c.conversions * int64(c.Len())}
	for i, clips := range c.clips {
		t.Clips += clips
		t.MostClips = max(t.MostClips, clips)
		switch c.status(i) {
		case ColumnProven:
			t.Proven++
		case ColumnUnseen:
			t.Unseen++
		case ColumnClipped:
			t.Clipped++
		}
	}
	return t
}

// Certificate sums the runner's clip certificate up.
func (r *Runner) Certificate(s Stats) Certificate { return r.Columns(s).Total() }

// Columns is the clip certificate of every column, of statistics of the runner's
// matrix under the runner's converters.
func (r *Runner) Columns(s Stats) ColumnCertificates {
	m := r.m
	c := ColumnCertificates{
		slices: m.slicing.Count, signs: m.converted(), columns: m.columns,
		conversions: s.MVMs * int64(m.reads()),
		clips:       slices.Clone(s.clips), proven: make([]bool, 0, len(s.clips)),
	}
	for i := range m.blocks {
		for slice := range m.slicing.Count {
			for converter := range m.converted() {
				c.proven = r.appendProven(c.proven, tableIndex{i, slice, converter})
			}
		}
	}
	return c
}

// Columns is the clip certificate of every column, of statistics of the runner's
// matrix under the runner's converters.
func (r *TileRunner) Columns(s Stats) ColumnCertificates { return r.slow.Columns(s) }

// tableIndex names one converter of a row block.
type tableIndex struct{ block, slice, converter int }

// appendProven appends, for the columns of a converter, whether no input can clip
// them: what their weights add up to at most and at least lies in its range.
func (r *Runner) appendProven(proven []bool, at tableIndex) []bool {
	t, arrays := &r.tables[at.block][at.slice], r.m.design.Encoding.Arrays()
	pair := r.m.blocks[at.block].arrays[at.slice*arrays : (at.slice+1)*arrays]
	for n, high := range pair[at.converter].worst {
		low := int64(0)
		if r.m.analog() {
			low = -pair[1].worst[n]
		}
		proven = append(proven, low >= t.lowest && high <= t.limit)
	}
	return proven
}
