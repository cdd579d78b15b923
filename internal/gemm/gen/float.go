package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	maxRows    = 6
	floatBytes = 4
	vecBytes   = 32 // one 256-bit vector
)

// tile writes the kernel for a tile of the given rows and 16 columns: for each
// step of k it loads two vectors of b, and for each row broadcasts one value of
// a into two fused multiply-adds.
func tile(rows int) {
	name := fmt.Sprintf("tile%d", rows)
	TEXT(name, NOSPLIT, "func(a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow, depth int, load bool)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds depth steps to the chains of a %d × 16 tile of c, which start from c where load is set, else from 0.", name, rows),
		"Strides count elements; depth is at least 1.")
	a, b, c := pointer("a"), pointer("b"), pointer("c")
	aRow, aCol, bRow, cRow := stride("aRow"), stride("aCol"), stride("bRow"), stride("cRow")
	depth := Load(Param("depth"), GP64()).(reg.GPVirtual)
	load := Load(Param("load"), GP8()).(reg.GPVirtual)
	as, cs := newRowAddress(a, aRow, rows), newRowAddress(c, cRow, rows)

	var sum [maxRows][2]reg.VecVirtual
	for i := range rows {
		sum[i] = [2]reg.VecVirtual{YMM(), YMM()}
	}
	TESTB(load, load)
	JZ(LabelRef("zero"))
	for i := range rows {
		VMOVUPS(cs.row(i), sum[i][0])
		VMOVUPS(cs.row(i).Offset(vecBytes), sum[i][1])
	}
	JMP(LabelRef("steps"))
	Label("zero")
	for i := range rows {
		VXORPS(sum[i][0], sum[i][0], sum[i][0])
		VXORPS(sum[i][1], sum[i][1], sum[i][1])
	}

	step := func() {
		left, right := YMM(), YMM()
		VMOVUPS(Mem{Base: b}, left)
		VMOVUPS(Mem{Base: b}.Offset(vecBytes), right)
		for i := range rows {
			x := YMM()
			VBROADCASTSS(as.row(i), x)
			VFMADD231PS(left, x, sum[i][0])
			VFMADD231PS(right, x, sum[i][1])
		}
		ADDQ(aCol, a)
		ADDQ(bRow, b)
	}
	Label("steps")
	SUBQ(Imm(4), depth)
	JLT(LabelRef("rest"))
	Label("four")
	for range 4 {
		step()
	}
	SUBQ(Imm(4), depth)
	JGE(LabelRef("four"))
	Label("rest")
	ADDQ(Imm(4), depth)
	JZ(LabelRef("store"))
	Label("one")
	step()
	DECQ(depth)
	JNZ(LabelRef("one"))

	Label("store")
	for i := range rows {
		VMOVUPS(sum[i][0], cs.row(i))
		VMOVUPS(sum[i][1], cs.row(i).Offset(vecBytes))
	}
	VZEROUPPER()
	RET()
}

// transpose writes the packing of 8 columns of a transposed b, 8 steps at a
// time, by the usual three rounds of shuffles on an 8 × 8 block.
func transpose() {
	const n = 8
	TEXT("packEight", NOSPLIT, "func(dst *float32, dstRow int, src *float32, srcRow, blocks int)")
	Pragma("noescape")
	Doc("packEight writes 8 rows of 8*blocks adjacent values of src as 8 columns of dst.",
		"Strides count elements; blocks is at least 1.")
	dst, src := pointer("dst"), pointer("src")
	dstRow, srcRow := stride("dstRow"), stride("srcRow")
	blocks := Load(Param("blocks"), GP64()).(reg.GPVirtual)
	// Rows 0 to 3 and 4 to 7 as multiples of the stride from two pointers.
	high := GP64()
	LEAQ(Mem{Base: src, Index: srcRow, Scale: 4}, high)
	low, up := newRowAddress(src, srcRow, 4), newRowAddress(high, srcRow, 4)
	up.three = low.three
	dstHigh, dstStep := GP64(), GP64()
	LEAQ(Mem{Base: dst, Index: dstRow, Scale: 4}, dstHigh)
	MOVQ(dstRow, dstStep)
	SHLQ(Imm(3), dstStep)
	dstLow, dstUp := newRowAddress(dst, dstRow, 4), newRowAddress(dstHigh, dstRow, 4)
	dstUp.three = dstLow.three

	Label("block")
	var r, t, u [n]reg.VecVirtual
	for i := range 4 {
		// Vector i holds the first four values of rows i and i+4, vector i+4
		// their last four.
		x := [2]reg.VecVirtual{YMM(), YMM()}
		for h := range 2 {
			off := h * 4 * floatBytes
			VMOVUPS(low.row(i).Offset(off), x[h].AsX())
			VINSERTF128(Imm(1), up.row(i).Offset(off), x[h], x[h])
		}
		r[i], r[i+4] = x[0], x[1]
	}
	for h := 0; h < n; h += 4 {
		for i := 0; i < 4; i += 2 {
			t[h+i], t[h+i+1] = YMM(), YMM()
			VUNPCKLPS(r[h+i+1], r[h+i], t[h+i])
			VUNPCKHPS(r[h+i+1], r[h+i], t[h+i+1])
		}
		for i := range 2 {
			u[h+2*i], u[h+2*i+1] = YMM(), YMM()
			VUNPCKLPD(t[h+2+i], t[h+i], u[h+2*i])
			VUNPCKHPD(t[h+2+i], t[h+i], u[h+2*i+1])
		}
	}
	for i := range 4 {
		VMOVUPS(u[i], dstLow.row(i))
		VMOVUPS(u[i+4], dstUp.row(i))
	}
	ADDQ(Imm(n*floatBytes), src)
	ADDQ(Imm(n*floatBytes), high)
	ADDQ(dstStep, dst)
	ADDQ(dstStep, dstHigh)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}
