package scheduler

import (
	"fmt"
	"math"

	"bitline/workloads"
)

// Record is the activity of one image in every layer on crossbars: what time and
// energy that follow the data need of a replay. The layout of arrays has no part in
// it, nor have resolutions but by what clipping does to later layers.
type Record struct {
	Image  string // which one
	Layers []LayerRecord
}

// LayerRecord is one layer's activity, position by position of its output, row
// block by row block, and input step by input step; the second pass of sign-split
// inputs follows the first. Where a convolution has groups, the row blocks of one
// follow those of the other.
type LayerRecord struct {
	Positions, Blocks, Steps, Slices int
	// Driven holds, for each position, block and step in that order, the wordlines
	// whose digit is not zero. They are the same in every slice and sign and for
	// every block of columns.
	Driven []uint16
	// Conducted holds, for each position, block, step and slice in that order, the
	// bitline sums of all columns and signs, in cell levels times input digits. Unit
	// columns are not in it.
	Conducted []uint32
}

// NewLayerRecord is a record in which nothing is driven.
func NewLayerRecord(positions, blocks, steps, slices int) LayerRecord {
	n := positions * blocks * steps
	return LayerRecord{
		Positions: positions, Blocks: blocks, Steps: steps, Slices: slices,
		Driven: make([]uint16, n), Conducted: make([]uint32, n*slices),
	}
}

// At is the place in Driven of a position, block and step; times Slices it is that
// of slice 0 in Conducted.
func (l *LayerRecord) At(position, block, step int) int {
	return (position*l.Blocks+block)*l.Steps + step
}

// Record replays one image under a plan and returns its activity, and its class.
// It is as slow as Activity. name is what reports call the image.
func (r *Replayer) Record(image workloads.Images, plan Plan, name string) (*Record, int, error) {
	record := &Record{Image: name, Layers: make([]LayerRecord, len(r.layers))}
	passSteps, slices := len(r.chip.Encoding.Steps(r.chip.DAC.Bits)), r.chip.Slicing().Count
	for i, l := range r.layers {
		if l.Groups > 1 {
			return nil, 0, fmt.Errorf("layer %s: %d groups, want 1: replays have no grouped convolutions", l.Layer, l.Groups)
		}
		record.Layers[i] = NewLayerRecord(l.Positions, ceil(l.Rows, r.chip.Crossbar.Wordlines), r.chip.Encoding.Reads(r.chip.DAC.Bits, l.Rectified), slices)
	}
	var overflow error
	class, err := r.Activity(image, plan, func(a Activity) {
		l := &record.Layers[a.Layer]
		at := l.At(a.Position, a.Block, a.Pass*passSteps+a.Step)
		l.Driven[at] = uint16(a.Driven)
		sum := int64(l.Conducted[at*slices+a.Slice]) + a.Conducted
		if sum > math.MaxUint32 {
			overflow = fmt.Errorf("layer %s: a step conducts %d levels, want at most %d", r.layers[a.Layer].Layer, sum, uint32(math.MaxUint32))
			return
		}
		l.Conducted[at*slices+a.Slice] = uint32(sum)
	})
	if err == nil {
		err = overflow
	}
	if err != nil {
		return nil, 0, err
	}
	return record, class, nil
}

// Fits says whether a record is one of a mapped layer on a chip with so many input
// steps and slices.
func (l *LayerRecord) Fits(layer *Layer, steps, slices int) error {
	blocks := layer.RowBlocks * layer.Groups
	if l.Positions != layer.Positions || l.Blocks != blocks || l.Steps != steps || l.Slices != slices {
		return fmt.Errorf("activity is of %d positions, %d row blocks, %d steps and %d slices, want %d, %d, %d and %d",
			l.Positions, l.Blocks, l.Steps, l.Slices, layer.Positions, blocks, steps, slices)
	}
	if n := l.Positions * blocks * steps; len(l.Driven) != n || len(l.Conducted) != n*slices {
		return fmt.Errorf("activity has %d driven and %d conducted numbers, want %d and %d", len(l.Driven), len(l.Conducted), n, n*slices)
	}
	for _, d := range l.Driven {
		if int(d) > layer.Rows {
			return fmt.Errorf("%d wordlines are driven of %d rows", d, layer.Rows)
		}
	}
	return nil
}

// Sum adds the levels that are conducted in the steps and by the slices for which
// read says that their arrays are read.
func (l *LayerRecord) Sum(read func(step, slice int) bool) int64 {
	total := int64(0)
	for s := range l.Steps {
		for k := range l.Slices {
			if !read(s, k) {
				continue
			}
			for i := s*l.Slices + k; i < len(l.Conducted); i += l.Steps * l.Slices {
				total += int64(l.Conducted[i])
			}
		}
	}
	return total
}
