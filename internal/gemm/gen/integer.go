package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	intCols512 = 12
	intCols256 = 6
	rowBytes   = 512 * 2 // a row of int16 inputs
	outBytes   = 512 * 8 // a row of int64 outputs
	pairBytes  = 32 * 4  // a pair of rows in a panel of 32 positions
)

// header starts a kernel that multiplies a group of columns with a panel.
func header(name string, cols, positions int) {
	TEXT(name, NOSPLIT, "func(y *int64, w *int16, x *int16, pairs int, add bool)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets y to the product of %d columns of w with %d positions of the panel x, or adds the product to y where add is set.", name, cols, positions),
		"The sums over all pairs fit in 32 bits; pairs is at least 1.")
}

// accumulate runs step over the pairs, two at a time.
func accumulate(cols int, step func(w, x Mem)) {
	w, x := pointer("w"), pointer("x")
	pairs := Load(Param("pairs"), GP64()).(reg.GPVirtual)
	SUBQ(Imm(2), pairs)
	JLT(LabelRef("rest"))
	Label("two")
	for i := range 2 {
		step(Mem{Base: w}.Offset(i*cols*4), Mem{Base: x}.Offset(i*pairBytes))
	}
	ADDQ(Imm(uint64(2*cols*4)), w)
	ADDQ(U32(2*pairBytes), x)
	SUBQ(Imm(2), pairs)
	JGE(LabelRef("two"))
	Label("rest")
	ADDQ(Imm(2), pairs)
	JZ(LabelRef("done"))
	step(Mem{Base: w}, Mem{Base: x})
	Label("done")
}

// finish ends a kernel by out, which takes y's old values in where add is set.
func finish(out func(y Mem, add bool)) {
	y := Mem{Base: pointer("y")}
	add := Load(Param("add"), GP8()).(reg.GPVirtual)
	TESTB(add, add)
	JNZ(LabelRef("add"))
	out(y, false)
	VZEROUPPER()
	RET()
	Label("add")
	out(y, true)
	VZEROUPPER()
	RET()
}

// product256 writes the kernel for a group of columns and 16 positions.
func product256(cols int) {
	header(fmt.Sprintf("product256x%d", cols), cols, 16)
	var sum [intCols256][2]reg.VecVirtual
	for c := range cols {
		for h := range 2 {
			sum[c][h] = YMM()
			VPXOR(sum[c][h], sum[c][h], sum[c][h])
		}
	}
	accumulate(cols, func(w, x Mem) {
		left, right := YMM(), YMM()
		VMOVDQU(x, left)
		VMOVDQU(x.Offset(32), right)
		for c := range cols {
			pair, dot := YMM(), YMM()
			VPBROADCASTD(w.Offset(4*c), pair)
			VPMADDWD(left, pair, dot)
			VPADDD(dot, sum[c][0], sum[c][0])
			VPMADDWD(right, pair, pair)
			VPADDD(pair, sum[c][1], sum[c][1])
		}
	})
	finish(func(y Mem, add bool) {
		for c := range cols {
			for h := range 2 {
				at := y.Offset(c*outBytes + h*64)
				upper, low := XMM(), YMM()
				VPMOVSXDQ(sum[c][h].AsX(), low)
				VEXTRACTI128(Imm(1), sum[c][h], upper)
				high := sum[c][h]
				VPMOVSXDQ(upper, high)
				if add {
					VPADDQ(at, low, low)
					VPADDQ(at.Offset(32), high, high)
				}
				VMOVDQU(low, at)
				VMOVDQU(high, at.Offset(32))
			}
		}
	})
}

// interleaveHeader starts a kernel that packs pairs of rows.
func interleaveHeader(name string, positions int) {
	TEXT(name, NOSPLIT, "func(dst, src *int16, pairs int) uint64")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s interleaves pairs of rows of %d positions in a panel and returns the largest magnitude among them.", name, positions),
		"The rows of src are 512 apart, the pairs of dst 64; pairs is at least 1.")
}

// largestOf folds a vector of eight uint16 to the largest.
func largestOf(v reg.VecVirtual) reg.Register {
	other, pair, word := XMM(), GP32(), GP32()
	for _, order := range []uint64{0x4e, 0xb1} { // swap halves, then their halves
		VPSHUFD(Imm(order), v, other)
		VPMAXUW(other, v, v)
	}
	VMOVD(v, pair)
	MOVWLZX(pair.As16(), word)
	SHRL(Imm(16), pair)
	CMPL(word, pair)
	CMOVLCS(pair, word)
	return word.As64()
}

// interleave256 writes the packing of 16 positions.
func interleave256() {
	interleaveHeader("interleave256", 16)
	dst, src := pointer("dst"), pointer("src")
	pairs := Load(Param("pairs"), GP64()).(reg.GPVirtual)
	largest := YMM()
	VPXOR(largest, largest, largest)
	Label("pair")
	even, odd, low, high, size := YMM(), YMM(), YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: src}, even)
	VMOVDQU(Mem{Base: src}.Offset(rowBytes), odd)
	VPABSW(even, size)
	VPMAXUW(size, largest, largest)
	VPABSW(odd, size)
	VPMAXUW(size, largest, largest)
	// Within each half of the vectors, so positions 0-3 and 8-11 come first.
	VPUNPCKLWD(odd, even, low)
	VPUNPCKHWD(odd, even, high)
	VPERM2I128(Imm(0x20), high, low, even)
	VPERM2I128(Imm(0x31), high, low, odd)
	VMOVDQU(even, Mem{Base: dst})
	VMOVDQU(odd, Mem{Base: dst}.Offset(32))
	ADDQ(U32(2*rowBytes), src)
	ADDQ(U32(pairBytes), dst)
	DECQ(pairs)
	JNZ(LabelRef("pair"))
	half := XMM()
	VEXTRACTI128(Imm(1), largest, half)
	VPMAXUW(largest.AsX(), half, half)
	Store(largestOf(half), ReturnIndex(0))
	VZEROUPPER()
	RET()
}
