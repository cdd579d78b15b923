package crossbar

//go:generate sh -c "cd gen && go run . -out ../counters_amd64.s -stubs ../counters_amd64.go -pkg crossbar"

import "golang.org/x/sys/cpu"

// allKernels lists what this processor can run, the fastest last.
func allKernels() []kernels {
	all := []kernels{portableKernels()}
	x := &cpu.X86
	if x.HasAVX2 && x.HasPOPCNT {
		all = append(all, kernels{
			name: "avx2", planes: planes256, or: or256, count: count256, sum: sum256, tally: tally256,
			flush: func(a accumulators, y []int64, column int) { a.flush(y, column, flushAVX2) },
		})
	}
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL &&
		x.HasAVX512VBMI && x.HasAVX512GFNI && x.HasAVX512VPOPCNTDQ {
		all = append(all, kernels{
			name: "avx512", planes: planes512, or: or512, count: count512, sum: sum512, tally: tally512,
			flush: func(a accumulators, y []int64, column int) { a.flush(y, column, flushAVX512) },
		})
	}
	return all
}

// The assembly has no bounds checks of its own: its callers look up the last
// element of an operand where it follows from lengths. The rows of a riskSet lie
// in the planes of its step by construction.

func planes512(j planesJob) {
	rows := j.check()
	planesAVX512(&j.dst[0], 8*j.stride, &j.x[0], rows, j.bits)
}

func planes256(j planesJob) {
	rows := j.check()
	for shift := 0; shift < j.bits; shift += 8 {
		planesAVX2(&j.dst[shift*j.stride], 8*j.stride, &j.x[0], rows, min(8, j.bits-shift), shift)
	}
}

// check returns the number of rows.
func (j *planesJob) check() int {
	rows := len(j.x) / TilePositions
	_ = j.dst[(j.bits-1)*j.stride+rows*tileWords-1]
	return rows
}

func or512(or, x []int16) {
	_ = or[TilePositions-1]
	orAVX512(&or[0], &x[0], len(x)/TilePositions)
}

func or256(or, x []int16) {
	_ = or[TilePositions-1]
	orAVX2(&or[0], &x[0], len(x)/TilePositions)
}

func count512(s *counterSpace, j *counterJob) {
	a := &s.excess
	countAVX512(&j.planes[0], &j.rows[0], &j.columns[0].first, len(j.columns), &s.carries[0], &s.sum[0],
		&a.words[0], a.levels, &a.used[0], &j.clips[0], j.shift, j.minus)
}

// halfWords is the distance of the two halves of a vector: the kernels for AVX2
// work on one of them.
const halfWords = tileWords / 2

func count256(s *counterSpace, j *counterJob) {
	a := &s.excess
	for w := 0; w < tileWords; w += halfWords {
		countAVX2(&j.planes[w], &j.rows[0], &j.columns[0].first, len(j.columns), &s.carries[w], &s.sum[w],
			&a.words[w], a.levels, &a.used[0], &j.clips[0], j.shift, j.minus)
	}
}

func sum512(s *counterSpace, j *counterJob) {
	sumAVX512(&j.planes[0], &j.rows[0], &j.columns[0].first, &s.carries[0], &s.sum[0])
}

func sum256(s *counterSpace, j *counterJob) {
	for w := 0; w < tileWords; w += halfWords {
		sumAVX2(&j.planes[w], &j.rows[0], &j.columns[0].first, &s.carries[w], &s.sum[w])
	}
}

// The bins of a column's biased sums, and kernelBins − 1 on both sides of them,
// lie among the plan's by construction.

func tally512(s *counterSpace, j *counterJob, bins []uint64) {
	a := &s.excess
	tallyAVX512(&j.planes[0], &j.rows[0], &j.columns[0].first, len(j.columns), &s.carries[0], &s.sum[0],
		&a.words[0], a.levels, &a.used[0], &j.clips[0], j.shift, j.minus, &bins[0], &s.nodes[0])
}

func tally256(s *counterSpace, j *counterJob, bins []uint64) {
	a := &s.excess
	for w := 0; w < tileWords; w += halfWords {
		tallyAVX2(&j.planes[w], &j.rows[0], &j.columns[0].first, len(j.columns), &s.carries[w], &s.sum[w],
			&a.words[w], a.levels, &a.used[0], &j.clips[0], j.shift, j.minus, &bins[w], &s.nodes[0])
	}
}

// flushBits is the number of bits whose differences fit in words.
const flushBits = 15

// flush moves a column's accumulators to its outputs by a kernel that adds
// (plus − minus)·2^shift to y, flushBits levels at a time.
func (a accumulators) flush(y []int64, column int, add func(y *int64, minus *uint64, minusBits int, plus *uint64, plusBits, shift int)) {
	_ = y[TilePositions-1]
	used := a.used[2*column : 2*column+2]
	minus, plus := a.vectors(2*column), a.vectors(2*column+1)
	levels := int(max(used[0], used[1]))
	for level := 0; level < levels; level += flushBits {
		n := min(flushBits, a.levels-level)
		add(&y[0], &minus[level*tileWords], min(max(int(used[0])-level, 0), n),
			&plus[level*tileWords], min(max(int(used[1])-level, 0), n), level)
	}
	for side, v := range [2][]uint64{minus, plus} {
		clear(v[:int(used[side])*tileWords])
		used[side] = 0
	}
}
