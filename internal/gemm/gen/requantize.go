package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// requantize writes the digital output stage of eight accumulators at a time.
func requantize() {
	TEXT("requantize512", NOSPLIT, "func(dst *int16, acc, addend *int64, blocks int, c *[7]int64)")
	Pragma("noescape")
	Doc("requantize512 writes 8*blocks codes. addend is nil where there is none; blocks is at least 1.",
		"c holds the factor, the offset, the shift, the mask of the bits that are shifted out,",
		"the tie (half of 2^shift, 1 for shift 0), the least and the largest code.")
	dst, acc, addend, c := pointer("dst"), pointer("acc"), pointer("addend"), pointer("c")
	blocks := Load(Param("blocks"), GP64()).(reg.GPVirtual)
	constant := func(i int) reg.VecVirtual {
		v := ZMM()
		VPBROADCASTQ(Mem{Base: c}.Offset(8*i), v)
		return v
	}
	factor, offset, mask, tie, low, high := constant(0), constant(1), constant(3), constant(4), constant(5), constant(6)
	shift, one := XMM(), ZMM()
	VMOVQ(Mem{Base: c}.Offset(16), shift)
	VPTERNLOGD(Imm(0xff), one, one, one)
	VPSRLQ(Imm(63), one, one)

	block := func(add bool) {
		v, q, rest, odd, up := ZMM(), ZMM(), ZMM(), ZMM(), K()
		VPMULLQ(Mem{Base: acc}, factor, v)
		VPADDQ(offset, v, v)
		if add {
			VPADDQ(Mem{Base: addend}, v, v)
		}
		VPSRAQ(shift, v, q)
		VPANDQ(mask, v, rest)
		// Up where rest > tie, or rest = tie and q is odd.
		VPANDQ(one, q, odd)
		VPADDQ(odd, rest, rest)
		VPCMPQ(Imm(6), tie, rest, up)
		VPADDQ(one, q, up, q)
		VPMAXSQ(low, q, q)
		VPMINSQ(high, q, q)
		VPMOVQW(q, Mem{Base: dst})
		ADDQ(Imm(64), acc)
		ADDQ(Imm(16), dst)
	}
	TESTQ(addend, addend)
	JZ(LabelRef("plain"))
	Label("added")
	block(true)
	ADDQ(Imm(64), addend)
	DECQ(blocks)
	JNZ(LabelRef("added"))
	VZEROUPPER()
	RET()
	Label("plain")
	block(false)
	DECQ(blocks)
	JNZ(LabelRef("plain"))
	VZEROUPPER()
	RET()
}
