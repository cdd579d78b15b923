// Package gemm multiplies matrices: float32 ones for training and plain inference
// (Multiplier), and int16 codes exactly for the replay (PackedInt), whose outputs
// Requantize rounds to codes again.
//
// Every element of a float32 product is one chain of multiply-adds in the order of the
// inner index k, from 0 (Mul) or from the value already there (MulAdd). The
// bytes of a result therefore depend on the operands and on the kernel class,
// and on nothing else: not on the blocking, the strides, the vector width or
// the number of workers.
package gemm

import "sync"

// Class names a family of kernels that give the same bytes for the same
// operands.
type Class string

const (
	// ClassFMA is the class of the amd64 assembly kernels: one fused
	// multiply-add, rounded once, for each k.
	ClassFMA Class = "amd64-fma"
	// ClassPortable is the class of the Go kernels: a product rounded to
	// float32, then a sum rounded to float32, for each k.
	ClassPortable Class = "portable"
)

// KernelClass returns the class of the kernels that a Multiplier from New uses
// on this processor.
func KernelClass() Class {
	return bestLevel().class()
}

// level names the instructions that the kernels use. The float32 kernels of
// levelAVX2 and levelAVX512 give the same bytes.
type level int

const (
	levelPortable level = iota
	levelAVX2
	levelAVX512
)

func (l level) class() Class {
	if l == levelPortable {
		return ClassPortable
	}
	return ClassFMA
}

// Multiplier multiplies matrices with packing buffers that it keeps from one
// call to the next. It is not safe for concurrent use.
type Multiplier struct {
	level   level
	workers []worker
}

// New returns a Multiplier with the fastest kernels of this processor. It
// spreads a large product over the given number of goroutines, at least 1; with
// 1 every product runs on the caller's goroutine.
func New(workers int) *Multiplier { return newMultiplier(workers, bestLevel()) }

func newMultiplier(workers int, l level) *Multiplier {
	if workers < 1 {
		panic("gemm: a multiplier needs at least 1 worker")
	}
	g := &Multiplier{level: l, workers: make([]worker, workers)}
	for i := range g.workers {
		g.workers[i].level = l
	}
	return g
}

// Mul sets c = a·b, where a is m × k, b is k × n and c is m × n with column
// stride 1. c shares no element with a or b. With k = 0 it sets c to 0. It
// panics where the shapes do not fit or a view exceeds its data.
func (g *Multiplier) Mul(c, a, b Matrix) { g.multiply(product{c: c, a: a, b: b}) }

// MulAdd adds a·b to c under the conditions of Mul.
func (g *Multiplier) MulAdd(c, a, b Matrix) { g.multiply(product{c: c, a: a, b: b, add: true}) }

// product is one call: c = a·b, or c += a·b where add is set.
type product struct {
	c, a, b Matrix
	add     bool
}

// minShare is the least number of multiply-adds for which another goroutine
// repays its start, some tens of microseconds of work.
const minShare = 1 << 19

func (g *Multiplier) multiply(p product) {
	checkProduct(p.c, p.a, p.b)
	if p.c.empty() {
		return
	}
	shares := min(len(g.workers), p.c.Rows*p.c.Cols*p.a.Cols/minShare)
	if shares <= 1 {
		g.workers[0].multiply(p)
		return
	}
	g.spread(p, shares)
}

// spread cuts the longer side of c into whole tiles, one range for each worker.
func (g *Multiplier) spread(p product, shares int) {
	byRows := p.c.Rows >= p.c.Cols
	length, unit := p.c.Cols, tileCols
	if byRows {
		length, unit = p.c.Rows, tileRows
	}
	if g.level == levelAVX512 {
		unit *= 2 // wideRows or wideCols
	}
	tiles := ceilDiv(length, unit)
	shares = min(shares, tiles)
	var wg sync.WaitGroup
	for s := range shares {
		lo := tiles * s / shares * unit
		hi := min(tiles*(s+1)/shares*unit, length)
		part := p
		if byRows {
			part.c, part.a = p.c.rowRange(lo, hi), p.a.rowRange(lo, hi)
		} else {
			part.c, part.b = p.c.colRange(lo, hi), p.b.colRange(lo, hi)
		}
		wg.Go(func() { g.workers[s].multiply(part) })
	}
	wg.Wait()
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
