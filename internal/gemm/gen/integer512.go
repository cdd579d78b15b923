package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dotPairs is VPDPWSSD, which avo does not know: sum += x·w over each int16
// pair.
func dotPairs(x, w, sum reg.VecVirtual) {
	Instruction(&ir.Instruction{
		Opcode:   "VPDPWSSD",
		Operands: []Op{x, w, sum},
		Inputs:   []Op{x, w, sum},
		Outputs:  []Op{sum},
		ISA:      []string{"AVX512VNNI"},
	})
}

// sums512 are the sums of a group of columns at 32 positions.
type sums512 [][2]reg.VecVirtual

func newSums512(cols int) sums512 {
	s := make(sums512, cols)
	for c := range s {
		for h := range 2 {
			s[c][h] = ZMM()
			VPXORD(s[c][h], s[c][h], s[c][h])
		}
	}
	return s
}

// step adds a pair of rows at the positions of two vectors.
func (s sums512) step(w Mem, left, right reg.VecVirtual) {
	for c := range s {
		pair := ZMM()
		VPBROADCASTD(w.Offset(4*c), pair)
		dotPairs(left, pair, s[c][0])
		dotPairs(right, pair, s[c][1])
	}
}

// finish widens the sums and writes them to y, with its old values added where
// add is set.
func (s sums512) finish() {
	y := Mem{Base: pointer("y")}
	add, old := GP32(), K()
	Load(Param("add"), add)
	NEGL(add)
	KMOVW(add, old)
	for c := range s {
		for h := range 2 {
			at := y.Offset(c*outBytes + h*128)
			upper, low, high := YMM(), ZMM(), ZMM()
			VEXTRACTI64X4(Imm(1), s[c][h], upper)
			VPMOVSXDQ(s[c][h].AsY(), low)
			VPMOVSXDQ(upper, high)
			VPADDQ(at, low, old, low)
			VPADDQ(at.Offset(64), high, old, high)
			VMOVDQU64(low, at)
			VMOVDQU64(high, at.Offset(64))
		}
	}
	VZEROUPPER()
	RET()
}

// product512 writes the kernel for a group of columns and 32 positions.
func product512(cols int) {
	header(fmt.Sprintf("product512x%d", cols), cols, 32)
	sums := newSums512(cols)
	accumulate(cols, func(w, x Mem) {
		left, right := ZMM(), ZMM()
		VMOVDQU32(x, left)
		VMOVDQU32(x.Offset(64), right)
		sums.step(w, left, right)
	})
	sums.finish()
}

// interleaver packs pairs of rows of 32 positions.
type interleaver struct{ first, second, largest reg.VecVirtual }

// interleaveOrders are the indices of the first and the last 16 of the pairs
// that two vectors of 32 values make.
func interleaveOrders() [2]Mem {
	var orders [2]Mem
	for h := range orders {
		orders[h] = GLOBL(fmt.Sprintf("interleaved%d", h), attr.RODATA|attr.NOPTR)
		for i := range 32 {
			DATA(2*i, U16(16*h+i/2+i%2*32))
		}
	}
	return orders
}

func newInterleaver(orders [2]Mem) interleaver {
	p := interleaver{ZMM(), ZMM(), ZMM()}
	VMOVDQU64(orders[0], p.first)
	VMOVDQU64(orders[1], p.second)
	VPXORD(p.largest, p.largest, p.largest)
	return p
}

func (p interleaver) step(src, dst Mem) (left, right reg.VecVirtual) {
	even, odd, low, size := ZMM(), ZMM(), ZMM(), ZMM()
	VMOVDQU64(src, even)
	VMOVDQU64(src.Offset(rowBytes), odd)
	VPABSW(even, size)
	VPMAXUW(size, p.largest, p.largest)
	VPABSW(odd, size)
	VPMAXUW(size, p.largest, p.largest)
	VMOVDQA64(even, low)
	VPERMT2W(odd, p.first, low)
	VPERMT2W(odd, p.second, even)
	VMOVDQU64(low, dst)
	VMOVDQU64(even, dst.Offset(64))
	return low, even
}

func (p interleaver) finish() reg.Register {
	half, quarter := YMM(), XMM()
	VEXTRACTI64X4(Imm(1), p.largest, half)
	VPMAXUW(p.largest.AsY(), half, half)
	VEXTRACTI32X4(Imm(1), half, quarter)
	VPMAXUW(half.AsX(), quarter, quarter)
	return largestOf(quarter)
}

// interleave512 writes the packing of 32 positions.
func interleave512(orders [2]Mem) {
	interleaveHeader("interleave512", 32)
	dst, src := pointer("dst"), pointer("src")
	pairs := Load(Param("pairs"), GP64()).(reg.GPVirtual)
	p := newInterleaver(orders)
	Label("pair")
	p.step(Mem{Base: src}, Mem{Base: dst})
	ADDQ(U32(2*rowBytes), src)
	ADDQ(U32(pairBytes), dst)
	DECQ(pairs)
	JNZ(LabelRef("pair"))
	Store(p.finish(), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// first512 writes the kernel for the first group of columns: packing at the
// same time hides that it waits for the rows.
func first512(cols int, orders [2]Mem) {
	name := fmt.Sprintf("first512x%d", cols)
	TEXT(name, NOSPLIT, "func(y *int64, w, dst, src *int16, pairs int, limit uint64, add bool) uint64")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s packs pairs of rows of src in dst as interleave512 does and multiplies them as product512x%d does.", name, cols),
		"It returns the largest magnitude in src; where that is above limit it leaves y as it is.")
	sums, p := newSums512(cols), newInterleaver(orders)
	w, dst, src := pointer("w"), pointer("dst"), pointer("src")
	pairs := Load(Param("pairs"), GP64()).(reg.GPVirtual)
	Label("pair")
	left, right := p.step(Mem{Base: src}, Mem{Base: dst})
	sums.step(Mem{Base: w}, left, right)
	ADDQ(Imm(uint64(4*cols)), w)
	ADDQ(U32(2*rowBytes), src)
	ADDQ(U32(pairBytes), dst)
	DECQ(pairs)
	JNZ(LabelRef("pair"))
	largest := p.finish()
	Store(largest, ReturnIndex(0))
	limit := Load(Param("limit"), GP64())
	CMPQ(largest, limit)
	JHI(LabelRef("unsafe"))
	sums.finish()
	Label("unsafe")
	VZEROUPPER()
	RET()
}
