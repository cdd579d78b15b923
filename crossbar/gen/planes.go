package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// planes writes the transposition of codes to bit planes. 64 positions at a time,
// one byte of each code is taken, eight positions to a quadword in reverse; the
// affine transformation of the identity by that matrix transposes its bits; a
// permutation of bytes collects the eight bytes of each plane to a quadword; and
// the usual three rounds of shuffles on 8 × 8 quadwords collect the planes.
func planes() {
	var takeLow, takeHigh, collect, identity [vector]byte
	for i := range vector {
		group, k := i/8, i%8
		takeLow[i] = byte(2 * (8*group + 7 - k))
		takeHigh[i] = takeLow[i] + 1
		collect[i] = byte(8*k + group)
		identity[i] = 1 << k
	}
	low, high := table("takeLow", takeLow), table("takeHigh", takeHigh)
	order, one := table("collect", collect), table("identity", identity)

	TEXT("planesAVX512", NOSPLIT, "func(dst *uint64, stride int, x *int16, rows int, bits int)")
	Pragma("noescape")
	Doc("planesAVX512 writes bit k of the 512 codes of row r of x to the vector dst + stride·k bytes + 64·r,",
		"for the given number of bits, 1 to 16, and rows, at least 1.")
	dst, stride, x, rows, bits := pointer("dst"), pointer("stride"), pointer("x"), pointer("rows"), pointer("bits")
	orderV, oneV := ZMM(), ZMM()
	VMOVDQU64(order, orderV)
	VMOVDQU64(one, oneV)
	take := ZMM()
	out, left := GP64(), GP64()
	Label("row")
	MOVQ(dst, out)
	MOVQ(bits, left)
	VMOVDQU64(low, take)
	Label("byte")
	var v [8]reg.VecVirtual
	for i := range v {
		v[i] = ZMM()
		VMOVDQU64(Mem{Base: x, Disp: 2 * i * vector}, v[i])
		// The second source of the permutation is the next 32 positions.
		index := ZMM()
		VMOVDQA64(take, index)
		VPERMI2B(Mem{Base: x, Disp: (2*i + 1) * vector}, v[i], index)
		affine(index, oneV, v[i])
		VPERMB(v[i], orderV, v[i])
	}
	for k, plane := range transpose(v) {
		VMOVDQU64(plane, Mem{Base: out})
		ADDQ(stride, out)
		DECQ(left)
		if k < len(v)-1 {
			JZ(LabelRef("done"))
		}
	}
	JZ(LabelRef("done"))
	VMOVDQU64(high, take)
	JMP(LabelRef("byte"))
	Label("done")
	ADDQ(Imm(vector), dst)
	ADDQ(U32(groups*vector), x)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// affine is VGF2P8AFFINEQB, which avo does not know: each byte of x times the 8 × 8
// bit matrix of its quadword.
func affine(matrix, x, to reg.VecVirtual) {
	Instruction(&ir.Instruction{
		Opcode:   "VGF2P8AFFINEQB",
		Operands: []Op{Imm(0), matrix, x, to},
		Inputs:   []Op{matrix, x},
		Outputs:  []Op{to},
		ISA:      []string{"AVX512F", "GFNI"},
	})
}

// table writes constants to the read-only data.
func table(name string, bytes [vector]byte) Mem {
	m := GLOBL(fmt.Sprintf("%sTable", name), RODATA|NOPTR)
	for i, b := range bytes {
		DATA(i, U8(b))
	}
	return m
}

// transpose swaps rows and columns of eight vectors of eight quadwords.
func transpose(v [8]reg.VecVirtual) [8]reg.VecVirtual {
	var pairs, quads, all [8]reg.VecVirtual
	for i := 0; i < 8; i += 2 { // pairs[i]: columns 0, 2, 4, 6 of rows i, i+1; pairs[i+1]: columns 1, 3, 5, 7
		pairs[i], pairs[i+1] = ZMM(), ZMM()
		VPUNPCKLQDQ(v[i+1], v[i], pairs[i])
		VPUNPCKHQDQ(v[i+1], v[i], pairs[i+1])
	}
	for odd := range 2 {
		for i := 0; i < 8; i += 4 { // columns 0 and 4 (or 2 and 6) of rows i to i+3, order: 0 of i,i+1; 4; 0 of i+2,i+3; 4
			a, b := pairs[i+odd], pairs[i+2+odd]
			quads[i+odd], quads[i+2+odd] = ZMM(), ZMM()
			VSHUFI64X2(Imm(0x88), b, a, quads[i+odd])
			VSHUFI64X2(Imm(0xdd), b, a, quads[i+2+odd])
		}
		for half := 0; half < 4; half += 2 {
			a, b := quads[half+odd], quads[4+half+odd]
			c := odd + half
			all[c], all[c+4] = ZMM(), ZMM()
			VSHUFI64X2(Imm(0x88), b, a, all[c])
			VSHUFI64X2(Imm(0xdd), b, a, all[c+4])
		}
	}
	return all
}
