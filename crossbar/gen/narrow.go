package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// planesNarrow writes the transposition of codes to bit planes for AVX2: 32
// positions at a time, one byte of each code is taken, and its bits are moved to
// the sign one after another, the highest first.
func planesNarrow() {
	TEXT("planesAVX2", NOSPLIT, "func(dst *uint64, stride int, x *int16, rows int, bits int, shift int)")
	Pragma("noescape")
	Doc("planesAVX2 writes bit shift + k of the 512 codes of row r of x to the vector dst + stride·k bytes + 64·r,",
		"for the given number of bits, 1 to 8, and rows, at least 1.")
	dst, stride, x := pointer("dst"), pointer("stride"), pointer("x")
	rows, bits := pointer("rows"), pointer("bits")
	// The topmost of the bits goes to bit 7 of a word: left by 8 − bits after right
	// by shift.
	right, left, mask := XMM(), XMM(), YMM()
	VMOVQ(pointer("shift"), right)
	up := GP64()
	MOVQ(U32(8), up)
	SUBQ(bits, up)
	VMOVQ(up, left)
	VPCMPEQW(mask, mask, mask)
	VPSRLW(Imm(8), mask, mask)
	last, column, out, n, groups := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(bits, last)
	DECQ(last)
	IMULQ(stride, last)
	ADDQ(dst, last) // the plane of the topmost bit
	Label("row")
	MOVQ(last, column)
	MOVQ(U32(positions/32), groups)
	Label("group")
	var v [2]reg.VecVirtual
	for i := range v {
		v[i] = YMM()
		VMOVDQU(Mem{Base: x, Disp: 32 * i}, v[i])
		VPSRLW(right, v[i], v[i])
		VPSLLW(left, v[i], v[i])
		VPAND(mask, v[i], v[i])
	}
	VPACKUSWB(v[1], v[0], v[0])
	VPERMQ(Imm(0xd8), v[0], v[0]) // packing keeps to 128-bit lanes
	MOVQ(column, out)
	MOVQ(bits, n)
	Label("bit")
	signs := GP32()
	VPMOVMSKB(v[0], signs)
	MOVL(signs, Mem{Base: out})
	VPADDB(v[0], v[0], v[0])
	SUBQ(stride, out)
	DECQ(n)
	JNZ(LabelRef("bit"))
	ADDQ(Imm(4), column)
	ADDQ(Imm(64), x)
	DECQ(groups)
	JNZ(LabelRef("group"))
	ADDQ(Imm(vector), last)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// flushNarrow writes the addition of a difference of vertical numbers to outputs
// for AVX2: 16 positions at a time, a bit of each word is compared with its
// position's and selects a power of two.
func flushNarrow() {
	TEXT("flushAVX2", NOSPLIT, "func(y *int64, minus *uint64, minusBits int, plus *uint64, plusBits int, shift int)")
	Pragma("noescape")
	Doc("flushAVX2 adds (plus − minus)·2^shift to 512 outputs, where plus and minus are vertical numbers of at",
		"most 15 bits.")
	y := pointer("y")
	by, one, select16 := XMM(), YMM(), YMM()
	VMOVQ(pointer("shift"), by)
	m := GLOBL("positionBits", RODATA|NOPTR)
	for i := range 16 {
		DATA(2*i, U16(1<<i))
	}
	VMOVDQU(m, select16)
	VPCMPEQW(one, one, one)
	VPSRLW(Imm(15), one, one)
	scratch := AllocLocal(32)
	offset := GP64()
	XORQ(offset, offset)
	Label("group")
	sum := YMM()
	VPXOR(sum, sum, sum)
	for _, name := range []string{"minus", "plus"} {
		from, n, value, bit := pointer(name), pointer(name+"Bits"), YMM(), YMM()
		ADDQ(offset, from)
		VMOVDQU(one, value)
		TESTQ(n, n)
		JZ(LabelRef(name + "Done"))
		Label(name)
		VPBROADCASTW(Mem{Base: from}, bit)
		VPAND(select16, bit, bit)
		VPCMPEQW(select16, bit, bit)
		VPAND(value, bit, bit)
		if name == "minus" {
			VPSUBW(bit, sum, sum)
		} else {
			VPADDW(bit, sum, sum)
		}
		VPADDW(value, value, value)
		ADDQ(Imm(vector), from)
		DECQ(n)
		JNZ(LabelRef(name))
		Label(name + "Done")
	}
	VMOVDQU(sum, scratch)
	for i := range 4 {
		wide := YMM()
		VPMOVSXWQ(scratch.Offset(8*i), wide)
		VPSLLQ(by, wide, wide)
		VPADDQ(Mem{Base: y, Disp: 32 * i}, wide, wide)
		VMOVDQU(wide, Mem{Base: y, Disp: 32 * i})
	}
	ADDQ(U32(128), y)
	ADDQ(Imm(2), offset)
	CMPQ(offset, Imm(vector))
	JB(LabelRef("group"))
	VZEROUPPER()
	RET()
}
