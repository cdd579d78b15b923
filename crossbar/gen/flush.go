package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// flush writes the addition of a difference of vertical numbers to outputs. 128
// positions at a time, bits are masks under which powers of two are added to
// words, which are then widened.
func flush() {
	const words = 4 // vectors of 32 positions
	TEXT("flushAVX512", NOSPLIT, "func(y *int64, minus *uint64, minusBits int, plus *uint64, plusBits int, shift int)")
	Pragma("noescape")
	Doc("flushAVX512 adds (plus − minus)·2^shift to 512 outputs, where plus and minus are vertical numbers of at",
		"most 15 bits.")
	y, shift := pointer("y"), pointer("shift")
	by := XMM()
	VMOVQ(shift, by)
	scratch := AllocLocal(words * vector)
	offset := GP64()
	XORQ(offset, offset)
	one := ZMM()
	{
		ones := GP64()
		MOVQ(U32(1), ones)
		VPBROADCASTW(ones.As32(), one)
	}
	Label("group")
	var v [words]reg.VecVirtual
	for i := range v {
		v[i] = ZMM()
		VPXORQ(v[i], v[i], v[i])
	}
	addBits := func(name string, add func(value, v reg.VecVirtual, k reg.OpmaskVirtual)) {
		from, n, value := pointer(name), pointer(name+"Bits"), ZMM()
		ADDQ(offset, from)
		VMOVDQA64(one, value)
		TESTQ(n, n)
		JZ(LabelRef(name + "Done"))
		Label(name)
		for i := range v {
			k := K()
			KMOVD(Mem{Base: from, Disp: 4 * i}, k)
			add(value, v[i], k)
		}
		VPADDW(value, value, value)
		ADDQ(Imm(vector), from)
		DECQ(n)
		JNZ(LabelRef(name))
		Label(name + "Done")
	}
	addBits("minus", func(value, v reg.VecVirtual, k reg.OpmaskVirtual) { VPSUBW(value, v, k, v) })
	addBits("plus", func(value, v reg.VecVirtual, k reg.OpmaskVirtual) { VPADDW(value, v, k, v) })
	for i := range v {
		VMOVDQU64(v[i], scratch.Offset(i*vector))
	}
	for i := range words * 4 {
		wide := ZMM()
		VPMOVSXWQ(scratch.Offset(16*i), wide)
		VPSLLQ(by, wide, wide)
		VPADDQ(Mem{Base: y, Disp: vector * i}, wide, wide)
		VMOVDQU64(wide, Mem{Base: y, Disp: vector * i})
	}
	ADDQ(U32(words*4*vector), y)
	ADDQ(Imm(4*words), offset)
	CMPQ(offset, Imm(vector))
	JB(LabelRef("group"))
	VZEROUPPER()
	RET()
}
