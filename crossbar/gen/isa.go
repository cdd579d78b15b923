package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is the instructions of a vector width. Vectors of a tile are 64 bytes apart
// whatever the width: AVX2 kernels work on one half of the positions.
type isa struct {
	name string
	wide bool // AVX-512
}

var (
	avx512 = isa{"AVX512", true}
	avx2   = isa{"AVX2", false}
)

func (a isa) vec() reg.VecVirtual {
	if a.wide {
		return ZMM()
	}
	return YMM()
}

// move copies a vector to or from memory or registers.
func (a isa) move(from, to Op) {
	if a.wide {
		VMOVDQU64(from, to)
		return
	}
	VMOVDQU(from, to)
}

func (a isa) xor(x Op, y, to reg.VecVirtual) { a.pick(VPXORQ, VPXOR, x, y, to) }
func (a isa) and(x Op, y, to reg.VecVirtual) { a.pick(VPANDQ, VPAND, x, y, to) }
func (a isa) or(x Op, y, to reg.VecVirtual)  { a.pick(VPORQ, VPOR, x, y, to) }

// andNot sets to to x where y is zero.
func (a isa) andNot(x Op, y, to reg.VecVirtual) { a.pick(VPANDNQ, VPANDN, x, y, to) }

func (a isa) pick(wide func(...Op), narrow func(x, y, to Op), x, y, to Op) {
	if a.wide {
		wide(x, y, to)
		return
	}
	narrow(x, y, to)
}

func (a isa) zero(v reg.VecVirtual) { a.xor(v, v, v) }

func (a isa) ones(v reg.VecVirtual) {
	if a.wide {
		VPTERNLOGQ(Imm(0xff), v, v, v)
		return
	}
	VPCMPEQB(v, v, v)
}

// fill sets v to the quadword q everywhere.
func (a isa) fill(q reg.GPVirtual, v reg.VecVirtual) {
	if a.wide {
		VPBROADCASTQ(q, v)
		return
	}
	VMOVQ(q, v.AsX())
	VPBROADCASTQ(v.AsX(), v)
}

// test sets the zero flag where v is zero.
func (a isa) test(v reg.VecVirtual) {
	if a.wide {
		k := K()
		VPTESTMQ(v, v, k)
		KORTESTB(k, k)
		return
	}
	VPTEST(v, v)
}

// fullAdd adds x and y to sum, leaves the carry in x and destroys y. Two
// exclusive ors and one ternary operation keep more pipes busy than two ternary
// ones.
func (a isa) fullAdd(sum, x, y reg.VecVirtual) {
	a.xor(x, y, y)
	if a.wide {
		VPTERNLOGQ(Imm(0xb8), sum, y, x) // where x and y differed the sum, elsewhere x
	} else {
		differ := YMM()
		VPAND(sum, y, differ)
		VPANDN(x, y, x)
		VPOR(differ, x, x)
	}
	a.xor(y, sum, sum)
}

// halfAdd adds v to sum and returns the carry.
func (a isa) halfAdd(sum, v reg.VecVirtual) reg.VecVirtual {
	carry := a.vec()
	a.and(v, sum, carry)
	a.xor(v, sum, sum)
	return carry
}

// count adds the number of ones in v to the quadword at to; scratch is a vector of
// memory.
func (a isa) count(v reg.VecVirtual, scratch, to Mem) {
	total := GP64()
	if !a.wide {
		a.move(v, scratch)
		part := GP64()
		XORQ(total, total)
		for i := range 4 {
			POPCNTQ(scratch.Offset(8*i), part)
			ADDQ(part, total)
		}
		ADDQ(total, to)
		return
	}
	counts, half := ZMM(), ZMM()
	VPOPCNTQ(v, counts)
	VEXTRACTI64X4(Imm(1), counts, half.AsY())
	VPADDQ(half.AsY(), counts.AsY(), counts.AsY())
	VEXTRACTI64X2(Imm(1), counts.AsY(), half.AsX())
	VPADDQ(half.AsX(), counts.AsX(), counts.AsX())
	VPSRLDQ(Imm(8), counts.AsX(), half.AsX())
	VPADDQ(half.AsX(), counts.AsX(), counts.AsX())
	VMOVQ(counts.AsX(), total)
	ADDQ(total, to)
}
